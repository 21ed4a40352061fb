package nexthop_test

import (
	"crypto/tls"
	"net"
	"net/netip"
	"testing"

	"callout/internal/callout"
	"callout/internal/lab"
	"callout/internal/nexthop"
)

// startEncryptedHop starts a hop that offers STARTTLS, with a certificate for 127.0.0.1.
func startEncryptedHop(t *testing.T) (*lab.Receiver, callout.Host) {
	t.Helper()
	certificate, err := lab.Certificate("127.0.0.1")
	if err != nil {
		t.Fatal(err)
	}
	r := &lab.Receiver{Hostname: "hop", TLS: &tls.Config{Certificates: []tls.Certificate{certificate}}}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- r.Serve(ln) }()
	t.Cleanup(func() {
		r.Close()
		if err := <-served; err != nil {
			t.Error(err)
		}
	})
	host, err := callout.ParseHost(ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	return r, host
}

// deliver passes a message on.
func deliver(t *testing.T, hops *nexthop.Hops, r nexthop.Route) {
	t.Helper()
	d := begin(t, hops, r, false)
	if reply, err := d.Finish(t.Context()); err != nil || reply.Code != 250 {
		t.Fatalf("%v, %v", reply, err)
	}
}

// A kept session serves those only who would have opened the same one.
func TestSessionsAreKeptForTheirOwnKind(t *testing.T) {
	elsewhere, err := callout.ParseHost("127.0.0.1:9")
	if err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(r *nexthop.Route, s *callout.Settings){
		"nothing":                  func(*nexthop.Route, *callout.Settings) {},
		"a limit of callouts":      func(_ *nexthop.Route, s *callout.Settings) { s.MaxSessions, s.MailFrom = 1, "callout@example.net" },
		"tls opportunistic":        func(_ *nexthop.Route, s *callout.Settings) { s.TLS = callout.TLSOpportunistic },
		"tls require":              func(_ *nexthop.Route, s *callout.Settings) { s.TLS = callout.TLSRequire },
		"tls verify":               func(_ *nexthop.Route, s *callout.Settings) { s.TLS = callout.TLSVerify },
		"a certificate":            func(_ *nexthop.Route, s *callout.Settings) { s.ClientCert = new(tls.Certificate) },
		"a source":                 func(_ *nexthop.Route, s *callout.Settings) { s.Source = addrs("127.0.0.2") },
		"a source of other family": func(_ *nexthop.Route, s *callout.Settings) { s.Source = addrs("127.0.0.1", "::1") },
		"another name":             func(_ *nexthop.Route, s *callout.Settings) { s.Hostname = "other.example.net" },
		"no pipelining":            func(_ *nexthop.Route, s *callout.Settings) { s.Pipelining = false },
		"xclient":                  func(r *nexthop.Route, _ *callout.Settings) { r.XCLIENT = true },
		"a host more": func(r *nexthop.Route, _ *callout.Settings) {
			r.Destination = append(r.Destination, []callout.Host{elsewhere})
		},
	} {
		t.Run(name, func(t *testing.T) {
			r, host := startEncryptedHop(t)
			hops := newHops(t)
			settings := callout.DefaultSettings()
			settings.TLS, settings.Source = callout.TLSOff, addrs("127.0.0.1")
			route := nexthop.Route{Destination: callout.Destination{{host}}, Settings: &settings}
			deliver(t, hops, route)

			changed := settings
			other := nexthop.Route{Destination: callout.Destination{{host}}, Settings: &changed}
			change(&other, &changed)
			want := 2
			if name == "nothing" || name == "a limit of callouts" {
				want = 1
			}
			d, err := hops.Begin(t.Context(), other, envelope) // who verifies is not content with this certificate
			if err == nil {
				d.Release()
			}
			if r.Sessions() != want {
				t.Errorf("%d connections; want %d", r.Sessions(), want)
			}
		})
	}
}

func addrs(texts ...string) (all []netip.Addr) {
	for _, text := range texts {
		all = append(all, netip.MustParseAddr(text))
	}
	return all
}

// What has to be encrypted never goes in a plaintext session, and what has to be verified in none that was not, whatever is kept.
func TestKeptSessionsAreAsSafeAsTheirMessages(t *testing.T) {
	r, host := startEncryptedHop(t)
	hops := newHops(t) // which trusts nobody who signed this certificate
	route := func(mode callout.TLSMode) nexthop.Route {
		s := callout.DefaultSettings()
		s.TLS = mode
		return nexthop.Route{Destination: callout.Destination{{host}}, Settings: &s}
	}
	deliver(t, hops, route(callout.TLSOff))
	deliver(t, hops, route(callout.TLSRequire))
	deliver(t, hops, route(callout.TLSOff))
	deliver(t, hops, route(callout.TLSRequire))
	for i, m := range r.Received() {
		if want := i%2 == 1; m.TLS != want {
			t.Errorf("message %d: encrypted: %v", i+1, m.TLS)
		}
	}
	if r.Sessions() != 2 {
		t.Errorf("%d connections; want one of each kind", r.Sessions())
	}
	if d, err := hops.Begin(t.Context(), route(callout.TLSVerify), envelope); err == nil {
		t.Error("a session that was not verified is taken for one that was")
		d.Cut()
	}
}
