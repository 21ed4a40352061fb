package config

import (
	"net/netip"
	"time"

	"callout/internal/domains"
)

// key is one key of the file.
type key struct {
	table    string // "" for a key outside tables, "domain" for one that stands in a [[domain]] alone
	name     string
	inDomain bool   // may also stand in a [[domain]]
	def      string // the default as the file would say it; "" where the key must be there
	about    string // what it is for, in a line
	takes    takes
}

// path is how the key is called: table.name.
func (k *key) path() string {
	if k.table == "" {
		return k.name
	}
	return k.table + "." + k.name
}

// tables are the tables of the file but [[domain]], in the order of the documentation.
var tables = []string{"log", "policy", "http", "cache", "callout", "gateway", "socketmap", "milter"}

// longest is the upper bound of what is kept.
const longest = 30 * day

// schema is every key there is, in the order of the documentation, which a test holds against it.
var schema = []key{
	{"", "hostname", false, `"localhost"`, "what Callout calls itself in EHLO", text(
		"a domain, or an address literal", parseHostname, func(t target) *string { return &t.file.config.Hostname })},
	{"", "data_dir", false, `"/var/lib/callout"`, "where the database and the admin socket are", text(
		"a directory", parseDataDir, func(t target) *string { return &t.file.config.DataDir })},
	{"", "enforce", true, `true`, "refuse what does not exist",
		truth(func(t target) *bool { return &t.settings.Enforce })},

	{"log", "level", false, `"info"`, "how much is logged", choice(
		func(t target, w string) { t.file.config.Log.Level = logLevel(w) }, "debug", "info", "warn", "error")},
	{"log", "format", false, `"text"`, "how a line of the log is written", choice(
		func(t target, w string) { t.file.config.Log.Format = w }, "text", "json")},

	{"policy", "listen", false, `["127.0.0.1:10040"]`, "where Postfix asks", listeners(
		`["127.0.0.1:10040"]`, func(c *Config) *[]Listen { return &c.Policy })},

	{"http", "listen", false, `"127.0.0.1:8025"`, "web interface, API, metrics and health", takes{
		words: "a listener, or \"\" for none", read: reading.httpListen}},
	{"http", "tls_cert", false, `""`, "certificate for HTTPS", takes{
		words: "a file, or \"\" for none", example: `"server.pem"`, read: reading.httpCert}},
	{"http", "tls_key", false, `""`, "key of that certificate", takes{
		words: "a file, or \"\" for none", example: `"server.pem"`, read: reading.httpKey}},
	{"http", "insecure", false, `false`, "let other machines use http.listen without TLS",
		truth(func(t target) *bool { return &t.file.config.HTTP.Insecure })},
	{"http", "proxy_from", false, `[]`, "reverse proxies that say who the client is", networks(
		func(c *Config) *[]netip.Prefix { return &c.HTTP.ProxyFrom })},

	{"cache", "valid_ttl", true, `"96h"`, "how long an existing recipient is kept", duration(
		time.Second, longest, func(s *domains.Settings) *time.Duration { return &s.Cache.ValidTTL })},
	{"cache", "invalid_ttl", true, `"2h"`, "how long one that does not exist is kept", duration(
		time.Second, longest, func(s *domains.Settings) *time.Duration { return &s.Cache.InvalidTTL })},
	{"cache", "recheck_invalid_after", true, `"30s"`, "from when an invalid recipient is asked again", durationOrOff(
		time.Second, longest, func(s *domains.Settings) *time.Duration { return &s.Cache.RecheckInvalidAfter })},
	{"cache", "recheck_valid_after", true, `"12h"`, "from when a valid recipient is asked again", durationOrOff(
		time.Second, longest, func(s *domains.Settings) *time.Duration { return &s.Cache.RecheckValidAfter })},
	{"cache", "stale_valid_for", true, `"168h"`, "how long an expired valid verdict may serve", duration(
		time.Second, longest, func(s *domains.Settings) *time.Duration { return &s.Cache.StaleValidFor })},
	{"cache", "max_entries", false, `1000000`, "verdicts kept in memory", whole(
		1000, 100_000_000, func(t target) *int { return &t.file.config.MaxEntries })},

	{"callout", "max_sessions", true, `5`, "sessions to one host at a time", whole(
		1, 100, func(t target) *int { return &t.settings.Callout.MaxSessions })},
	{"callout", "connect_timeout", true, `"5s"`, "for one connection attempt", duration(
		10*time.Millisecond, 2*time.Minute, func(s *domains.Settings) *time.Duration { return &s.Callout.ConnectTimeout })},
	{"callout", "reply_timeout", true, `"30s"`, "for the greeting and each reply", duration(
		10*time.Millisecond, 10*time.Minute, func(s *domains.Settings) *time.Duration { return &s.Callout.ReplyTimeout })},
	{"callout", "deadline", true, `"60s"`, "for a whole question", duration(
		10*time.Millisecond, 15*time.Minute, func(s *domains.Settings) *time.Duration { return &s.Callout.Deadline })},
	{"callout", "answer_within", true, `"25s"`, "a client is deferred after this", duration(
		10*time.Millisecond, 10*time.Minute, func(s *domains.Settings) *time.Duration { return &s.AnswerWithin })},
	{"callout", "pipelining", true, `"auto"`, "send commands ahead where the host allows it", choice(
		func(t target, w string) { t.settings.Callout.Pipelining = w == "auto" }, "auto", "off")},
	{"callout", "recipients_per_transaction", true, `100`, "recipients asked in one transaction, at most",
		whole(1, 100, func(t target) *int { return &t.settings.Callout.RecipientsPerTransaction })},
	{"callout", "catch_all_check", true, `true`, "ask a random address first",
		truth(func(t target) *bool { return &t.settings.CatchAllCheck })},
	{"callout", "probe_prefix", true, `""`, "how random addresses begin", text(
		"at most 20 letters, digits and hyphens, no hyphen first", parsePrefix,
		func(t target) *string { return &t.settings.ProbePrefix })},
	{"callout", "reply_text", true, `"own"`, "whose words a refused client reads", choice(
		func(t target, w string) { t.settings.DestinationText = w == "destination" }, "own", "destination")},
	{"callout", "tls", true, `"opportunistic"`, "encryption towards destinations", choice(
		func(t target, w string) { t.settings.Callout.TLS = tlsMode(w) }, "opportunistic", "off", "require", "verify")},
	{"callout", "client_cert", true, `""`, "certificate for destinations that want one", takes{
		words: "a file, or \"\" for none", example: `"client.pem"`, read: reading.clientCert}},
	{"callout", "client_key", true, `""`, "key of that certificate", takes{
		words: "a file, or \"\" for none", example: `"client.pem"`, read: reading.clientKey}},
	{"callout", "source", true, `[]`, "local addresses that callouts come from", takes{
		words: "a list of IP addresses, one of each family at most", example: `["192.0.2.10"]`, read: reading.source}},
	{"callout", "mail_from", true, `""`, "the sender, which is the null sender", text(
		"an address, or \"\" for the null sender", parseMailFrom,
		func(t target) *string { return &t.settings.Callout.MailFrom })},

	{"domain", "name", false, ``, "the domain", takes{
		words: "a domain", example: `"example.com"`, read: reading.domainName}},
	{"domain", "destinations", false, ``, "the servers that hold its mailboxes, in order of priority", takes{
		words: "a list of hosts", example: `["mx.example.com:25"]`, read: reading.destinations}},
	{"domain", "on_unknown", false, `"defer"`, "what becomes of a recipient that can't be found out", choice(
		func(t target, w string) { t.settings.AcceptUnknown = w == "accept" }, "defer", "accept")},
	{"domain", "aliases", false, `[]`, "other names for the same mailboxes", takes{
		words: "a list of domains", example: `["example.org"]`, read: reading.aliases}},
	{"domain", "mode", false, `"callout"`, "where answers come from", choice(
		func(t target, w string) { t.domain.Mode = domainMode(w) }, "callout", "list", "list+callout", "off")},
	{"domain", "recipients", false, `[]`, "local recipients", takes{
		words: "a list of local recipients and files of them", example: `["john", "sales-*"]`, read: reading.recipients}},
	{"domain", "deliver_to", false, `[]`, "next hop for mail, where that is another", takes{
		words: "a list of hosts", example: `["filter.example.com:25"]`, read: reading.deliverTo}},

	{"gateway", "listen", false, `[]`, "where mail comes in", listeners(
		`["0.0.0.0:25"]`, func(c *Config) *[]Listen { return &c.Gateway.Listen })},
	{"gateway", "max_connections", false, `1000`, "connections at a time", whole(
		1, 100_000, func(t target) *int { return &t.file.config.Gateway.MaxConnections })},
	{"gateway", "max_connections_per_client", false, `50`, "those of one client", whole(
		1, 100_000, func(t target) *int { return &t.file.config.Gateway.MaxConnectionsPerClient })},
	{"gateway", "max_recipients", false, `1000`, "recipients of one message", whole(
		100, 100_000, func(t target) *int { return &t.file.config.Gateway.MaxRecipients })}, // RFC 5321 section 4.5.3.1.8
	{"gateway", "max_message_size", false, `"50MiB"`, "of one message", size(
		64<<10, 2<<30, func(t target) *int64 { return &t.file.config.Gateway.MaxMessageSize })},
	{"gateway", "max_errors", false, `20`, "errors of one session", whole(
		1, 1_000_000, func(t target) *int { return &t.file.config.Gateway.MaxErrors })},
	{"gateway", "command_timeout", false, `"5m"`, "for each command", gatewayDuration(
		time.Second, time.Hour, func(g *Gateway) *time.Duration { return &g.CommandTimeout })},
	{"gateway", "data_timeout", false, `"10m"`, "for a message that makes no progress", gatewayDuration(
		time.Second, time.Hour, func(g *Gateway) *time.Duration { return &g.DataTimeout })},
	{"gateway", "session_timeout", false, `"30m"`, "for a session without a message", gatewayDuration(
		time.Second, day, func(g *Gateway) *time.Duration { return &g.SessionTimeout })},
	{"gateway", "min_data_rate", false, `1000`, "octets a second that a long message must keep up", whole(
		0, 1_000_000, func(t target) *int { return &t.file.config.Gateway.MinDataRate })},
	{"gateway", "banner_delay", false, `"0"`, "before the greeting", gatewayDurationOrOff(
		10*time.Millisecond, 2*time.Minute, func(g *Gateway) *time.Duration { return &g.BannerDelay })},
	{"gateway", "bare_newline", false, `"reject"`, "what becomes of a CR or LF alone in a message", choice(
		func(t target, w string) { t.file.config.Gateway.BareNewline = w }, BareNewlineReject, BareNewlineNormalize)},
	{"gateway", "tls_cert", false, `""`, "certificate for STARTTLS", takes{
		words: "a file, or \"\" for none", example: `"server.pem"`, read: reading.tlsCert}},
	{"gateway", "tls_key", false, `""`, "key of that certificate", takes{
		words: "a file, or \"\" for none", example: `"server.pem"`, read: reading.tlsKey}},
	{"gateway", "proxy_from", false, `[]`, "load balancers that send a PROXY header", networks(
		func(c *Config) *[]netip.Prefix { return &c.Gateway.ProxyFrom })},
	{"gateway", "xclient", false, `false`, "tell next hops who the client is",
		truth(func(t target) *bool { return &t.file.config.Gateway.XCLIENT })},
	{"gateway", "postmaster", false, `""`, "who gets mail for postmaster without a domain", text(
		"an address, or \"\" for none", parsePostmaster,
		func(t target) *string { return &t.file.config.Gateway.Postmaster })},
	{"gateway", "announce", false, announceDefault(), "what EHLO announces", takes{
		words: "a list of SMTP extensions", read: reading.announce}},
	{"socketmap", "listen", false, `[]`, "socketmap server", none(isList, "a socketmap server", `[]`)},
	{"milter", "listen", false, `[]`, "milter", none(isList, "a milter", `[]`)},
}

// byPath finds a key of the schema.
var byPath = indexSchema(func(k *key) (string, bool) { return k.path(), true })

// byDomainName finds a key that may stand in a [[domain]].
var byDomainName = indexSchema(func(k *key) (string, bool) { return k.name, k.inDomain || k.table == "domain" })

func indexSchema(name func(*key) (string, bool)) map[string]*key {
	index := make(map[string]*key, len(schema))
	for i := range schema {
		if n, ok := name(&schema[i]); ok {
			index[n] = &schema[i]
		}
	}
	return index
}
