package gateway_test

import (
	"crypto/tls"
	"errors"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"callout/internal/front/gateway"
	"callout/internal/lab"
	"callout/internal/smtpwire"
)

// encrypted has a gateway offer STARTTLS.
func encrypted(t testing.TB) plan {
	t.Helper()
	pair, err := lab.Certificate("filter.example.net")
	if err != nil {
		t.Fatal(err)
	}
	return plan{options: func(o *gateway.Options) {
		o.Certificate = func() (*tls.Certificate, error) { return &pair, nil }
	}}
}

// handshake encrypts the connection of a client that was told to go on.
func (c *client) handshake(change func(*tls.Config)) error {
	config := &tls.Config{RootCAs: lab.Roots(), ServerName: "filter.example.net"}
	if change != nil {
		change(config)
	}
	conn := tls.Client(c.conn, config)
	if err := conn.Handshake(); err != nil {
		return err
	}
	c.conn, c.r = conn, smtpwire.NewReader(conn)
	return nil
}

// starttls says EHLO and STARTTLS, and encrypts.
func (c *client) starttls() {
	c.t.Helper()
	c.ask("EHLO clear.example", "250")
	c.ask("STARTTLS", "220 2.0.0")
	if err := c.handshake(nil); err != nil {
		c.t.Fatal(err)
	}
}

// ehlo says EHLO and returns the keywords of the reply.
func (c *client) ehlo() string {
	c.t.Helper()
	c.say("EHLO client.example")
	reply, err := c.r.ReadReply()
	if err != nil || reply.Code != 250 {
		c.t.Fatalf("%v, %v", reply, err)
	}
	return strings.Join(reply.Lines, " ")
}

// Within TLS the session begins anew (RFC 3207 section 4.2), and the message says how it came.
func TestSTARTTLS(t *testing.T) {
	for name, version := range map[string]uint16{"TLS1.2": tls.VersionTLS12, "TLS1.3": tls.VersionTLS13} {
		t.Run(name, func(t *testing.T) {
			h := build(t, encrypted(t))
			c := h.dial(t)
			if keywords := c.ehlo(); !strings.Contains(keywords, "STARTTLS") {
				t.Errorf("offered: %s", keywords)
			}
			c.ask("starttls", "220 2.0.0")
			if err := c.handshake(func(config *tls.Config) { config.MinVersion, config.MaxVersion = version, version }); err != nil {
				t.Fatal(err)
			}
			c.ask("MAIL FROM:<>", "503 5.5.1 say EHLO first")
			if keywords := c.ehlo(); strings.Contains(keywords, "STARTTLS") || !strings.Contains(keywords, "PIPELINING") {
				t.Errorf("offered within TLS: %s", keywords)
			}
			c.ask("STARTTLS", "503 5.5.1 TLS is on already")
			c.message("x")
			c.ask("QUIT", "221")
			c.closed()
			got := h.hop.Received()
			if len(got) != 1 || !strings.Contains(string(got[0].Data), " with ESMTPS id ") || !strings.Contains(string(got[0].Data), "\r\n\t("+name+" TLS_") {
				t.Errorf("%+v", got)
			}
		})
	}
}

func TestSTARTTLSIsNotOffered(t *testing.T) {
	unannounced := encrypted(t)
	unannounced.settings = func(s *gateway.Settings) { s.Announce = []string{"PIPELINING"} }
	for name, p := range map[string]plan{"without a certificate": {}, "not announced": unannounced} {
		t.Run(name, func(t *testing.T) {
			c := build(t, p).dial(t)
			if keywords := c.ehlo(); strings.Contains(keywords, "STARTTLS") {
				t.Errorf("offered: %s", keywords)
			}
			c.ask("STARTTLS", "502 5.5.1")
			c.ask("NOOP", "250")
		})
	}
}

func TestSTARTTLSOutOfPlace(t *testing.T) {
	c := build(t, encrypted(t)).dial(t)
	c.ask("STARTTLS now", "501 5.5.4")
	c.ask("EHLO client.example", "250")
	c.ask("MAIL FROM:<>", "250")
	c.ask("STARTTLS", "503 5.5.1 not within a transaction")
	c.ask("RSET", "250")
	c.starttls()
}

// What is sent ahead in the clear is never taken for something that was said within TLS (RFC 3207 section 6,
// CVE-2011-0411).
func TestNothingPipelinedBehindSTARTTLSIsDone(t *testing.T) {
	const injected = "EHLO attacker.example\r\nMAIL FROM:<smuggled@elsewhere.example>\r\nRCPT TO:<john@example.com>\r\n"
	for name, tt := range map[string]struct{ ahead, behind string }{
		"in one piece":                   {"STARTTLS\r\n" + injected, ""},
		"half a command":                 {"STARTTLS\r\nRS", ""},
		"an octet":                       {"STARTTLS\r\n\n", ""},
		"after the reply":                {"STARTTLS\r\n", injected},
		"half a command after the reply": {"STARTTLS\r\n", "RSET"},
	} {
		t.Run(name, func(t *testing.T) {
			h := build(t, encrypted(t))
			c := h.dial(t)
			c.ask("EHLO client.example", "250")
			c.send(tt.ahead)
			if tt.behind == "" {
				c.expect("554 5.5.1")
				c.closed()
			} else {
				c.expect("220 2.0.0")
				c.send(tt.behind)
				if err := c.handshake(nil); err == nil {
					t.Error("a handshake behind commands")
				}
				c.conn.Close()
			}
			h.end(t)
			if said := h.hop.Transcript(); len(said) != 0 {
				t.Errorf("the destination heard %q", said)
			}
		})
	}
}

// end ends the gateway, so that all that clients sent has had its effect.
func (h *house) end(t *testing.T) {
	t.Helper()
	h.server.Shutdown(t.Context())
}

// Where the handshake fails the connection is closed, and nothing is said in the clear.
func TestFailedHandshakeCloses(t *testing.T) {
	for name, fail := range map[string]func(*client) error{
		"TLS 1.1": func(c *client) error {
			return c.handshake(func(config *tls.Config) { config.MinVersion, config.MaxVersion = tls.VersionTLS10, tls.VersionTLS11 })
		},
		"another name": func(c *client) error {
			return c.handshake(func(config *tls.Config) { config.ServerName = "elsewhere.example" })
		},
		"no TLS":  func(c *client) error { c.say("NOOP"); return errors.New("it was none") },
		"the end": func(c *client) error { return c.conn.(*net.TCPConn).CloseWrite() },
	} {
		t.Run(name, func(t *testing.T) {
			h := build(t, encrypted(t))
			c := h.dial(t)
			c.ask("EHLO client.example", "250")
			c.ask("STARTTLS", "220")
			err := fail(c)
			if err == nil && name != "the end" {
				t.Fatal("no failure")
			}
			if name == "TLS 1.1" && !strings.Contains(err.Error(), "protocol version") {
				t.Error(err)
			}
			c.closed()
			h.end(t)
			if !strings.Contains(h.log.String(), "TLS handshake failed") {
				t.Errorf("not logged:\n%s", h.log)
			}
		})
	}
}

// A handshake may take 30 seconds.
func TestHandshakeTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := buildFake(t, encrypted(t))
		c := f.greeted(t)
		c.ask("STARTTLS", "220")
		begun := time.Now()
		c.closed()
		if took := time.Since(begun); took != 30*time.Second {
			t.Errorf("closed after %v", took)
		}
	})
}
