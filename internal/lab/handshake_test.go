package lab_test

import (
	"bufio"
	"crypto/tls"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"callout/internal/lab"
)

func trusting() *tls.Config {
	return &tls.Config{RootCAs: lab.Roots(), ServerName: "mx.example.com", MinVersion: tls.VersionTLS10}
}

// begin goes to the point of a session where the client begins the handshake.
func begin(t *testing.T, conn net.Conn, config *tls.Config) *tls.Conn {
	t.Helper()
	r := bufio.NewReader(conn)
	expect(t, r, "220 mx")
	io.WriteString(conn, "STARTTLS\r\n")
	expect(t, r, "220 go ahead")
	return tls.Client(conn, config)
}

func TestStartTLS(t *testing.T) {
	shown, err := lab.Certificate("filter.example.net")
	if err != nil {
		t.Fatal(err)
	}
	insecure := &tls.Config{InsecureSkipVerify: true, MinVersion: tls.VersionTLS10}
	modern := trusting()
	modern.MinVersion = tls.VersionTLS12
	showing := trusting()
	showing.Certificates = []tls.Certificate{shown}
	old := trusting()
	old.MaxVersion = tls.VersionTLS12
	for _, c := range []struct {
		move    string
		config  *tls.Config
		problem string // that the client sees
		want    string // that the script sees
	}{
		{"starttls", trusting(), "", ""},
		{"starttls", old, "", ""},
		{"starttls", &tls.Config{ServerName: "mx.example.com"}, "unknown authority", "the handshake failed"},
		{"starttls refused", &tls.Config{ServerName: "mx.example.com"}, "unknown authority", ""},
		{"starttls refused", trusting(), "", "took the certificate"},
		{"starttls for other.example.net refused", trusting(), "valid for other.example.net", ""},
		{"starttls for other.example.net", insecure, "", ""},
		{"starttls expired refused", trusting(), "expired", ""},
		{"starttls expired", insecure, "", ""},
		{"starttls 1.0", trusting(), "", ""},
		{"starttls 1.1", trusting(), "", ""},
		{"starttls 1.0 refused", modern, "protocol version not supported", ""},
		{"starttls fails", trusting(), "handshake failure", ""},
		{"starttls fails garbage", trusting(), "does not look like a TLS handshake", ""},
		{"starttls hangs", trusting(), "timeout", ""},
		{"starttls wants a certificate", showing, "", ""},
		{"starttls wants a certificate", old, "handshake failure", "didn't provide a certificate"},
		{"starttls wants a certificate", trusting(), "", "didn't provide a certificate"}, // the client of TLS 1.3 learns of it later
	} {
		name, _ := strings.CutPrefix(c.move, "starttls ")
		t.Run(name, func(t *testing.T) {
			completes := c.problem == "" && c.want == ""
			script := "== mx.example.com:25\nS: 220 mx\nC: STARTTLS\nS: 220 go ahead\n" + c.move
			if completes {
				script += "\nC: EHLO me\nquiet\nS: 250 mx\nC: QUIT"
			}
			play(t, script, c.want, func(t *testing.T, n *lab.Network) {
				conn := dial(t, n, mx)
				defer conn.Close()
				secret := begin(t, conn, c.config)
				conn.SetDeadline(time.Now().Add(time.Minute))
				err := secret.Handshake()
				if (err == nil) != (c.problem == "") || err != nil && !strings.Contains(err.Error(), c.problem) {
					t.Errorf("handshake: %v; want %q", err, c.problem)
				}
				if !completes {
					return
				}
				io.WriteString(secret, "EHLO me\r\n")
				expect(t, bufio.NewReader(secret), "250 mx")
				io.WriteString(secret, "QUIT\r\n")
				secret.Close()
			})
		})
	}
}

// Within TLS, quiet and the end of the script mean what they mean without.
func TestWithinTLS(t *testing.T) {
	const script = "== mx.example.com:465\ntls\nS: 220 mx\nC: EHLO me\nquiet\nS: 250 mx"
	for _, c := range []struct{ said, more, want string }{
		{"EHLO me\r\n", "", ""}, {"EHLO me\r\nNOOP\r\n", "", "sent more ahead"}, {"EHLO me\r\n", "NOOP\r\n", `said "NOOP"`},
	} {
		play(t, script, c.want, func(t *testing.T, n *lab.Network) {
			conn := tls.Client(dial(t, n, "mx.example.com:465"), trusting())
			defer conn.Close()
			r := bufio.NewReader(conn)
			expect(t, r, "220 mx")
			io.WriteString(conn, c.said)
			r.ReadString('\n')
			io.WriteString(conn, c.more)
		})
	}
}

// The destination closes within TLS: the client reads an end.
func TestCloseWithinTLS(t *testing.T) {
	play(t, "== mx.example.com:465\ntls\nS: 220 mx\nclose", "", func(t *testing.T, n *lab.Network) {
		conn := tls.Client(dial(t, n, "mx.example.com:465"), trusting())
		defer conn.Close()
		r := bufio.NewReader(conn)
		expect(t, r, "220 mx")
		if _, err := r.ReadByte(); err != io.EOF {
			t.Errorf("after close: %v", err)
		}
	})
}

// Where the session is one of an address, the certificate is for the names that have it.
func TestCertificateOfAResolvedHost(t *testing.T) {
	play(t, "dns mx.example.com 192.0.2.1\n== 192.0.2.1:465\ntls\n== 192.0.2.1:465\ntls refused", "", func(t *testing.T, n *lab.Network) {
		if err := n.DNS("dns mx.example.com 192.0.2.1"); err != nil {
			t.Fatal(err)
		}
		other := trusting()
		other.ServerName = "mx2.example.com"
		for _, config := range []*tls.Config{trusting(), other} {
			conn := tls.Client(dial(t, n, "192.0.2.1:465"), config)
			if err := conn.Handshake(); (err == nil) != (config != other) {
				t.Errorf("%s: %v", config.ServerName, err)
			}
			conn.NetConn().Close()
		}
	})
}

// What the client sends together with STARTTLS is not taken for a part of what follows.
func TestAheadOfTheHandshake(t *testing.T) {
	play(t, "== mx.example.com:25\nC: STARTTLS\nS: 220 go ahead\nstarttls", "between STARTTLS and the handshake", func(t *testing.T, n *lab.Network) {
		conn := dial(t, n, mx)
		defer conn.Close()
		io.WriteString(conn, "STARTTLS\r\nNOOP\r\n")
		expect(t, bufio.NewReader(conn), "220 go ahead")
	})
}
