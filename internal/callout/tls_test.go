package callout_test

import (
	"bufio"
	"crypto/tls"
	"io"
	"net"
	"strings"
	"sync"
	"testing"

	"callout/internal/callout"
	"callout/internal/lab"
)

// In TLS 1.3 a server that wants a certificate says so only after the handshake, with its first reply: opportunistic goes
// on without TLS all the same.
func TestCertificateWantedBehindTheHandshake(t *testing.T) {
	cert, err := lab.Certificate("mx.example.com")
	if err != nil {
		t.Fatal(err)
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0") // a pipe would not take the alert while the client writes
	if err != nil {
		t.Fatal(err)
	}
	var wait sync.WaitGroup
	wait.Go(func() {
		for {
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			wait.Go(func() { wantsCertificate(conn, cert) })
		}
	})
	at, err := callout.ParseHost(ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	pools := callout.NewPools(callout.Options{})
	q := question(0)
	q.Destination = callout.Destination{{at}}
	if a := pools.Ask(t.Context(), q); a.Outcome != callout.Accepted {
		t.Errorf("%v: %v", a.Outcome, a.Problem)
	}
	required := *q.Settings
	required.TLS = callout.TLSRequire
	q.Settings = &required
	if a := pools.Ask(t.Context(), q); a.Outcome != callout.Unknown || a.Problem.Kind != callout.TLS {
		t.Errorf("required: %v: %v", a.Outcome, a.Problem)
	}
	pools.Close(t.Context())
	ln.Close()
	wait.Wait()
}

// wantsCertificate is a server that offers STARTTLS to those alone that have a certificate.
func wantsCertificate(conn net.Conn, cert tls.Certificate) {
	defer conn.Close()
	io.WriteString(conn, "220 mx ESMTP\r\n")
	lines := bufio.NewScanner(conn)
	for lines.Scan() {
		switch line := lines.Text(); {
		case strings.HasPrefix(line, "EHLO"):
			io.WriteString(conn, "250-mx\r\n250 STARTTLS\r\n")
		case line == "STARTTLS":
			io.WriteString(conn, "220 go\r\n")
			tls.Server(conn, &tls.Config{Certificates: []tls.Certificate{cert}, ClientAuth: tls.RequireAnyClientCert}).Handshake()
			return
		default:
			io.WriteString(conn, polite(0, line)+"\r\n")
		}
	}
}
