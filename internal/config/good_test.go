package config

import (
	"errors"
	"io/fs"
	"log/slog"
	"net/netip"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"callout/internal/callout"
	"callout/internal/domains"
)

// sample sets nearly every key to something else than its default.
const sample = `
hostname = "Filter.Example.NET."
data_dir = "/srv/callout"
log      = { level = "debug", format = "json" }
enforce  = false

[gateway]
listen = ["0.0.0.0:25", "[::]:25"]
max_connections = 2000
max_connections_per_client = 10
max_recipients = 100
max_message_size = "1GiB"
max_errors = 5
command_timeout = "1m"
data_timeout = "2m"
session_timeout = "1d"
min_data_rate = 0
banner_delay = "1500ms"
bare_newline = "normalize"
proxy_from = ["192.0.2.10", "10.1.0.0/16", "2001:DB8::/32"]
xclient = true
postmaster = "Admin@Example.COM."
announce = ["size", "CHUNKING"]
[policy]
listen = ["127.0.0.1:10041", "unix:/run/callout/policy.sock?mode=0600&group=postfix", "unix:/run/p", "[::1]:0"]
[socketmap]
listen = []
[milter]
listen = []
[http]
listen = "0.0.0.0:8026"
insecure = true
proxy_from = ["192.0.2.11", "2001:db8:2::/64"]

[cache]
valid_ttl = "4d"
invalid_ttl = "1h30m"
recheck_invalid_after = "0"
recheck_valid_after = "0s"
stale_valid_for = "1d12h"
max_entries = 50_000

[callout]
max_sessions = 0x10
connect_timeout = "1s"
reply_timeout = "2s"
deadline = "3s"
answer_within = "4s"
tls = "off"
client_cert = ""
client_key = ""
source = ["2001:DB8::10", "192.0.2.10"]
mail_from = "Verify@Example.NET."
pipelining = "off"
recipients_per_transaction = 7
catch_all_check = false
probe_prefix = "probe-"
reply_text = "destination"

[[domain]]
name = "Example.com"
aliases = ["Example.ORG", "bücher2.example"]
destinations = [["MX1.example.com:25", "192.0.2.1"], "[2001:db8::1]:2525"]
mode = "list+callout"
recipients = ["John", "mary@example.org", "sales-*", '"a b"']
deliver_to = [["smtps://filter.example.com", "lmtp://192.0.2.3"], "mx:"]

[[domain]]
name = "bücher.example"
destinations = ["mx.example.com"]
on_unknown = "accept"
enforce = true
valid_ttl = "1h"
invalid_ttl = "1m"
max_sessions = 2
pipelining = "auto"
catch_all_check = true
probe_prefix = ""
reply_text = "own"
tls = "verify"
source = []
mail_from = ""
recipients_per_transaction = 100
`

func TestSample(t *testing.T) {
	c, err := parse("callout.toml", []byte(sample), "")
	if err != nil {
		t.Fatal(err)
	}
	settings := domains.Settings{
		DestinationText: true, ProbePrefix: "probe-", AnswerWithin: 4 * time.Second,
		Cache: domains.Cache{
			ValidTTL: 96 * time.Hour, InvalidTTL: 90 * time.Minute, StaleValidFor: 36 * time.Hour,
		},
		Callout: callout.Settings{
			Hostname: "filter.example.net", MaxSessions: 16,
			ConnectTimeout: time.Second, ReplyTimeout: 2 * time.Second, Deadline: 3 * time.Second,
			RecipientsPerTransaction: 7, TLS: callout.TLSOff, MailFrom: "Verify@example.net",
			Source: []netip.Addr{netip.MustParseAddr("192.0.2.10"), netip.MustParseAddr("2001:db8::10")},
		},
	}
	second := settings
	second.AcceptUnknown, second.DestinationText, second.ProbePrefix, second.CatchAllCheck = true, false, "", true
	second.Cache.ValidTTL, second.Cache.InvalidTTL = time.Hour, time.Minute
	second.Callout.MaxSessions, second.Callout.Pipelining, second.Enforce = 2, true, true
	second.Callout.TLS, second.Callout.Source, second.Callout.MailFrom = callout.TLSVerify, nil, ""
	second.Callout.RecipientsPerTransaction = 100
	at := func(line, column int) Position { return Position{"callout.toml", line, column} }
	want := &Config{
		Path: "callout.toml", Hostname: "filter.example.net", DataDir: "/srv/callout",
		Log: Log{Level: slog.LevelDebug, Format: "json"},
		Policy: []Listen{
			{Network: "tcp", Address: "127.0.0.1:10041", Where: at(25, 11)},
			{Network: "unix", Address: "/run/callout/policy.sock", Mode: 0o600, Group: "postfix", Where: at(25, 30)},
			{Network: "unix", Address: "/run/p", Mode: 0o660, Where: at(25, 87)},
			{Network: "tcp", Address: "[::1]:0", Where: at(25, 102)},
		},
		HTTP: HTTP{
			Listen: &Listen{Network: "tcp", Address: "0.0.0.0:8026", Where: at(31, 10)}, Insecure: true,
			ProxyFrom: []netip.Prefix{netip.MustParsePrefix("192.0.2.11/32"), netip.MustParsePrefix("2001:db8:2::/64")},
		},
		Gateway: Gateway{
			Listen: []Listen{
				{Network: "tcp", Address: "0.0.0.0:25", Where: at(8, 11)}, {Network: "tcp", Address: "[::]:25", Where: at(8, 25)},
			},
			MaxConnections: 2000, MaxConnectionsPerClient: 10, MaxRecipients: 100, MaxMessageSize: 1 << 30, MaxErrors: 5,
			CommandTimeout: time.Minute, DataTimeout: 2 * time.Minute, SessionTimeout: 24 * time.Hour,
			BannerDelay: 1500 * time.Millisecond, BareNewline: BareNewlineNormalize,
			ProxyFrom: []netip.Prefix{
				netip.MustParsePrefix("192.0.2.10/32"), netip.MustParsePrefix("10.1.0.0/16"), netip.MustParsePrefix("2001:db8::/32"),
			},
			XCLIENT: true, Postmaster: "Admin@example.com", Announce: []string{"SIZE", "CHUNKING"},
		},
		MaxEntries: 50_000,
		Defaults:   settings,
		Domains: []*domains.Domain{
			{Name: "example.com", Settings: settings, Mode: domains.ModeListCallout,
				Aliases:    []string{"example.org", "xn--bcher2-3ya.example"},
				Recipients: recipients(t, "john", "mary", "sales-*", `"a b"`), Destination: callout.Destination{
					{{Name: "mx1.example.com", Port: 25}, {Name: "192.0.2.1", Port: 25}}, {{Name: "2001:db8::1", Port: 2525}},
				}, DeliverTo: callout.Destination{
					{{Scheme: callout.SMTPS, Name: "filter.example.com", Port: 465}, {Scheme: callout.LMTP, Name: "192.0.2.3", Port: 24}},
					{{Scheme: callout.MX, Name: "example.com", Port: 25}},
				}},
			{Name: "xn--bcher-kva.example", Settings: second, Destination: callout.Destination{
				{{Name: "mx.example.com", Port: 25}},
			}},
		},
	}
	if !reflect.DeepEqual(c, want) {
		t.Errorf("got:  %+v\nwant: %+v", c, want)
		for i, d := range c.Domains {
			t.Errorf("domain %d got:  %+v\nwant: %+v", i, d, want.Domains[i])
		}
	}
}

func recipients(t *testing.T, entries ...string) *domains.Recipients {
	t.Helper()
	var b domains.Builder
	for _, e := range entries {
		if err := b.Add(e); err != nil {
			t.Fatal(err)
		}
	}
	return b.Recipients()
}

func TestAFileMayBeWrittenOtherwise(t *testing.T) {
	for _, file := range []string{
		"\ufeffhostname = \"a.example\"\r\n[cache]\r\nvalid_ttl = \"1h\"\r\n[[domain]]\r\nname='b.example'\r\ndestinations=['c']\r\n",
		"hostname = \"a.example\"\ncache.valid_ttl = \"1h\"\ndomain = [{ name = \"b.example\", destinations = [\"c\"] }]",
		"hostname = \"a.example\"\n[[domain]]\nname = \"b.example\" # first\ndestinations = [\n  \"c\", # one\n]\n[cache]\nvalid_ttl = \"1h\"",
	} {
		c, err := parse("c", []byte(file), "")
		if err != nil {
			t.Errorf("%s: %v", file, err)
			continue
		}
		if c.Hostname != "a.example" || len(c.Domains) != 1 || c.Domains[0].Name != "b.example" ||
			c.Domains[0].Settings.Cache.ValidTTL != time.Hour ||
			c.Domains[0].Settings.Callout.Hostname != "a.example" {
			t.Errorf("%s: %+v", file, c)
		}
	}
}

func TestAnEmptyFileIsTheDefaults(t *testing.T) {
	c, err := parse("c", nil, "mail.example.org")
	if err != nil {
		t.Fatal(err)
	}
	if want := defaults("c", "mail.example.org"); !reflect.DeepEqual(c, want) {
		t.Errorf("%+v, want %+v", c, want)
	}
	if c.Hostname != "mail.example.org" || c.Defaults.Callout.Hostname != c.Hostname {
		t.Errorf("hostname %q, in EHLO %q", c.Hostname, c.Defaults.Callout.Hostname)
	}
	if got := c.Policy[0].Where.String(); got != "c" {
		t.Errorf("a default is at %q", got)
	}
}

func TestListenersCanBeOff(t *testing.T) {
	c, err := parse("c", []byte("policy.listen = []\nhttp.listen = \"\""), "")
	if err != nil || len(c.Policy) != 0 || c.HTTP.Listen != nil {
		t.Errorf("%+v, %v", c, err)
	}
}

func TestHTTPIsForThisMachine(t *testing.T) {
	for _, s := range []string{"127.0.0.1:0", "127.9.9.9:80", "[::1]:80", "localhost:80", "unix:/run/http"} {
		if _, err := parse("c", []byte("http.listen = \""+s+"\""), ""); err != nil {
			t.Error(err)
		}
	}
	for _, s := range []string{":80", "0.0.0.0:80", "[::]:80", "192.0.2.1:80", "localhost.example.com:80"} {
		if _, err := parse("c", []byte("http.listen = \""+s+"\""), ""); err == nil {
			t.Errorf("%s is taken", s)
		}
		if _, err := parse("c", []byte("http.insecure = true\nhttp.listen = \""+s+"\""), ""); err != nil {
			t.Error(err)
		}
	}
}

func TestTheCertificateOfHTTP(t *testing.T) {
	cert, key := pair(t)
	dir := folder(t, map[string]string{"c.pem": cert, "k.pem": key})
	file := []byte("[http]\nlisten = \":8025\"\ntls_cert = \"c.pem\"\ntls_key = \"k.pem\"\n")
	c, err := parse(filepath.Join(dir, "callout.toml"), file, "")
	if err != nil { // with TLS the listener may be open to other machines
		t.Fatal(err)
	}
	if c.HTTP.TLSCert != filepath.Join(dir, "c.pem") || c.HTTP.TLSKey != filepath.Join(dir, "k.pem") || c.HTTP.Insecure {
		t.Errorf("%+v", c.HTTP)
	}
	if c.Gateway.TLSCert != "" || c.Defaults.Callout.ClientCert != nil {
		t.Error("it is shown by others")
	}
	t.Chdir(dir)
	if err := os.Remove("k.pem"); err != nil {
		t.Fatal(err)
	}
	_, err = parse("c", file, "")
	if err == nil || err.Error() != "c:4:11: http.tls_key: k.pem: no such file or directory; create it, or name another" {
		t.Errorf("a key that is gone: %v", err)
	}
}

func TestHostnameOfTheMachine(t *testing.T) {
	for machine, want := range map[string]string{
		"mail.example.com": "mail.example.com", "MAIL.example.com": "mail.example.com",
		"mail": "localhost", "": "localhost", "my_host.example.com": "localhost", "192.0.2.1": "localhost",
		"[192.0.2.1]": "localhost",
	} {
		if got := defaultHostname(machine); got != want {
			t.Errorf("%q: %q, want %q", machine, got, want)
		}
	}
	for in, want := range map[string]string{
		"localhost": "localhost", "[192.0.2.1]": "[192.0.2.1]", "[ipv6:2001:DB8::1]": "[IPv6:2001:db8::1]",
		"bücher.example": "xn--bcher-kva.example",
	} {
		if got, err := parseHostname(in); got != want || err != nil {
			t.Errorf("%q: %q, %v", in, got, err)
		}
	}
}

func TestDurations(t *testing.T) {
	for in, want := range map[string]time.Duration{
		"0": 0, "4d": 96 * time.Hour, "1d12h": 36 * time.Hour, "1d0s": 24 * time.Hour, "1.5h": 90 * time.Minute,
		"-4d": -96 * time.Hour, "10ms": 10 * time.Millisecond,
	} {
		if got, err := ParseDuration(in); got != want || err != nil {
			t.Errorf("%q: %v, %v", in, got, err)
		}
	}
	for _, in := range []string{"", "d", "1.5d", "1d36h", "1d-1h", "4 d", "1h1d", "9999999999d", "1w", "+"} {
		if got, err := ParseDuration(in); err == nil {
			t.Errorf("%q is %v", in, got)
		}
	}
	for d, want := range map[time.Duration]string{
		30 * day: "30d", 36 * time.Hour: "36h", 90 * time.Minute: "1h30m", 2 * time.Minute: "2m",
		time.Second: "1s", 10 * time.Millisecond: "10ms", time.Hour + time.Second: "1h0m1s",
	} {
		if got := showDuration(d); got != want {
			t.Errorf("%v: %q, want %q", d, got, want)
		}
	}
}

func TestLoad(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	if err := os.WriteFile("good.toml", []byte(domain), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := Load("good.toml")
	if err != nil || c.Path != "good.toml" || len(c.Domains) != 1 {
		t.Errorf("%+v, %v", c, err)
	}
	for path, want := range map[string]string{
		"callout.toml": "callout.toml: no such file or directory; create it, or name another file with -c FILE",
		".":            ".: is a directory; make it readable, or name another file with -c FILE",
		filepath.Join("good.toml", "x"): "good.toml/x: not a directory; make it readable, " +
			"or name another file with -c FILE",
	} {
		if _, err := Load(path); err == nil || err.Error() != want {
			t.Errorf("got:  %v\nwant: %s", err, want)
		}
	}
	if _, err := Load("callout.toml"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the cause is lost: %v", err)
	}
	err = fileError("c", &fs.PathError{Op: "open", Path: "c", Err: fs.ErrPermission})
	if err.Error() != "c: permission denied; let the user who runs callout read it" {
		t.Error(err)
	}
}

func TestBuildDomain(t *testing.T) {
	c, err := parse("c", []byte(sample), "")
	if err != nil {
		t.Fatal(err)
	}
	spec := `{"destinations": ["mx.example.com:2525", ["a", "b"]], "on_unknown": "accept", "valid_ttl": "2d",
		"max_sessions": 3, "catch_all_check": true, "aliases": ["Example.org"], "mode": "list+callout", "enforce": true,
		"recipients": ["john@EXAMPLE.org", "x*"], "client_cert": "", "client_key": "", "tls": "require"}`
	got, err := c.BuildDomain("EXAMPLE.net.", []byte(spec))
	if err != nil {
		t.Fatal(err)
	}
	want := &domains.Domain{Name: "example.net", Origin: domains.FromStore, Settings: c.Defaults,
		Mode: domains.ModeListCallout, Aliases: []string{"example.org"}, Recipients: recipients(t, "john", "x*"),
		Destination: callout.Destination{
			{{Name: "mx.example.com", Port: 2525}}, {{Name: "a", Port: 25}, {Name: "b", Port: 25}},
		}}
	want.Settings.AcceptUnknown, want.Settings.CatchAllCheck, want.Settings.Enforce = true, true, true
	want.Settings.Callout.TLS = callout.TLSRequire
	want.Settings.Cache.ValidTTL, want.Settings.Callout.MaxSessions = 48*time.Hour, 3
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got:  %+v\nwant: %+v", got, want)
	}
}

func TestBuildDomainRefuses(t *testing.T) {
	const noJSON = `domain example.com: the settings are not JSON; write for example {"destinations": ["mx.example.com:25"]}`
	for _, c := range []struct{ name, spec, want string }{
		{"example.com", `{}`, `domain example.com: destinations: there are none; name the server that holds the mailboxes, such as mx.example.com:25`},
		{"Example.com", `{"destinations": ["a"], "invalid_ttl": "2 hours"}`, `domain example.com: invalid_ttl: "2 hours" is not a duration; write for example "2h"`},
		{"example.com", `{"destinations": ["a"], "valid_ttl": 96}`, `domain example.com: valid_ttl: 96 has no unit; write "96s", "96m" or "96h"`},
		{"example.com", `{"destinations": ["a"], "valid_tll": "1h"}`, `domain example.com: valid_tll: there is no such key; did you mean valid_ttl?`},
		{"example.com", `{"destinations": ["a"], "cache": {}}`, `domain example.com: cache: a domain has no tables; write the keys of [cache] among its own`},
		{"example.com", `{"destinations": ["a"], "max_entries": 5}`, `domain example.com: max_entries: it can't be set for one domain; write it in [cache]`},
		{"example.com", `{"destinations": ["a"], "hostname": "b"}`, `domain example.com: hostname: it does not belong here; write it at the top of the file, above the first [table]`},
		{"example.com", `{"destinations": ["a"], "name": "b.example"}`, `domain example.com: name: the name is given beside the settings; leave it out of them`},
		{"example.com", `{"destinations": ["a"], "max_sessions": 1e1}`, `domain example.com: max_sessions: 1e1 is not a whole number; write for example 5`},
		{"example.com", `{"destinations": null}`, `domain example.com: destinations: null is not a list; write for example ["mx.example.com:25"]`},
		{"example.com", `{"destinations": ["a", "A:25"]}`, `domain example.com: destinations: "A:25" is in the list already; remove one of the two`},
		{"example.com", `{"destinations": ["a"], "destinations": ["b"]}`, `domain example.com: destinations: it is there twice; remove one of the two`},
		{"example.com", `{"mode": "callout", "destinations": []}`, `domain example.com: destinations: the list is empty; write for example ["mx.example.com:25"]`},
		{"example.com", `{"destinations": ["a"], "aliases": ["EXAMPLE.com"]}`, `domain example.com: aliases: "EXAMPLE.com" is the domain itself; remove it`},
		{"example.com", `{"destinations": ["a"], "recipients": ["jo hn"]}`, `domain example.com: recipients: "jo hn" is not a local recipient: a local-part with " " must be in quotes; write for example john, sales-* or john@example.com`},
		{"example.com", `{"destinations": ["a"], "recipients": ["file:/etc/passwd", "john"]}`, `domain example.com: recipients: "file:/etc/passwd" is a file, which only the configuration file may name; put in what it has with callout recipients import`},
		{"example.com", `{"destinations": ["a"], "client_cert": "c.pem", "client_key": "k.pem"}`, "domain example.com: client_cert: certificates belong in the configuration file; write client_cert in its [callout], or the domain in the file\n" +
			`domain example.com: client_key: certificates belong in the configuration file; write client_key in its [callout], or the domain in the file`},
		{"example.com", `{"destinations": ["a", "mx:", "mx:example.com"]}`, `domain example.com: destinations: "mx:" is "mx:example.com", which is in the list already; remove one of the two`},
		{"exa mple", `{"destinations": ["a"]}`, `domain "exa mple": "exa mple" is not a domain; write for example "example.com"`},
		{"example.com", `["a"]`, `domain example.com: a list is not a JSON object; write for example {"destinations": ["mx.example.com:25"]}`},
		{"example.com", `{"destinations": ["a"]} x`, `domain example.com: something follows the JSON object; remove it`},
		{"example.com", ``, noJSON},
		{"example.com", `{"destinations": ["a"`, noJSON},
		{"example.com", `{"destinations": ["a"]`, noJSON},
		{"example.com", `{destinations: ["a"]}`, noJSON},
		{"example.com", strings.Repeat("[", 100_000), `domain example.com: lists and objects stand too deep in each other; write plain ones`},
		{"example.com", strings.Repeat(" ", maxSpec+1), `domain example.com: the settings are larger than 1 MiB; shorten them`},
	} {
		_, err := Default().BuildDomain(c.name, []byte(c.spec))
		if err == nil || err.Error() != c.want {
			t.Errorf("%s %.80s\n got: %v\nwant: %s", c.name, c.spec, err, c.want)
		}
	}
}
