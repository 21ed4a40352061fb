package config

import (
	"fmt"
	"math"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"callout/internal/callout"
)

// badGateways is what badFiles is, of the gateway.
var badGateways = []struct{ file, want string }{
	// Listeners.
	{"[gateway]\nlisten = \"0.0.0.0:25\"", `2:10: gateway.listen: "0.0.0.0:25" is not a list; write for example ["0.0.0.0:25"]`},
	{"[gateway]\nlisten = 25", `2:10: gateway.listen: 25 is not a list; write for example ["0.0.0.0:25"]`},
	{"[gateway]\nlisten = [\"0.0.0.0:25\", \"0.0.0.0:smtp\"]", `2:25: gateway.listen: "0.0.0.0:smtp" has a port that is not a number from 0 to 65535`},
	{"[gateway]\nlisten = [\"0.0.0.0:25\", \"0.0.0.0:25\"]", `2:25: gateway.listen: "0.0.0.0:25" is a listener of gateway.listen already; choose another`},
	{"[gateway]\nlisten = [\"127.0.0.1:10040\"]", `2:11: gateway.listen: "127.0.0.1:10040" is a listener of policy.listen already; choose another`},
	{"gateway.listen = [\"127.0.0.1:8025\"]", `1:19: gateway.listen: "127.0.0.1:8025" is a listener of http.listen already; choose another`},

	// Limits.
	{"[gateway]\nmax_connections = 0", `2:19: gateway.max_connections: 0 is out of range; write a whole number from 1 to 100000`},
	{"[gateway]\nmax_connections_per_client = 100001", `2:30: gateway.max_connections_per_client: 100001 is out of range; write a whole number from 1 to 100000`},
	{"[gateway]\nmax_recipients = 99", `2:18: gateway.max_recipients: 99 is out of range; write a whole number from 100 to 100000`},
	{"[gateway]\nmax_errors = 0", `2:14: gateway.max_errors: 0 is out of range; write a whole number from 1 to 1000000`},
	{"[gateway]\nmin_data_rate = -1", `2:17: gateway.min_data_rate: -1 is out of range; write a whole number from 0 to 1000000`},
	{"[gateway]\nmax_message_size = 65535", `2:20: gateway.max_message_size: 65535 is too small; write a size from "64KiB" to "2GiB", or a number of octets`},
	{"[gateway]\nmax_message_size = -1", `2:20: gateway.max_message_size: -1 is too small; write a size from "64KiB" to "2GiB", or a number of octets`},
	{"[gateway]\nmax_message_size = 2147483649", `2:20: gateway.max_message_size: 2147483649 is too large; write a size from "64KiB" to "2GiB", or a number of octets`},
	{"[gateway]\nmax_message_size = 99999999999999999999", `2:20: gateway.max_message_size: 99999999999999999999 is too large; write a size from "64KiB" to "2GiB", or a number of octets`},
	{"[gateway]\nmax_message_size = -99999999999999999999", `2:20: gateway.max_message_size: -99999999999999999999 is too small; write a size from "64KiB" to "2GiB", or a number of octets`},
	{"[gateway]\nmax_message_size = \"9999999999GiB\"", `2:20: gateway.max_message_size: "9999999999GiB" is too large; write a size from "64KiB" to "2GiB", or a number of octets`},
	{"[gateway]\nmax_message_size = \"1KiB\"", `2:20: gateway.max_message_size: "1KiB" is too small; write a size from "64KiB" to "2GiB", or a number of octets`},
	{"[gateway]\nmax_message_size = \"52428800\"", `2:20: gateway.max_message_size: "52428800" has no unit; write for example "50MiB", or the number of octets without quotes`},
	{"[gateway]\nmax_message_size = \"50 megabytes\"", `2:20: gateway.max_message_size: "50 megabytes" is not a size; write for example "50MiB"`},
	{"[gateway]\nmax_message_size = \"50M\"", `2:20: gateway.max_message_size: "50M" is not a size; write for example "50MiB"`},
	{"[gateway]\nmax_message_size = \"\"", `2:20: gateway.max_message_size: "" is not a size; write for example "50MiB"`},
	{"[gateway]\nmax_message_size = \"-50MiB\"", `2:20: gateway.max_message_size: "-50MiB" is not a size; write for example "50MiB"`},
	{"[gateway]\nmax_message_size = 1.5", `2:20: gateway.max_message_size: 1.5 is not a size; write for example "50MiB"`},

	// Times.
	{"[gateway]\ncommand_timeout = \"0\"", `2:19: gateway.command_timeout: "0" is too short; write a duration from 1s to 1h`},
	{"[gateway]\ncommand_timeout = 300", `2:19: gateway.command_timeout: 300 has no unit; write "300s", "300m" or "300h"`},
	{"[gateway]\ndata_timeout = \"2h\"", `2:16: gateway.data_timeout: "2h" is too long; write a duration from 1s to 1h`},
	{"[gateway]\nsession_timeout = \"25h\"", `2:19: gateway.session_timeout: "25h" is too long; write a duration from 1s to 1d`},
	{"[gateway]\nbanner_delay = \"3m\"", `2:16: gateway.banner_delay: "3m" is too long; write "0", or a duration from 10ms to 2m`},
	{"[gateway]\nbanner_delay = 5", `2:16: gateway.banner_delay: 5 has no unit; write "5s", "5m" or "5h"`},
	{"[gateway]\nbanner_delay = false", `2:16: gateway.banner_delay: false is not a duration; write for example "0"`},

	// Words, names and networks.
	{"[gateway]\nbare_newline = \"accept\"", `2:16: gateway.bare_newline: "accept" is not possible; write "reject" or "normalize"`},
	{"[gateway]\nxclient = \"yes\"", `2:11: gateway.xclient: "yes" is neither true nor false; write one of them, without quotes`},
	{"[gateway]\nproxy_from = \"192.0.2.1\"", `2:14: gateway.proxy_from: "192.0.2.1" is not a list; write for example ["192.0.2.1"]`},
	{"[gateway]\nproxy_from = [5]", `2:15: gateway.proxy_from: 5 is not text; write for example "192.0.2.10" or "10.1.0.0/16"`},
	{"[gateway]\nproxy_from = [\"lb.example.com\"]", `2:15: gateway.proxy_from: "lb.example.com" is neither an IP address nor a network; write for example "192.0.2.10" or "10.1.0.0/16"`},
	{"[gateway]\nproxy_from = [\"192.0.2.1:25\"]", `2:15: gateway.proxy_from: "192.0.2.1:25" is neither an IP address nor a network; write for example "192.0.2.10" or "10.1.0.0/16"`},
	{"[gateway]\nproxy_from = [\"fe80::1%eth0\"]", `2:15: gateway.proxy_from: "fe80::1%eth0" is neither an IP address nor a network; write for example "192.0.2.10" or "10.1.0.0/16"`},
	{"[gateway]\nproxy_from = [\"10.0.0.0/33\"]", `2:15: gateway.proxy_from: "10.0.0.0/33" is neither an IP address nor a network; write for example "192.0.2.10" or "10.1.0.0/16"`},
	{"[gateway]\nproxy_from = [\"::ffff:10.0.0.0/95\"]", `2:15: gateway.proxy_from: "::ffff:10.0.0.0/95" is neither an IP address nor a network; write for example "192.0.2.10" or "10.1.0.0/16"`},
	{"[gateway]\nproxy_from = [\"192.0.2.10/24\"]", `2:15: gateway.proxy_from: "192.0.2.10/24" begins in the middle of its network; write "192.0.2.0/24", or "192.0.2.10" for the one address`},
	{"[gateway]\nproxy_from = [\"192.0.2.1\", \"::ffff:192.0.2.1\"]", `2:28: gateway.proxy_from: "::ffff:192.0.2.1" is in the list already; remove one of the two`},
	{"[gateway]\npostmaster = 5", `2:14: gateway.postmaster: 5 is not text; write for example ""`},
	{"[gateway]\npostmaster = \"postmaster\"", `2:14: gateway.postmaster: "postmaster" has no domain; write for example "postmaster@example.com"`},
	{"[gateway]\npostmaster = \"a b@example.com\"", `2:14: gateway.postmaster: "a b@example.com" is not an address; write for example "postmaster@example.com", or "" for none`},
	{"[gateway]\npostmaster = \"<a@example.com>\"", `2:14: gateway.postmaster: "<a@example.com>" is not an address; write for example "postmaster@example.com", or "" for none`},
	{"[gateway]\npostmaster = \"jürgen@example.com\"", `2:14: gateway.postmaster: "jürgen@example.com" has a local-part that is not ASCII, which many servers refuse; choose another address`},
	{"[gateway]\nannounce = \"SIZE\"", `2:12: gateway.announce: "SIZE" is not a list; write for example ["SIZE"]`},
	{"[gateway]\nannounce = [\"SIZE\", \"VRFY\"]", `2:21: gateway.announce: "VRFY" can't be announced; write some of PIPELINING, SIZE, 8BITMIME, SMTPUTF8, CHUNKING, BINARYMIME, DSN, ENHANCEDSTATUSCODES, STARTTLS`},
	{"[gateway]\nannounce = [5]", `2:13: gateway.announce: 5 can't be announced; write some of PIPELINING, SIZE, 8BITMIME, SMTPUTF8, CHUNKING, BINARYMIME, DSN, ENHANCEDSTATUSCODES, STARTTLS`},
	{"[gateway]\nannounce = [\"SIZE\", \"size\"]", `2:21: gateway.announce: "size" is in the list already; remove one of the two`},
	{"[gateway]\nannounce = [\"SIZE\", \"BINARYMIME\"]", `2:21: gateway.announce: "BINARYMIME" needs CHUNKING beside it; write both, or neither`},
	{"[gateway]\nannounce = [\"smtputf8\"]", `2:13: gateway.announce: "smtputf8" needs 8BITMIME beside it; write both, or neither`},

	// The certificate.
	{"[gateway]\ntls_cert = 5", `2:12: gateway.tls_cert: 5 is not text; write for example "server.pem"`},
	{"[gateway]\ntls_cert = \"a\"", `2:12: gateway.tls_cert: "a" has no tls_key beside it; write both, or neither`},
	{"[gateway]\ntls_cert = \"\"\ntls_key = \"b\"", `3:11: gateway.tls_key: "b" has no tls_cert beside it; write both, or neither`},
	{"[gateway]\ntls_key = \"a\\nb\"", `2:11: gateway.tls_key: "a\nb" has a control character; remove it`},
	{"[gateway]\ntls_cert = \"/no/such\"\ntls_key = \"b\"", `2:12: gateway.tls_cert: /no/such: no such file or directory; create it, or name another`},
	{domain + "tls_cert = \"a\"", `4:1: domain.tls_cert: it does not belong here; write it in [http] or in [gateway]`},

	// Where mail goes to.
	{domain + "deliver_to = \"b\"", `4:14: domain.deliver_to: "b" is not a list; write for example ["b"]`},
	{domain + "deliver_to = [5]", `4:15: domain.deliver_to: 5 is not host:port; write for example "mx.example.com:25"`},
	{domain + "deliver_to = [[]]", `4:14: domain.deliver_to: a list in the list is empty; remove it`},
	{domain + "deliver_to = [\"b:0\"]", `4:15: domain.deliver_to: destination "b:0": port "0" is not a number from 1 to 65535`},
	{domain + "deliver_to = [\"b\", [\"B:25\"]]", `4:21: domain.deliver_to: "B:25" is in the list already; remove one of the two`},
	{domain + "deliver_to = [\"mx:\", \"mx:example.com\"]", `4:15: domain.deliver_to: "mx:" is "mx:example.com", which is in the list already; remove one of the two`},
	{"gateway.listen = [\"0.0.0.0:25\"]\n" + domain + "deliver_to = [\"127.0.0.1:25\"]", `5:15: domain.deliver_to: "127.0.0.1:25" is Callout itself, its gateway.listen; name the server that mail goes to`},
	{domain + "deliver_to = [\"b\", \"127.0.0.1:10040\"]", `4:20: domain.deliver_to: "127.0.0.1:10040" is Callout itself, its policy.listen; name the server that mail goes to`},
	{"gateway.listen = [\"127.0.0.1:25\"]\n[[domain]]\nname = \"example.com\"\ndestinations = [\"127.0.0.1\"]", `4:17: domain.destinations: "127.0.0.1" is Callout itself, its gateway.listen; name the server that holds the mailboxes`},
}

func TestTheGatewayMayBeOpenToOthers(t *testing.T) {
	for _, s := range []string{":25", "0.0.0.0:25", "[::]:25", "192.0.2.1:25", "127.0.0.1:0", "unix:/run/callout/smtp.sock"} {
		c, err := parse("c", []byte("gateway.listen = [\""+s+"\"]"), "")
		if err != nil || len(c.Gateway.Listen) != 1 || c.Gateway.Listen[0].String() != s {
			t.Errorf("%s: %+v, %v", s, c, err)
		}
	}
}

func TestBoundsOfTheGateway(t *testing.T) {
	long := strings.Repeat("a", 242) + "@example.com" // 254 octets
	networks := func(n int) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, "\"10.0.%d.%d\", ", i/256, i%256)
		}
		return "proxy_from = [" + b.String() + "]"
	}
	for _, c := range []struct{ line, want string }{
		{"postmaster = \"" + long + "\"", ""},
		{"postmaster = \"a" + long + "\"", " is longer than 254 octets; choose a shorter address"},
		{networks(1000), ""},
		{networks(1001), "c:2:14: gateway.proxy_from: there are 1001 networks; write 1000 at most, wider ones"},
		{"max_message_size = 65536", ""},
		{"max_message_size = \"2GiB\"", ""},
		{"banner_delay = \"2m\"", ""},
		{"min_data_rate = 1000000", ""},
		{"announce = []", ""},
	} {
		_, err := parse("c", []byte("[gateway]\n"+c.line), "")
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.HasSuffix(err.Error(), c.want)) {
			t.Errorf("%.40s: %v, want %s", c.line, err, c.want)
		}
	}
}

func TestSizes(t *testing.T) {
	for in, want := range map[string]int64{
		"0B": 0, "1B": 1, "2KiB": 2048, "2KB": 2000, "50MiB": 50 << 20, "50 mib": 50 << 20, "50MB": 50_000_000, "1GiB": 1 << 30,
		"3GB": 3_000_000_000, "9223372036854775807B": math.MaxInt64, "9223372036854775807KiB": math.MaxInt64,
	} {
		if got, err := parseSize(in); got != want || err != nil {
			t.Errorf("%q: %d, %v", in, got, err)
		}
	}
	for _, in := range []string{"", "MiB", "5", "1.5MiB", "+5MiB", "-5MiB", "5  MiB", "5MiB ", " 5MiB", "5TiB", "5 ", "9223372036854775808B"} {
		if got, err := parseSize(in); err == nil {
			t.Errorf("%q is %d", in, got)
		}
	}
	for n, want := range map[int64]string{64 << 10: "64KiB", 2 << 30: "2GiB", 1536: "1536B", 1_000_000: "1000000B"} {
		if got := showSize(n); got != want {
			t.Errorf("%d: %q, want %q", n, got, want)
		}
	}
}

func TestNetworks(t *testing.T) {
	for in, want := range map[string]string{
		"192.0.2.1": "192.0.2.1/32", "2001:DB8::1": "2001:db8::1/128", "10.0.0.0/8": "10.0.0.0/8", "2001:db8::/32": "2001:db8::/32",
		"0.0.0.0/0": "0.0.0.0/0", "::/0": "::/0", "::ffff:192.0.2.1": "192.0.2.1/32", "::ffff:10.0.0.0/104": "10.0.0.0/8",
	} {
		if got, err := parseNetwork(in); got != netip.MustParsePrefix(want) || err != nil {
			t.Errorf("%q: %v, %v", in, got, err)
		}
	}
}

func TestTheCertificateOfTheGateway(t *testing.T) {
	cert, key := pair(t)
	_, other := pair(t)
	dir := folder(t, map[string]string{"c.pem": cert, "k.pem": key, "other.pem": other})
	file := func(key string) []byte {
		return []byte("[gateway]\ntls_cert = \"c.pem\"\ntls_key = \"" + key + "\"\n")
	}
	c, err := parse(filepath.Join(dir, "callout.toml"), file("k.pem"), "")
	if err != nil || c.Gateway.TLSCert != filepath.Join(dir, "c.pem") || c.Gateway.TLSKey != filepath.Join(dir, "k.pem") {
		t.Errorf("%+v, %v", c, err)
	}
	if c != nil && c.Defaults.Callout.ClientCert != nil {
		t.Error("it is shown to destinations")
	}
	if c, err := parse("c", []byte("[gateway]\ntls_cert = \"\"\ntls_key = \"\""), ""); err != nil || c.Gateway.TLSCert != "" || c.Gateway.TLSKey != "" {
		t.Errorf("none: %+v, %v", c, err)
	}
	t.Chdir(dir)
	_, err = parse("c", file("other.pem"), "")
	const want = "c:3:11: gateway.tls_key: other.pem: private key does not match public key; name the file with the key of c.pem in PEM, without a password"
	if err == nil || err.Error() != want {
		t.Errorf("the key of another:\n got: %v\nwant: %s", err, want)
	}
	if err := os.Remove("k.pem"); err != nil {
		t.Fatal(err)
	}
	_, err = parse("c", file("k.pem"), "")
	if err == nil || err.Error() != "c:3:11: gateway.tls_key: k.pem: no such file or directory; create it, or name another" {
		t.Errorf("a key that is gone: %v", err)
	}
}

func TestDeliverTo(t *testing.T) {
	hosts := func(list ...string) (all []callout.Host) {
		for _, s := range list {
			h, err := callout.ParseHost(s)
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, h)
		}
		return all
	}
	for list, want := range map[string]callout.Destination{
		`[]`:                                    nil,
		`["b"]`:                                 {hosts("b:25")},
		`["mx.example.com:25"]`:                 {hosts("mx.example.com:25")}, // the destination itself, said again
		`["smtps://b", ["lmtp://c:26", "mx:"]]`: {hosts("smtps://b"), hosts("lmtp://c:26", "mx:example.com")},
	} {
		if d := one(t, domain+"deliver_to = "+list); !slices.EqualFunc(d.DeliverTo, want, slices.Equal) || d.DeliverTo != nil != (want != nil) {
			t.Errorf("%s: %v, want %v", list, d.DeliverTo, want)
		}
		d, err := Default().BuildDomain("example.com", []byte(`{"mode": "list", "deliver_to": `+list+`}`))
		if err != nil || !slices.EqualFunc(d.DeliverTo, want, slices.Equal) || d.Destination != nil {
			t.Errorf("%s of the store: %v, %v", list, d, err)
		}
	}
}
