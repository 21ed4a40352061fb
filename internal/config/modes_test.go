package config

import (
	"slices"
	"strings"
	"testing"

	"callout/internal/callout"
	"callout/internal/domains"
)

// one parses a file with one domain.
func one(t *testing.T, file string) *domains.Domain {
	t.Helper()
	c, err := parse("callout.toml", []byte(file), "")
	if err != nil || len(c.Domains) != 1 {
		t.Fatalf("%s\n%v", file, err)
	}
	return c.Domains[0]
}

func TestModes(t *testing.T) {
	for word, want := range map[string]domains.Mode{
		"callout": domains.ModeCallout, "list": domains.ModeList, "list+callout": domains.ModeListCallout, "off": domains.ModeOff,
	} {
		if d := one(t, domain+"mode = \""+word+"\""); d.Mode != want || len(d.Destination) != 1 {
			t.Errorf("%s is %+v", word, d)
		}
	}
	for _, word := range []string{"list", "off"} {
		for _, destinations := range []string{"", "destinations = []\n"} {
			if d := one(t, "[[domain]]\nname = \"example.com\"\n"+destinations+"mode = \""+word+"\""); d.Destination != nil {
				t.Errorf("%s is %+v", word, d)
			}
			spec := `{"mode": "` + word + `"}`
			if _, err := Default().BuildDomain("example.com", []byte(spec)); err != nil {
				t.Error(err)
			}
		}
	}
}

func TestTLSModes(t *testing.T) {
	for word, want := range map[string]callout.TLSMode{
		"opportunistic": callout.TLSOpportunistic, "off": callout.TLSOff, "require": callout.TLSRequire, "verify": callout.TLSVerify,
	} {
		if d := one(t, "callout.tls = \""+word+"\"\n"+domain); d.Settings.Callout.TLS != want {
			t.Errorf("%s is %s", word, d.Settings.Callout.TLS)
		}
	}
}

func TestMailFrom(t *testing.T) {
	longest := strings.Repeat("a", 242) + "@example.com" // 254 octets
	for in, want := range map[string]string{
		"": "", "John@EXAMPLE.com.": "John@example.com", `"john smith"@example.com`: `"john smith"@example.com`,
		`"john"@bücher.example`: "john@xn--bcher-kva.example", longest: longest,
	} {
		if got, err := parseMailFrom(in); got != want || err != nil {
			t.Errorf("%q: %q, %v", in, got, err)
		}
	}
	want := ` is longer than 254 octets; choose a shorter address`
	if _, err := parseMailFrom("a" + longest); err == nil || !strings.HasSuffix(err.Error(), want) {
		t.Errorf("255 octets: %v", err)
	}
}

func TestTheMXOfTheDomainItself(t *testing.T) {
	mx := callout.Host{Scheme: callout.MX, Name: "example.com", Port: 25}
	a := callout.Host{Name: "a", Port: 25}
	for list, want := range map[string]callout.Destination{
		`["mx:"]`:                    {{mx}},
		`["a", "mx:"]`:               {{a}, {mx}},
		`[["mx:", "a"]]`:             {{mx, a}},
		`["mx:", "mx:b.example"]`:    {{mx}, {{Scheme: callout.MX, Name: "b.example", Port: 25}}},
		`["mx:example.com:26", "a"]`: {{{Scheme: callout.MX, Name: "example.com", Port: 26}}, {a}},
	} {
		for _, file := range []string{
			"[[domain]]\nname = \"Example.com\"\ndestinations = " + list + "\naliases = [\"b.example\"]",
			"[[domain]]\ndestinations = " + list + "\nname = \"Example.com\"",
		} {
			if d := one(t, file); !slices.EqualFunc(d.Destination, want, slices.Equal) {
				t.Errorf("%s: %v, want %v", list, d.Destination, want)
			}
		}
	}
	d, err := Default().BuildDomain("example.com", []byte(`{"destinations": ["mx:"]}`))
	if err != nil || !slices.Equal(d.Destination.Hosts(), []callout.Host{mx}) {
		t.Errorf("%v, %v", d, err)
	}
}

func TestEnforceIsInherited(t *testing.T) {
	c, err := parse("c", []byte("enforce = false\n"+domain+"[[domain]]\nname = \"b.example\"\nmode = \"off\"\nenforce = true"), "")
	if err != nil || c.Defaults.Enforce || c.Domains[0].Settings.Enforce || !c.Domains[1].Settings.Enforce {
		t.Errorf("%+v, %v", c, err)
	}
	d, err := c.BuildDomain("c.example", []byte(`{"mode": "off"}`))
	if err != nil || d.Settings.Enforce {
		t.Errorf("a domain of the store: %+v, %v", d, err)
	}
}

// TestLoops states which destinations are Callout's own listeners: the key that says so, "" for none.
func TestLoops(t *testing.T) {
	const policy, http = "policy.listen", "http.listen"
	for _, c := range []struct{ listen, to, want string }{
		{"127.0.0.1:25", "127.0.0.1", policy},
		{"127.0.0.1:25", "127.0.0.1:26", ""},
		{"127.0.0.1:25", "127.0.0.2", ""},
		{"127.0.0.1:25", "localhost", policy},
		{"127.0.0.1:25", "0.0.0.0", policy},
		{"127.0.0.1:25", "::ffff:127.0.0.1", policy},
		{"127.0.0.1:25", "filter.example.net", policy},
		{"127.0.0.1:25", "FILTER.example.net.:26", ""},
		{"127.0.0.1:25", "smtps://filter.example.net:25", policy},
		{"127.0.0.1:25", "lmtp://127.0.0.1:25", policy},
		{"127.0.0.1:25", "mx:filter.example.net", ""},
		{"127.0.0.1:25", "mx.example.net", ""},
		{"localhost:25", "localhost:25", policy},
		{"localhost:25", "127.0.0.1", policy},
		{"localhost:25", "[::1]:25", ""},
		{"[::1]:25", "[::1]:25", policy},
		{"[::1]:25", "::", policy},
		{"[::1]:25", "localhost", ""}, // asked as 127.0.0.1 first, which may be another server
		{":25", "127.0.0.1", policy},
		{":25", "127.8.8.8", policy},
		{":25", "::1", policy},
		{":25", "localhost", policy},
		{":25", "192.0.2.1", ""},
		{"0.0.0.0:25", "127.0.0.1", policy},
		{"0.0.0.0:25", "::1", ""},
		{"[::]:25", "127.0.0.1", policy},
		{"[::]:25", "::1", policy},
		{"192.0.2.1:25", "192.0.2.1", policy},
		{"192.0.2.1:25", "127.0.0.1", ""},
		{"unix:/run/p", "127.0.0.1", ""},
		{"127.0.0.1:0", "127.0.0.1", ""},
		{"127.0.0.1:25", "127.0.0.1:8025", http},
		{"127.0.0.1:25", "filter.example.net:8025", http},
	} {
		file := "hostname = \"filter.example.net\"\npolicy.listen = [\"" + c.listen + "\"]\n" +
			"[[domain]]\nname = \"example.com\"\ndestinations = [\"" + c.to + "\"]\n"
		_, err := parse("c", []byte(file), "")
		want := "c:5:17: domain.destinations: \"" + c.to + "\" is Callout itself, its " + c.want + "; name the server that holds the mailboxes"
		switch {
		case c.want == "" && err != nil:
			t.Errorf("%s, asked at %s: %v", c.listen, c.to, err)
		case c.want != "" && (err == nil || err.Error() != want):
			t.Errorf("%s, asked at %s:\n got: %v\nwant: %s", c.listen, c.to, err, want)
		}
	}
	for _, key := range []string{"destinations", "deliver_to"} {
		file := "gateway.listen = [\"192.0.2.1:25\"]\n[[domain]]\nname = \"example.com\"\nmode = \"list\"\n" + key + " = [[\"mx\", \"192.0.2.1\"]]"
		_, err := parse("c", []byte(file), "")
		if want := "domain." + key + `: "192.0.2.1" is Callout itself, its gateway.listen; name the server that `; err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s that are the gateway: %v", key, err)
		}
	}
	file := "hostname = \"[IPv6:2001:db8::1]\"\nhttp.listen = \"\"\n[policy]\nlisten = [\":25\"]\n[[domain]]\nname = \"example.com\"\ndestinations = [\"2001:DB8::1\"]"
	if _, err := parse("c", []byte(file), ""); err == nil {
		t.Error("an address literal for a hostname is not seen")
	}
}
