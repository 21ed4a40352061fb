package config

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// domain is a [[domain]] without fault, for files whose fault is elsewhere.
const domain = "[[domain]]\nname = \"example.com\"\ndestinations = [\"mx.example.com:25\"]\n"

// badFiles is a file and the error it gets, without the file's name.
var badFiles = []struct{ file, want string }{
	// Durations.
	{"[cache]\ninvalid_ttl = \"2 hours\"", `2:15: cache.invalid_ttl: "2 hours" is not a duration; write for example "2h"`},
	{"[cache]\nvalid_ttl = 96", `2:13: cache.valid_ttl: 96 has no unit; write "96s", "96m" or "96h"`},
	{"[cache]\nvalid_ttl = \"96\"", `2:13: cache.valid_ttl: "96" has no unit; write "96s", "96m" or "96h"`},
	{"[cache]\nvalid_ttl = -5", `2:13: cache.valid_ttl: -5 has no unit; write for example "96h"`},
	{"[cache]\nvalid_ttl = 1.5", `2:13: cache.valid_ttl: 1.5 is not a duration; write for example "96h"`},
	{"[cache]\nvalid_ttl = \"\"", `2:13: cache.valid_ttl: "" is not a duration; write for example "96h"`},
	{"[cache]\nvalid_ttl = \"0\"", `2:13: cache.valid_ttl: "0" is too short; write a duration from 1s to 30d`},
	{"[cache]\nvalid_ttl = \"-4d\"", `2:13: cache.valid_ttl: "-4d" is negative; write a duration from 1s to 30d`},
	{"[cache]\nvalid_ttl = \"31d\"", `2:13: cache.valid_ttl: "31d" is too long; write a duration from 1s to 30d`},
	{"[cache]\nvalid_ttl = \"999999d\"", `2:13: cache.valid_ttl: "999999d" is not a duration; write for example "96h"`},
	{"[cache]\nrecheck_valid_after = \"10ms\"", `2:23: cache.recheck_valid_after: "10ms" is too short; write "0", or a duration from 1s to 30d`},
	{"[callout]\nconnect_timeout = \"0\"", `2:19: callout.connect_timeout: "0" is too short; write a duration from 10ms to 2m`},
	{"[callout]\nanswer_within = \"1h\"", `2:17: callout.answer_within: "1h" is too long; write a duration from 10ms to 10m`},

	// Types, ranges and words.
	{"[callout]\nmax_sessions = \"5\"", `2:16: callout.max_sessions: "5" is not a whole number; write for example 5`},
	{"[callout]\nmax_sessions = 0", `2:16: callout.max_sessions: 0 is out of range; write a whole number from 1 to 100`},
	{"[callout]\nmax_sessions = 5.0", `2:16: callout.max_sessions: 5.0 is not a whole number; write for example 5`},
	{"[cache]\nmax_entries = 99999999999999999999", `2:15: cache.max_entries: 99999999999999999999 is out of range; write a whole number from 1000 to 100000000`},
	{"[callout]\nrecipients_per_transaction = 101", `2:30: callout.recipients_per_transaction: 101 is out of range; write a whole number from 1 to 100`},
	{"[callout]\ncatch_all_check = \"yes\"", `2:19: callout.catch_all_check: "yes" is neither true nor false; write one of them, without quotes`},
	{"[callout]\npipelining = true", `2:14: callout.pipelining: true is not possible; write "auto" or "off"`},
	{"[callout]\nreply_text = \"theirs\"", `2:14: callout.reply_text: "theirs" is not possible; write "own" or "destination"`},
	{"[callout]\nprobe_prefix = \"-x\"", `2:16: callout.probe_prefix: "-x" is no prefix; write at most 20 letters, digits and hyphens, no hyphen first, for example "probe-"`},
	{"[callout]\nprobe_prefix = \"a.b\"", `2:16: callout.probe_prefix: "a.b" is no prefix; write at most 20 letters, digits and hyphens, no hyphen first, for example "probe-"`},
	{"log = { level = \"trace\" }", `1:17: log.level: "trace" is not possible; write "debug", "info", "warn" or "error"`},
	{"log = \"debug\"", `1:7: log: "debug" is not a table; write [log], and its keys below`},
	{"hostname = 5", `1:12: hostname: 5 is not text; write for example "localhost"`},
	{"hostname = \"mail_1.example.com\"", `1:12: hostname: "mail_1.example.com" is neither a domain nor an address literal; write for example "filter.example.net"`},
	{"hostname = \"[::1]\"", `1:12: hostname: "[::1]" is neither a domain nor an address literal; write for example "filter.example.net"`},
	{"data_dir = \"\"", `1:12: data_dir: "" is no directory; write for example "/var/lib/callout"`},

	// Keys and tables that there are not.
	{"hostnam = \"x\"", `1:1: hostnam: there is no such key; did you mean hostname?`},
	{"[cache]\nvalid-tll = \"1h\"", `2:1: cache.valid-tll: there is no such key; did you mean valid_ttl?`},
	{"[cache]\n\"\\u00e9\\n\" = 1", `2:1: cache."é\n": there is no such key; write one of valid_ttl, invalid_ttl, recheck_invalid_after, recheck_valid_after, stale_valid_for, max_entries`},
	{"\"cache.valid_ttl\" = \"96h\"", `1:1: "cache.valid_ttl": there is no such key; write one of hostname, data_dir, enforce, domain, log, policy, http, cache, callout, gateway, socketmap, milter`},
	{"valid_ttl = \"96h\"", `1:1: valid_ttl: it does not belong here; write it in [cache]`},
	{"listen = \"x\"", `1:1: listen: it does not belong here; write it in [policy] or in [http] or in [gateway] or in [socketmap] or in [milter]`},
	{"[cach]\nvalid_ttl = \"96h\"", `1:2: cach: there is no such key; did you mean [cache]?`},
	{"[[domains]]\nname = \"example.com\"", `1:3: domains: there is no such key; did you mean [[domain]]?`},
	{"[[cache]]\nvalid_ttl = \"1h\"", `1:3: cache: there is only one; write [cache], with single brackets`},
	{domain + "hostname = \"a.example\"", `4:1: domain.hostname: it does not belong here; write it at the top of the file, above the first [table]`},
	{domain + "max_entries = 5000", `4:1: domain.max_entries: it can't be set for one domain; write it in [cache]`},
	{domain + "valid_tll = \"1h\"", `4:1: domain.valid_tll: there is no such key; did you mean valid_ttl?`},
	{domain + "colour = \"red\"", `4:1: domain.colour: there is no such key; leave it out`},
	{domain + "[domain.cache]\nvalid_ttl = \"1h\"", `4:9: domain.cache: a domain has no tables; write the keys of [cache] among its own`},

	// Domains.
	{"[domain]\nname = \"example.com\"", `1:2: domain: [domain] is a single table; write [[domain]], with double brackets, for each domain`},
	{"domain = \"example.com\"", `1:10: domain: "example.com" is not a list of domains; write [[domain]] for each domain`},
	{"domain = [\"example.com\"]", `1:11: domain: "example.com" is not a domain; write [[domain]] for each domain`},
	{"\n[[domain]]\ndestinations = [\"mx.example.com\"]", `2:3: domain: this [[domain]] has no name; write name = "example.com"`},
	{"[[domain]]\nname = \"example.com\"", `1:3: domain: "example.com" has no destinations; write destinations = ["mx.example.com:25"]`},
	{"[[domain]]\nname = \"exa mple\"\ndestinations = [\"mx\"]", `2:8: domain.name: "exa mple" is not a domain; write for example "example.com"`},
	{"[[domain]]\nname = 5\ndestinations = [\"mx\"]", `2:8: domain.name: 5 is not text; write for example "example.com"`},
	{domain + "[[domain]]\nname = \"EXAMPLE.com.\"\ndestinations = [\"mx\"]", `5:8: domain.name: "EXAMPLE.com." is the domain of line 2 again; remove one of the two`},
	{"[[domain]]\nname = \"xn--bcher-kva.example\"\ndestinations = [\"mx\"]\n[[domain]]\ndestinations = [\"mx\"]\nname = \"Bücher.example\"", `6:8: domain.name: "Bücher.example" is the domain of line 2 again; remove one of the two`},
	{domain + "on_unknown = \"reject\"", `4:14: domain.on_unknown: "reject" is not possible; write "defer" or "accept"`},
	{domain + "invalid_ttl = \"2 hours\"", `4:15: domain.invalid_ttl: "2 hours" is not a duration; write for example "2h"`},

	// Destinations.
	{"[[domain]]\nname = \"example.com\"\ndestinations = \"mx:25\"", `3:16: domain.destinations: "mx:25" is not a list; write for example ["mx:25"]`},
	{"[[domain]]\nname = \"example.com\"\ndestinations = []", `3:16: domain.destinations: the list is empty; write for example ["mx.example.com:25"]`},
	{"[[domain]]\nname = \"example.com\"\ndestinations = [\"a:0\"]", `3:17: domain.destinations: destination "a:0": port "0" is not a number from 1 to 65535`},
	{"[[domain]]\nname = \"example.com\"\ndestinations = [\"mx 1\"]", `3:17: domain.destinations: destination "mx 1" is no host:port; write for example mx.example.com:25`},
	{"[[domain]]\nname = \"example.com\"\ndestinations = [\"MX.example.com\", [\"b\", \"mx.example.com:25\"]]", `3:41: domain.destinations: "mx.example.com:25" is in the list already; remove one of the two`},
	{"[[domain]]\nname = \"example.com\"\ndestinations = [[], \"mx\"]", `3:16: domain.destinations: a list in the list is empty; remove it`},
	{"[[domain]]\nname = \"example.com\"\ndestinations = [\n  [\"a\", 25],\n]", `4:9: domain.destinations: 25 is not host:port; write for example "mx.example.com:25"`},
	{"[[domain]]\nname = \"example.com\"\ndestinations = [[[\"a\"]]]", `3:16: domain.destinations: a list is not host:port; write for example "mx.example.com:25"`},

	// Listeners.
	{"[policy]\nlisten = \"127.0.0.1:1\"", `2:10: policy.listen: "127.0.0.1:1" is not a list; write for example ["127.0.0.1:1"]`},
	{"[policy]\nlisten = [\"10040\"]", `2:11: policy.listen: "10040" is no listener; write host:port, for example "127.0.0.1:10040", or "unix:/path"`},
	{"[policy]\nlisten = [\"127.0.0.1:smtp\"]", `2:11: policy.listen: "127.0.0.1:smtp" has a port that is not a number from 0 to 65535`},
	{"[policy]\nlisten = [\"a b:1\"]", `2:11: policy.listen: "a b:1" has a host that is neither a name nor an address; write for example "127.0.0.1:10040"`},
	{"[policy]\nlisten = [10040]", `2:11: policy.listen: 10040 is not text; write for example "127.0.0.1:10040"`},
	{"[policy]\nlisten = [\"unix:policy.sock\"]", `2:11: policy.listen: "unix:policy.sock" has no absolute path; write for example "unix:/run/callout/policy.sock"`},
	{"[policy]\nlisten = [\"unix:/p?mode=rw\"]", `2:11: policy.listen: "unix:/p?mode=rw" has a mode that is not octal; write for example mode=0660`},
	{"[policy]\nlisten = [\"unix:/p?group=\"]", `2:11: policy.listen: "unix:/p?group=" has a group without a name; write for example group=postfix`},
	{"[policy]\nlisten = [\"unix:/p?user=postfix\"]", `2:11: policy.listen: "unix:/p?user=postfix" has an option that there is not; write mode and group only, as in ?mode=0660&group=postfix`},
	{"[policy]\nlisten = [\"unix:/p?mode=1&mode=2\"]", `2:11: policy.listen: "unix:/p?mode=1&mode=2" says mode twice; remove one of the two`},
	{"[policy]\nlisten = [\"127.0.0.1:1\", \"127.0.0.1:01\"]", `2:26: policy.listen: "127.0.0.1:1" is a listener of policy.listen already; choose another`},
	{"[policy]\nlisten = [\"unix:/a/b\", \"unix:/a//b?mode=0600\"]", `2:24: policy.listen: "unix:/a/b" is a listener of policy.listen already; choose another`},
	{"[policy]\nlisten = [\"127.0.0.1:8025\"]", `2:11: policy.listen: "127.0.0.1:8025" is a listener of http.listen already; choose another`},
	{"[http]\nlisten = \"127.0.0.1:10040\"", `2:10: http.listen: "127.0.0.1:10040" is a listener of policy.listen already; choose another`},
	{"[http]\nlisten = [\"127.0.0.1:80\"]", `2:10: http.listen: a list is not text; write for example "127.0.0.1:8025"`},
	{"[http]\nlisten = \":8025\"", `2:10: http.listen: ":8025" is open to other machines, without TLS; write tls_cert and tls_key in [http], or for example "127.0.0.1:8025", or insecure = true if that is what you want`},
	{"[http]\ntls_cert = 5", `2:12: http.tls_cert: 5 is not text; write for example "server.pem"`},
	{"[http]\ntls_cert = \"a\"", `2:12: http.tls_cert: "a" has no tls_key beside it; write both, or neither`},
	{"[http]\ntls_cert = \"\"\ntls_key = \"b\"", `3:11: http.tls_key: "b" has no tls_cert beside it; write both, or neither`},
	{"[http]\nproxy_from = \"127.0.0.1\"", `2:14: http.proxy_from: "127.0.0.1" is not a list; write for example ["127.0.0.1"]`},
	{"[http]\nproxy_from = [\"127.0.0.1\", \"localhost\"]", `2:28: http.proxy_from: "localhost" is neither an IP address nor a network; write for example "192.0.2.10" or "10.1.0.0/16"`},
	{"[http]\ntls_key = \"a\\nb\"", `2:11: http.tls_key: "a\nb" has a control character; remove it`},
	{"[http]\nlisten = \":8025\"\ntls_cert = \"/no/such\"\ntls_key = \"b\"", `3:12: http.tls_cert: /no/such: no such file or directory; create it, or name another`},

	// What this version does not have.
	{"[milter]\nlisten = [\"127.0.0.1:1\"]", `2:10: milter.listen: this version does not have a milter yet; leave the key out`},
	{"[milter]\nlisten = [5]", `2:11: milter.listen: 5 is not text; write a list of texts, for example ["a", "b"]`},

	// How destinations are asked.
	{"enforce = \"no\"", `1:11: enforce: "no" is neither true nor false; write one of them, without quotes`},
	{domain + "enforce = 0", `4:11: domain.enforce: 0 is neither true nor false; write one of them, without quotes`},
	{"[callout]\ntls = \"yes\"", `2:7: callout.tls: "yes" is not possible; write "opportunistic", "off", "require" or "verify"`},
	{"[callout]\ntls = true", `2:7: callout.tls: true is not possible; write "opportunistic", "off", "require" or "verify"`},
	{"[callout]\nsource = \"192.0.2.1\"", `2:10: callout.source: "192.0.2.1" is not a list; write for example ["192.0.2.1"]`},
	{"[callout]\nsource = [5]", `2:11: callout.source: 5 is not text; write for example "192.0.2.10"`},
	{"[callout]\nsource = [\"eth0\"]", `2:11: callout.source: "eth0" is not an IP address; write for example "192.0.2.10"`},
	{"[callout]\nsource = [\"192.0.2.1:25\"]", `2:11: callout.source: "192.0.2.1:25" is not an IP address; write for example "192.0.2.10"`},
	{"[callout]\nsource = [\"0.0.0.0\"]", `2:11: callout.source: "0.0.0.0" is no address of its own; leave it out, and the system chooses`},
	{"[callout]\nsource = [\"::\"]", `2:11: callout.source: "::" is no address of its own; leave it out, and the system chooses`},
	{"[callout]\nsource = [\"::ffff:0.0.0.0\"]", `2:11: callout.source: "::ffff:0.0.0.0" is no address of its own; leave it out, and the system chooses`},
	{"[callout]\nsource = [\"ff02::1\"]", `2:11: callout.source: "ff02::1" is a multicast address, which no connection comes from; write one of this machine's`},
	{"[callout]\nsource = [\"192.0.2.1\", \"2001:db8::1\", \"::ffff:192.0.2.2\"]", `2:39: callout.source: "::ffff:192.0.2.2" is the second of its family; write one IPv4 address and one IPv6 address at most`},
	{domain + "source = [\"2001:db8::1\", \"2001:db8::2\"]", `4:26: domain.source: "2001:db8::2" is the second of its family; write one IPv4 address and one IPv6 address at most`},
	{"[callout]\nmail_from = 5", `2:13: callout.mail_from: 5 is not text; write for example ""`},
	{"[callout]\nmail_from = \"<>\"", `2:13: callout.mail_from: "<>" is not an address; write for example "callout@example.net", or "" for the null sender`},
	{"[callout]\nmail_from = \"postmaster\"", `2:13: callout.mail_from: "postmaster" is not an address; write for example "callout@example.net", or "" for the null sender`},
	{"[callout]\nmail_from = \"a b@example.net\"", `2:13: callout.mail_from: "a b@example.net" is not an address; write for example "callout@example.net", or "" for the null sender`},
	{"[callout]\nmail_from = \"a@[192.0.2.1]\"", `2:13: callout.mail_from: "a@[192.0.2.1]" is not an address; write for example "callout@example.net", or "" for the null sender`},
	{"[callout]\nmail_from = \"jürgen@example.net\"", `2:13: callout.mail_from: "jürgen@example.net" has a local-part that is not ASCII, which many servers refuse; choose another address`},
	{"[callout]\nclient_cert = 5", `2:15: callout.client_cert: 5 is not text; write for example "client.pem"`},
	{"[callout]\nclient_cert = \"a\"", `2:15: callout.client_cert: "a" has no client_key beside it; write both, or neither`},
	{"[callout]\nclient_cert = \"\"\nclient_key = \"b\"", `3:14: callout.client_key: "b" has no client_cert beside it; write both, or neither`},
	{"[callout]\nclient_key = \"a\\nb\"", `2:14: callout.client_key: "a\nb" has a control character; remove it`},
	{domain + "client_key = \"b\"", `4:14: domain.client_key: "b" has no client_cert beside it; write both, or neither`},
	{domain + "recipients_per_transaction = 0", `4:30: domain.recipients_per_transaction: 0 is out of range; write a whole number from 1 to 100`},

	// Modes and aliases.
	{domain + "mode = \"ask\"", `4:8: domain.mode: "ask" is not possible; write "callout", "list", "list+callout" or "off"`},
	{"[[domain]]\nname = \"example.com\"\nmode = \"list+callout\"", `1:3: domain: "example.com" has no destinations; write destinations = ["mx.example.com:25"]`},
	{"[[domain]]\nname = \"example.com\"\ndestinations = []\nmode = \"list+callout\"", `3:16: domain.destinations: the list is empty; write for example ["mx.example.com:25"]`},
	{domain + "aliases = \"example.org\"", `4:11: domain.aliases: "example.org" is not a list; write for example ["example.org"]`},
	{domain + "aliases = [5]", `4:12: domain.aliases: 5 is not text; write for example "example.org"`},
	{domain + "aliases = [\"a b\"]", `4:12: domain.aliases: "a b" is not a domain; write for example "example.com"`},
	{domain + "aliases = [\"Example.COM\"]", `4:12: domain.aliases: "Example.COM" is the domain itself; remove it`},
	{domain + "aliases = [\"example.org\", \"EXAMPLE.org.\"]", `4:27: domain.aliases: "EXAMPLE.org." is in the list already; remove one of the two`},
	{domain + "aliases = [\"b.example\"]\n[[domain]]\nname = \"b.example\"\ndestinations = [\"mx\"]", `4:12: domain.aliases: "b.example" is the domain of line 6 already; remove one of the two`},
	{"[[domain]]\nname = \"b.example\"\ndestinations = [\"mx\"]\n" + domain + "aliases = [\"B.example\"]", `7:12: domain.aliases: "B.example" is the domain of line 2 already; remove one of the two`},
	{domain + "aliases = [\"c.example\"]\n[[domain]]\nname = \"b.example\"\ndestinations = [\"mx\"]\naliases = [\n  \"c.example\",\n]", `9:3: domain.aliases: "c.example" is an alias in line 4 already; remove one of the two`},

	// Local recipients.
	{domain + "recipients = \"john\"", `4:14: domain.recipients: "john" is not a list; write for example ["john"]`},
	{domain + "recipients = [5]", `4:15: domain.recipients: 5 is not text; write for example "john", or "file:recipients.txt"`},
	{domain + "recipients = [\"jo hn\"]", `4:15: domain.recipients: "jo hn" is not a local recipient: a local-part with " " must be in quotes; write for example john, sales-* or john@example.com`},
	{domain + "recipients = [\"@example.com\"]", `4:15: domain.recipients: "@example.com" is not a local recipient: nothing stands before the @; write for example john, sales-* or john@example.com`},
	{domain + "recipients = [\"john@example.org\"]", `4:15: domain.recipients: "john@example.org" is not at this domain; its names are example.com: write an address there, or the local-part alone`},
	{domain + "recipients = [\"john@b.example\"]\naliases = [\"c.example\"]", `4:15: domain.recipients: "john@b.example" is not at this domain; its names are example.com, c.example: write an address there, or the local-part alone`},
	{domain + "recipients = [\"file:\"]", `4:15: domain.recipients: "file:" names no file; write its path`},
	{domain + "recipients = [\"file:a\\tb\"]", `4:15: domain.recipients: "file:a\tb" has a control character; remove it`},
	{domain + "recipients = [\"file:/no/such/file\"]", `4:15: domain.recipients: /no/such/file: no such file or directory; create it, or name another`},
	{domain + "recipients = [\"file:/dev/zero\"]", `4:15: domain.recipients: /dev/zero: it is not a regular file; name one`},

	// Schemes and loops.
	{"[[domain]]\nname = \"example.com\"\ndestinations = [\"http://mx\"]", `3:17: domain.destinations: destination "http://mx": "http" is no scheme; write host:port, smtps://host, lmtp://host or mx:domain`},
	{"[[domain]]\nname = \"example.com\"\ndestinations = [\"mx:\", \"mx:\"]", `3:24: domain.destinations: "mx:" is in the list already; remove one of the two`},
	{"[[domain]]\ndestinations = [[\"a\", \"mx:\"], \"MX.example.com\", \"mx:Example.com\"]\nname = \"example.com\"", `2:23: domain.destinations: "mx:" is "mx:example.com", which is in the list already; remove one of the two`},
	{"[[domain]]\nname = \"example.com\"\ndestinations = [\"mx\", \"127.0.0.1:10040\"]", `3:23: domain.destinations: "127.0.0.1:10040" is Callout itself, its policy.listen; name the server that holds the mailboxes`},
	{"[[domain]]\nname = \"example.com\"\ndestinations = [[\"mx\", \"lmtp://localhost:8025\"]]", `3:24: domain.destinations: "lmtp://localhost:8025" is Callout itself, its http.listen; name the server that holds the mailboxes`},

	// TOML.
	{"[cache]\nvalid_ttl = 96h", `2:15: text must be in quotes; write "96h"`},
	{"[callout]\npipelining = auto", `2:14: text must be in quotes; write "auto"`},
	{"a = [mx1.example.com:25]", `1:6: text must be in quotes; write "mx1.example.com:25"`},
	{"log = { level = debug }", `1:17: text must be in quotes; write "debug"`},
	{"enforce = True", `1:11: True is no value; write true`},
	{"enforce = off", `1:11: off is no value; write false, or "off" where text is wanted`},
	{"hostname = ", `1:11: a value is missing; write for example "text", 5, true or ["a", "b"]`},
	{"hostname", `1:8: there is no = after the key; write key = value`},
	{"hostname = \"a.example", `1:21: the text is not closed; write a quotation mark at its end`},
	{"hostname = \"a.example\nx", `1:22: the text is not closed; write a quotation mark at its end`},
	{"hostname = \"a\" \"b\"", `1:16: only a comment may follow here; put the next key on a line of its own`},
	{"data_dir = \"C:\\callout\"", `1:15: a backslash begins an escape; write \\ for a backslash`},
	{"[callout]\nmax_sessions = 05", `2:16: a number has no zeros in front; remove them`},
	{"[cache\nvalid_ttl = \"1h\"", `1:7: the table's name is not closed; write [name], or [[domain]]`},
	{"[[domain]\nname = \"a\"", `1:9: the table's name is not closed; write [name], or [[domain]]`},
	{"log = { level = \"info\" format = \"text\" }", `1:24: write a comma between the keys of a { } table, and } at its end`},
	{"log = { level = \"info\"", `1:22: the table is not closed; write } at its end`},
	{"a = [\"b\" \"c\"]", `1:10: write a comma between the values of a list, and ] at its end`},
	{"a = [\"b\"", `1:8: the list is not closed; write ] at its end`},
	{"= 5", `1:1: a key or a [table] must begin here`},
	{"a = \"\xff\"", `1:6: this is not UTF-8; save the file as UTF-8`},
	{"# \x01", `1:3: a control character stands here; remove it`},
	{"hostname = \"a\"\nhostname = \"b\"", `2:1: hostname: it is in line 1 already; put both together there`},
	{"[log]\n\n[log]", `3:2: log: it is in line 1 already; put both together there`},
	{"log.level = \"info\"\n[log]\nformat = \"json\"", `2:2: log: it is in line 1 already; put both together there`},
	{"log = { level = \"info\", level = \"warn\" }", `1:25: level: it is in line 1 already; put both together there`},
	{"hostname = \"é\xc3\xa9.example\" x", `1:25: only a comment may follow here; put the next key on a line of its own`},
}

func TestBadFiles(t *testing.T) {
	for _, c := range slices.Concat(badFiles, badGateways) {
		_, err := parse("callout.toml", []byte(c.file), "")
		if want := "callout.toml:" + c.want; err == nil || err.Error() != want {
			t.Errorf("%s\n got: %v\nwant: %s", c.file, err, want)
		}
	}
}

func TestSeveralProblemsAreSeveralLines(t *testing.T) {
	_, err := parse("etc/c.toml", []byte("[[domain]]\nname = \"a b\"\n[callout]\ntls = 5\n[cache]\nx = 1\n"), "")
	const want = `etc/c.toml:1:3: domain: "a b" has no destinations; write destinations = ["mx.example.com:25"]
etc/c.toml:2:8: domain.name: "a b" is not a domain; write for example "example.com"
etc/c.toml:4:7: callout.tls: 5 is not possible; write "opportunistic", "off", "require" or "verify"
etc/c.toml:6:1: cache.x: there is no such key; write one of valid_ttl, invalid_ttl, recheck_invalid_after, recheck_valid_after, stale_valid_for, max_entries`
	if err == nil || err.Error() != want {
		t.Errorf("got:\n%v\nwant:\n%s", err, want)
	}
	problem, ok := errors.AsType[*Problem](err)
	if !ok || problem.Where != (Position{"etc/c.toml", 1, 3}) || problem.Key != "domain" {
		t.Errorf("the first problem: %+v", problem)
	}
}

func TestTenLinesAtMost(t *testing.T) {
	var ten, many strings.Builder
	for i := range 10 {
		fmt.Fprintf(&ten, "x%d = 1\n", i)
	}
	for i := range 100_000 {
		fmt.Fprintf(&many, "x%d = 1\n", i)
	}
	_, err := parse("c", []byte(ten.String()), "")
	lines := strings.Split(err.Error(), "\n")
	if len(lines) != 10 || !strings.HasPrefix(lines[9], "c:10:1: x9: there is no such key") {
		t.Errorf("ten problems:\n%v", err)
	}
	_, err = parse("c", []byte(many.String()), "")
	lines = strings.Split(err.Error(), "\n")
	if len(lines) != 10 || lines[9] != "c:10:1: more problems from here on; mend those above first" {
		t.Errorf("100,000 problems:\n%v", err)
	}
}

func TestBoundsOfAFile(t *testing.T) {
	hosts := func(n int) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, "\"h%d\", ", i)
		}
		return "[[domain]]\nname = \"example.com\"\ndestinations = [" + b.String() + "]"
	}
	listeners := func(n int) string {
		return "[policy]\nlisten = [" + strings.Repeat("\"127.0.0.1:0\", ", n) + "]"
	}
	long := strings.Repeat("x", 5000)
	for _, c := range []struct{ file, want string }{
		{hosts(32), ""},
		{hosts(33), "c:3:231: domain.destinations: there are more than 32 hosts; leave some out"},
		{listeners(64), ""},
		{listeners(65), "c:2:10: policy.listen: there are 65 listeners; write 64 at most"},
		{long + " = 1", `c:1:1: "` + long[:60] + `…": there is no such key; write one of hostname, data_dir, enforce, domain, log, policy, http, cache, callout, gateway, socketmap, milter`},
		{"hostname = \"" + long + "\"", `c:1:12: hostname: "` + long[:60] + `…" is neither a domain nor an address literal; write for example "filter.example.net"`},
		{"data_dir = \"/" + long[:94] + "\"", `c:1:12: data_dir: "/` + long[:59] + `…" is too long for the socket that is made in it; choose a path of at most 94 octets`},
		{"[policy]\nlisten = [\"unix:/" + long[:107] + "\"]", `c:2:11: policy.listen: "unix:/` + long[:54] + `…" has a path over 107 octets, which no socket can have; choose a shorter one`},
		{"a = " + strings.Repeat("[", 20_000), "c:1:10005: lists and tables stand too deep in each other; write plain ones"},
	} {
		_, err := parse("c", []byte(c.file), "")
		if got := fmt.Sprint(err); got != c.want && (c.want != "" || err != nil) {
			t.Errorf("%.60s\n got: %s\nwant: %s", c.file, got, c.want)
		}
	}
	_, err := parse("c", bytes.Repeat([]byte("\n"), maxFile+1), "")
	if err == nil || err.Error() != "c:1:1: the file is larger than 64 MiB; keep the domains in the store instead: callout domain" {
		t.Errorf("a file over the bound: %v", err)
	}
}
