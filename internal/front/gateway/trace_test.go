package gateway

import (
	"crypto/tls"
	"net/netip"
	"strings"
	"testing"
	"time"

	"callout/internal/smtpwire"
)

func TestReceivedField(t *testing.T) {
	within := &tls.ConnectionState{Version: tls.VersionTLS13, CipherSuite: tls.TLS_AES_128_GCM_SHA256}
	older := &tls.ConnectionState{Version: tls.VersionTLS12, CipherSuite: tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256}
	utf8 := smtpwire.MailParams{SMTPUTF8: true}
	for name, tt := range map[string]struct {
		address  string
		helo     string
		esmtp    bool
		tls      *tls.ConnectionState
		params   smtpwire.MailParams
		accepted int
		first    string
		want     string // up to the date
	}{
		"HELO": {"192.0.2.1", "client.example", false, nil, smtpwire.MailParams{}, 2, "john@example.com",
			"from client.example ([192.0.2.1])\r\n\tby filter.example.net (Callout) with SMTP id ABC"},
		"EHLO, one recipient": {"192.0.2.1", "client.example", true, nil, smtpwire.MailParams{}, 1, "john@example.com",
			"from client.example ([192.0.2.1])\r\n\tby filter.example.net (Callout) with ESMTP id ABC\r\n\tfor <john@example.com>"},
		"IPv6, TLS": {"2001:db8::1", "client.example", true, within, smtpwire.MailParams{}, 2, "john@example.com",
			"from client.example ([IPv6:2001:db8::1])\r\n\tby filter.example.net (Callout) with ESMTPS id ABC\r\n\t(TLS1.3 TLS_AES_128_GCM_SHA256)"},
		"TLS 1.2, one recipient": {"192.0.2.1", "client.example", true, older, smtpwire.MailParams{}, 1, "john@example.com",
			"from client.example ([192.0.2.1])\r\n\tby filter.example.net (Callout) with ESMTPS id ABC\r\n\t(TLS1.2 TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256)\r\n\tfor <john@example.com>"},
		"SMTPUTF8": {"192.0.2.1", "client.example", true, nil, utf8, 1, "josé@example.com",
			"from client.example ([192.0.2.1])\r\n\tby filter.example.net (Callout) with UTF8SMTP id ABC\r\n\tfor <josé@example.com>"},
		"SMTPUTF8, TLS": {"192.0.2.1", "client.example", true, within, utf8, 2, "josé@example.com",
			"from client.example ([192.0.2.1])\r\n\tby filter.example.net (Callout) with UTF8SMTPS id ABC\r\n\t(TLS1.3 TLS_AES_128_GCM_SHA256)"},
		"a zone": {"fe80::1%eth0", "client.example", true, nil, smtpwire.MailParams{}, 2, "",
			"from client.example ([IPv6:fe80::1])\r\n\tby filter.example.net (Callout) with ESMTP id ABC"},
		"a unix socket": {"", "client.example", true, nil, smtpwire.MailParams{}, 2, "",
			"from client.example (local)\r\n\tby filter.example.net (Callout) with ESMTP id ABC"},
		"an address literal": {"192.0.2.1", "[192.0.2.1]", true, nil, smtpwire.MailParams{}, 2, "",
			"from [192.0.2.1] ([192.0.2.1])\r\n\tby filter.example.net (Callout) with ESMTP id ABC"},
		"an odd HELO": {"192.0.2.1", "a b\t(c) <d>;\r\ne\x00\"\\, é\xff\x7f", false, nil, smtpwire.MailParams{}, 2, "",
			"from a?b??c???d????e???????? ([192.0.2.1])\r\n\tby filter.example.net (Callout) with SMTP id ABC"},
		"a long recipient": {"192.0.2.1", "client.example", true, nil, smtpwire.MailParams{}, 1, strings.Repeat("x", 500),
			"from client.example ([192.0.2.1])\r\n\tby filter.example.net (Callout) with ESMTP id ABC"},
	} {
		t.Run(name, func(t *testing.T) {
			c := &session{Server: &Server{Settings: Settings{Hostname: "filter.example.net"}}, helo: tt.helo, esmtp: tt.esmtp, tls: tt.tls}
			if tt.address != "" {
				c.client = netip.AddrPortFrom(netip.MustParseAddr(tt.address), 1000)
			}
			c.tx = &transaction{c: c, id: "ABC", params: tt.params, accepted: tt.accepted, named: []string{tt.first}}
			got := string((&message{c: c, tx: c.tx}).trace())
			field, date, _ := strings.Cut(got, "; ")
			if want := "Received: " + tt.want; field != want {
				t.Errorf("%q\nwant %q", field, want)
			}
			date, ended := strings.CutSuffix(date, "\r\n")
			if when, err := time.Parse(time.RFC1123Z, date); err != nil || !ended || time.Since(when) > time.Minute {
				t.Errorf("date: %q, %v", date, err)
			}
			for line := range strings.SplitSeq(got, "\r\n") {
				if len(line) > 998 || strings.ContainsAny(line, "\r\n\x00") {
					t.Errorf("line %q", line)
				}
			}
		})
	}
}

// Received fields are counted in the header alone, however the message is cut into pieces.
func TestReceivedFieldsAreCounted(t *testing.T) {
	for name, tt := range map[string]struct {
		message string
		want    int
	}{
		"none":               {"Subject: x\r\n\r\nx\r\n", 0},
		"one":                {"Received: a\r\n\r\n", 1},
		"three among others": {"Received: a\r\nSubject: x\r\nReceived: b\r\nReceived: c\r\n\r\nx\r\n", 3},
		"in any case":        {"RECEIVED: a\r\nreceived: b\r\nReCeIvEd: c\r\n\r\n", 3},
		"without a space":    {"Received:a\r\n\r\n", 1},
		"folded":             {"Received: a\r\n\tReceived: b\r\n Received: c\r\n\r\n", 1},
		"an empty one":       {"Received:\r\nReceived:\r\n\r\n", 2},
		"in the body":        {"Received: a\r\n\r\nReceived: b\r\nReceived: c\r\n", 1},
		"in the body alone":  {"\r\nReceived: a\r\n", 0},
		"no header at all":   {"", 0},
		"other fields":       {"Received-SPF: pass\r\nX-Received: a\r\nReceive: b\r\nReceivedd: c\r\nReceived\r\n: d\r\n\r\n", 0},
		"cut short":          {"Received", 0},
		"twice in a line":    {"Received: Received: Received:\r\n\r\n", 1},
		"a control":          {"Received\x1a a\r\n\r\n", 0},
		"octets":             {"Subject: \xff\xfe\r\nReceived: \x80\r\n\r\n", 1},
	} {
		t.Run(name, func(t *testing.T) {
			for i := range len(tt.message) + 1 {
				for j := i; j <= len(tt.message); j++ {
					var r received
					r.scan([]byte(tt.message[:i]))
					r.scan([]byte(tt.message[i:j]))
					r.scan([]byte(tt.message[j:]))
					if r.n != tt.want {
						t.Fatalf("%q, %q, %q: %d; want %d", tt.message[:i], tt.message[i:j], tt.message[j:], r.n, tt.want)
					}
				}
			}
			var r received
			for i := range len(tt.message) {
				r.scan([]byte{tt.message[i]})
			}
			if r.n != tt.want {
				t.Errorf("octet by octet: %d; want %d", r.n, tt.want)
			}
		})
	}
}

// The obsolete form of the field, with spaces before the colon, counts as well; other names do not.
func TestReceivedBeforeSpaces(t *testing.T) {
	var r received
	r.scan([]byte("Received : from a\r\nReceived \t: from b\r\nReceivedx: c\r\nReceived x: d\r\n\r\nReceived: e\r\n"))
	if r.n != 2 {
		t.Errorf("%d fields", r.n)
	}
}
