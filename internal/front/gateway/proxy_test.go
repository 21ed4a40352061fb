package gateway_test

import (
	"encoding/binary"
	"net"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"callout/internal/front/gateway"
)

// byProxy has connections from this machine begin with a PROXY header.
func byProxy(s *gateway.Settings) {
	s.ProxyFrom = []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24"), netip.MustParsePrefix("127.0.0.1/32")}
}

// v2 returns a PROXY header of version 2.
func v2(command, family byte, addresses ...byte) string {
	b := append([]byte("\r\n\r\n\x00\r\nQUIT\n"), 0x20|command, family)
	return string(append(binary.BigEndian.AppendUint16(b, uint16(len(addresses))), addresses...))
}

var (
	v4Addresses = []byte{192, 0, 2, 7, 192, 0, 2, 9, 0x30, 0x39, 0, 25}
	v6Addresses = append(append(net.ParseIP("2001:db8::7").To16(), net.ParseIP("2001:db8::9").To16()...), 0x30, 0x39, 0, 25)
)

// The client that a proxy names is the client, for the log and the message.
func TestProxyHeader(t *testing.T) {
	for name, tt := range map[string]struct{ header, from string }{
		"v1, IPv4":                 {"PROXY TCP4 192.0.2.7 192.0.2.9 12345 25\r\n", "[192.0.2.7]"},
		"v1, IPv6":                 {"PROXY TCP6 2001:db8::7 2001:db8::9 12345 25\r\n", "[IPv6:2001:db8::7]"},
		"v1, mapped IPv4":          {"PROXY TCP6 ::ffff:192.0.2.7 ::ffff:192.0.2.9 12345 25\r\n", "[192.0.2.7]"},
		"v1, unknown":              {"PROXY UNKNOWN\r\n", "[127.0.0.1]"},
		"v1, unknown with words":   {"PROXY UNKNOWN ffff::7 ffff::9 65535 65535\r\n", "[127.0.0.1]"},
		"v2, IPv4":                 {v2(1, 0x11, v4Addresses...), "[192.0.2.7]"},
		"v2, IPv6":                 {v2(1, 0x21, v6Addresses...), "[IPv6:2001:db8::7]"},
		"v2, with more behind it":  {v2(1, 0x11, append(v4Addresses[:12:12], 4, 0, 2, 'x', 'y')...), "[192.0.2.7]"},
		"v2, much more behind it":  {v2(1, 0x11, append(append(v4Addresses[:12:12], 4, 0x03, 0xe8), make([]byte, 1000)...)...), "[192.0.2.7]"},
		"v2, local":                {v2(0, 0), "[127.0.0.1]"},
		"v2, local with addresses": {v2(0, 0x11, v4Addresses...), "[127.0.0.1]"},
	} {
		t.Run(name, func(t *testing.T) {
			h := build(t, plan{settings: byProxy})
			c := h.connect(t)
			c.send(tt.header)
			c.expect("220")
			c.deliver("x")
			got := h.hop.Received()
			if len(got) != 1 || !strings.HasPrefix(string(got[0].Data), "Received: from client.example ("+tt.from+")\r\n") {
				t.Errorf("%+v", got)
			}
			if want := "client=" + strings.TrimPrefix(strings.Trim(tt.from, "[]"), "IPv6:"); !strings.Contains(h.log.String(), want) {
				t.Errorf("the log lacks %s:\n%s", want, h.log)
			}
		})
	}
}

// deliver says EHLO and has a message passed on.
func (c *client) deliver(text string) {
	c.t.Helper()
	c.ask("EHLO client.example", "250")
	c.message(text)
}

// message has a message passed on.
func (c *client) message(text string) {
	c.t.Helper()
	c.say("MAIL FROM:<sender@elsewhere.example>", "RCPT TO:<john@example.com>", "DATA")
	c.expect("250", "250", "354")
	c.send(text + "\r\n.\r\n")
	c.expect("250")
}

// A header may come octet by octet.
func TestProxyHeaderInPieces(t *testing.T) {
	for name, header := range map[string]string{
		"v1": "PROXY TCP6 2001:db8::7 2001:db8::9 12345 25\r\n", "v2": v2(1, 0x21, v6Addresses...),
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := buildFake(t, plan{settings: byProxy})
				c := f.connectFrom(t, "192.0.2.1")
				for _, octet := range []byte(header) {
					c.send(string([]byte{octet}))
					time.Sleep(50 * time.Millisecond)
				}
				c.expect("220")
				c.deliver("x")
				if got := f.hop.Received(); len(got) != 1 || !strings.Contains(string(got[0].Data), "[IPv6:2001:db8::7]") {
					t.Errorf("%+v", got)
				}
			})
		})
	}
}

// Who may send a header and sends something else is closed without a word.
func TestBadProxyHeader(t *testing.T) {
	h := build(t, plan{settings: byProxy})
	for name, sent := range map[string]string{
		"a command":            "EHLO client.example\r\n",
		"another P":            "POST / HTTP/1.1\r\n",
		"an unknown family":    "PROXY TCP5 192.0.2.7 192.0.2.9 12345 25\r\n",
		"no addresses":         "PROXY TCP4\r\n",
		"a bad address":        "PROXY TCP4 192.0.2.777 192.0.2.9 12345 25\r\n",
		"a bad port":           "PROXY TCP4 192.0.2.7 192.0.2.9 123456 25\r\n",
		"addresses of another": "PROXY TCP4 2001:db8::7 2001:db8::9 12345 25\r\n",
		"a bare LF":            "PROXY TCP4 192.0.2.7 192.0.2.9 12345 25\n",
		"an over-long line":    "PROXY TCP4 192.0.2.7 192.0.2.9 12345 25" + strings.Repeat(" ", 10_000) + "\r\n",
		"an endless line":      "PROXY " + strings.Repeat("x", 100_000),
		"v2, another version":  "\r\n\r\n\x00\r\nQUIT\n\x31\x11\x00\x0c" + string(v4Addresses),
		"v2, another command":  v2(2, 0x11, v4Addresses...),
		"v2, another family":   v2(1, 0x41, v4Addresses...),
		"v2, too short":        v2(1, 0x11, v4Addresses[:8]...),
		"the signature alone":  "\r\n\r\n\x00\r\nQUIT\n",
		"nothing":              "",
	} {
		t.Run(name, func(t *testing.T) {
			c := h.connect(t)
			c.conn.Write([]byte(sent)) // not all of it may be taken
			c.conn.(*net.TCPConn).CloseWrite()
			c.closed()
		})
	}
	if n := h.hop.Sessions(); n != 0 {
		t.Errorf("%d sessions at the next hop", n)
	}
}

// A proxy has ten seconds for its header, whatever it trickles.
func TestProxyHeaderTimeout(t *testing.T) {
	for name, piece := range map[string]string{"nothing": "", "half a line": "PROXY TCP4 "} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := buildFake(t, plan{settings: byProxy})
				c := f.connectFrom(t, "192.0.2.1")
				begun := time.Now()
				if piece != "" {
					c.send(piece)
				}
				c.closed()
				if took := time.Since(begun); took != 10*time.Second {
					t.Errorf("closed after %v", took)
				}
			})
		})
	}
}

// A header from elsewhere is nothing but something said before the banner: it names nobody.
func TestProxyHeaderFromElsewhere(t *testing.T) {
	for name, header := range map[string]string{"v1": "PROXY TCP4 192.0.2.7 192.0.2.9 12345 25\r\n", "v2": v2(1, 0x11, v4Addresses...)} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := buildFake(t, plan{settings: byProxy})
				c := f.connectFrom(t, "198.51.100.1")
				go c.send(header)
				c.expect("554 5.5.1 filter.example.net you talked before it was your turn")
				c.closed()
			})
		})
	}
}

// What a client behind a proxy says before the banner is seen, though it comes together with the header.
func TestEarlyTalkerBehindAProxy(t *testing.T) {
	h := build(t, plan{settings: byProxy})
	c := h.connect(t)
	c.send("PROXY TCP4 192.0.2.7 192.0.2.9 12345 25\r\nEHLO client.example\r\n")
	c.expect("554 5.5.1")
	c.closed()
	if !strings.Contains(h.log.String(), "client=192.0.2.7") {
		t.Errorf("the log lacks the client:\n%s", h.log)
	}
}
