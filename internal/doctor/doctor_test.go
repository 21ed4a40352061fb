package doctor_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"callout/internal/callout"
	"callout/internal/doctor"
	"callout/internal/lab"
)

func aCase(hosts ...callout.Host) doctor.Case {
	c := doctor.Case{Domain: "example.com", Destination: callout.Destination{hosts}, Settings: callout.DefaultSettings()}
	c.Settings.Hostname = "filter.example.net"
	return c
}

func find(list []doctor.Finding, c doctor.Check) (found []doctor.Finding) {
	for _, f := range list {
		if f.Check == c {
			found = append(found, f)
		}
	}
	return found
}

// A destination may have more addresses than an examination has time for: those that come first are examined, and the rest
// is told.
func TestExaminesTenAddresses(t *testing.T) {
	var hosts []callout.Host
	for n := range doctor.MaxAddresses + 3 {
		hosts = append(hosts, callout.Host{Name: fmt.Sprintf("192.0.2.%d", n+1), Port: 25})
	}
	dialled := 0
	r := doctor.Examine(t.Context(), aCase(hosts...), doctor.Options{Dial: func(context.Context, netip.Addr, string) (net.Conn, error) {
		dialled++
		return nil, errors.New("nobody there")
	}})
	if dialled != doctor.MaxAddresses || len(r.Hosts) != doctor.MaxAddresses {
		t.Errorf("%d connections, %d hosts", dialled, len(r.Hosts))
	}
	if left := find(r.Findings, doctor.Complete); len(left) != 1 || !strings.Contains(left[0].Seen, "13 addresses; the last 3") {
		t.Errorf("of those left out it says %+v", left)
	}
	if r.Result != doctor.NotExamined {
		t.Errorf("result %s", r.Result)
	}
}

// A report is complete as JSON: lists are lists when they are empty.
func TestReportAsJSON(t *testing.T) {
	r := doctor.Examine(t.Context(), aCase(), doctor.Options{})
	b, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{`"domain":"example.com"`, `"result":"not_examined"`, `"hosts":[]`, `"findings":[{"check":"reachable","level":"mend"`} {
		if !strings.Contains(string(b), part) {
			t.Errorf("%s lacks %s", b, part)
		}
	}
}

// The end of the context ends an examination at once.
func TestContextEndsExamination(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		conn, err := ln.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		cancel()
		conn.Read(make([]byte, 1)) // says nothing until the client goes away
	}()
	start := time.Now()
	at := netip.MustParseAddrPort(ln.Addr().String())
	r := doctor.Examine(ctx, aCase(callout.Host{Name: at.Addr().String(), Port: at.Port()}), doctor.Options{})
	if took := time.Since(start); took > 10*time.Second {
		t.Errorf("it went on for %v", took)
	}
	if r.Result != doctor.NotExamined {
		t.Errorf("result %s", r.Result)
	}
}

// A self-signed certificate is called that, one of an unknown authority not.
func TestTellsSelfSignedFromUnknownAuthority(t *testing.T) {
	signed, err := lab.Certificate("127.0.0.1")
	if err != nil {
		t.Fatal(err)
	}
	for want, cert := range map[string]tls.Certificate{"is self-signed": selfSigned(t), "is not to be trusted": signed} {
		ln, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		receiver := &lab.Receiver{Hostname: "mx1.example.com", TLS: &tls.Config{Certificates: []tls.Certificate{cert}}}
		go receiver.Serve(ln)
		at := netip.MustParseAddrPort(ln.Addr().String())
		r := doctor.Examine(t.Context(), aCase(callout.Host{Name: "127.0.0.1", Port: at.Port()}), doctor.Options{Roots: x509.NewCertPool()})
		receiver.Close()
		found := find(r.Hosts[0].Findings, doctor.Certificate)
		if len(found) != 1 || found[0].Level != doctor.Note || !strings.Contains(found[0].Seen, want) {
			t.Errorf("a certificate that %s: %+v", want, found)
		}
	}
}

func selfSigned(t *testing.T) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "mx1.example.com"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(1000 * time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}
