package domains_test

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"testing"

	"callout/internal/callout"
	"callout/internal/domains"
)

func TestAsked(t *testing.T) {
	host := func(s string) callout.Host {
		h, err := callout.ParseHost(s)
		if err != nil {
			t.Fatal(err)
		}
		return h
	}
	a, b, c := host("a.example"), host("lmtp://b.example"), host("mx:c.example")
	d := &domains.Domain{Destination: callout.Destination{{b, a}, {c}}, Settings: domains.DefaultSettings()}
	const want = "[a.example:25 lmtp://b.example:24], mx:c.example"
	if got := d.Asked(); got != want {
		t.Errorf("%q, want %q", got, want)
	}
	same := map[string]func(*domains.Domain){
		"order within a priority": func(d *domains.Domain) { d.Destination = callout.Destination{{a, b}, {c}} },
		"the certificate":         func(d *domains.Domain) { d.Settings.Callout.ClientCert = &tls.Certificate{} },
		"how fast it is asked":    func(d *domains.Domain) { d.Settings.Callout.MaxSessions = 1 },
		"the mode":                func(d *domains.Domain) { d.Mode = domains.ModeListCallout },
		"the name":                func(d *domains.Domain) { d.Name = "x.example" },
		"where mail goes":         func(d *domains.Domain) { d.DeliverTo = callout.Destination{{c}} },
	}
	differ := map[string]func(*domains.Domain){
		"order of priorities": func(d *domains.Domain) { d.Destination = callout.Destination{{c}, {a, b}} },
		"grouping":            func(d *domains.Domain) { d.Destination = callout.Destination{{a}, {b}, {c}} },
		"a host less":         func(d *domains.Domain) { d.Destination = callout.Destination{{a, b}} },
		"tls":                 func(d *domains.Domain) { d.Settings.Callout.TLS = callout.TLSVerify },
		"source": func(d *domains.Domain) {
			d.Settings.Callout.Source = []netip.Addr{netip.MustParseAddr("192.0.2.1")}
		},
		"mail_from": func(d *domains.Domain) { d.Settings.Callout.MailFrom = "a@example.net" },
	}
	seen := map[string]string{want: "nothing"}
	for name, change := range same {
		changed := *d
		change(&changed)
		if got := changed.Asked(); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	for name, change := range differ {
		changed := *d
		change(&changed)
		got := changed.Asked()
		if other, ok := seen[got]; ok {
			t.Errorf("%s is %q, as is %s", name, got, other)
		}
		seen[got] = name
	}
}

// epochs fails the test unless these are the epochs that are served.
func epochs(t *testing.T, r *domains.Registry, want map[string]uint64) {
	t.Helper()
	for name, epoch := range want {
		if d := r.Lookup(name); d == nil || d.Epoch != epoch {
			t.Errorf("%s is served as %+v, want epoch %d", name, d, epoch)
		}
	}
}

func TestAChangeOfWhatIsAskedBeginsAnEpoch(t *testing.T) {
	m := newMemory()
	to := func(host string, aliases ...string) []byte {
		return settings{To: []string{host}, Aliases: aliases}.spec()
	}
	m.domains["a.example"] = to("one.example", "b.example")
	file := []*domains.Domain{settings{To: []string{"one.example"}}.domain("f.example", domains.FromFile)}
	r := open(t, m, file)
	if len(m.told) != 1 || len(m.told[0]) != 3 {
		t.Fatalf("New told the store %v", m.told)
	}
	epochs(t, r, map[string]uint64{"a.example": 0, "b.example": 0, "f.example": 0})

	r = open(t, m, file) // as before: there is nothing to tell
	if _, err := r.Reload(t.Context(), file, build); err != nil || len(m.told) != 1 {
		t.Errorf("Reload told the store %v, %v", m.told, err)
	}
	put := func(spec []byte) {
		t.Helper()
		if _, err := r.Put(t.Context(), "a.example", spec); err != nil {
			t.Fatal(err)
		}
	}
	put(to("two.example", "b.example"))
	epochs(t, r, map[string]uint64{"a.example": 1, "b.example": 1, "f.example": 0})
	put(to("two.example", "b.example", "c.example"))
	epochs(t, r, map[string]uint64{"a.example": 1, "b.example": 1, "c.example": 0})
	put(to("two.example"))
	put(to("two.example", "b.example")) // an alias that returns with the same destination
	epochs(t, r, map[string]uint64{"a.example": 1, "b.example": 1})
	if got := m.told[1:]; len(got) != 2 || !maps.Equal(got[1], map[string]string{"c.example": "two.example:25"}) {
		t.Errorf("Put told the store %v", got)
	}

	file = []*domains.Domain{settings{To: []string{"two.example"}}.domain("f.example", domains.FromFile)}
	if _, err := r.Reload(t.Context(), file, build); err != nil {
		t.Fatal(err)
	}
	epochs(t, r, map[string]uint64{"a.example": 1, "b.example": 1, "f.example": 1})
	r = open(t, m, file)
	epochs(t, r, map[string]uint64{"a.example": 1, "b.example": 1, "f.example": 1})
}

func TestTheStoreIsToldBeforeAnythingIsServed(t *testing.T) {
	m := newMemory("a.example")
	r := open(t, m, nil)
	m.deaf = errors.New("disk full")
	before := r.Lookup("a.example")
	to := settings{To: []string{"new.example"}, Aliases: []string{"b.example"}}
	if _, err := r.Put(t.Context(), "a.example", to.spec()); !errors.Is(err, m.deaf) {
		t.Errorf("Put: %v", err)
	}
	if _, err := r.Reload(t.Context(), []*domains.Domain{to.domain("f.example", domains.FromFile)}, build); !errors.Is(err, m.deaf) {
		t.Errorf("Reload: %v", err)
	}
	if _, err := domains.New(t.Context(), m, m, nil, build); !errors.Is(err, m.deaf) {
		t.Errorf("New: %v", err)
	}
	serves(t, r, "a.example/store")
	if r.Lookup("a.example") != before || r.Lookup("b.example") != nil {
		t.Error("something else is served")
	}
	m.deaf = nil
	if _, err := r.Put(t.Context(), "a.example", to.spec()); err != nil {
		t.Fatal(err)
	}
	epochs(t, r, map[string]uint64{"a.example": 1, "b.example": 0})
}

// TestWhatTheStoreMayHaveHeardIsSaidAgain: an error does not say whether the store took it in.
func TestWhatTheStoreMayHaveHeardIsSaidAgain(t *testing.T) {
	m := newMemory()
	one, two := settings{To: []string{"one.example"}}.spec(), settings{To: []string{"two.example"}}.spec()
	m.domains["a.example"] = one
	r := open(t, m, nil)
	m.mute = errors.New("connection lost")
	if _, err := r.Put(t.Context(), "a.example", two); !errors.Is(err, m.mute) {
		t.Errorf("Put: %v", err)
	}
	m.mute = nil
	if _, err := r.Put(t.Context(), "a.example", one); err != nil {
		t.Fatal(err)
	}
	epochs(t, r, map[string]uint64{"a.example": 2})
	if e := m.epochs["a.example"]; e.Number != 2 || e.Asked != "one.example:25" {
		t.Errorf("the store has %+v", e)
	}
}

func TestAPutThatTheStoreTookIsFinished(t *testing.T) {
	m := newMemory()
	r := open(t, m, nil)
	ctx, cancel := context.WithCancel(t.Context())
	m.onPut = cancel // who asked for it has gone
	if _, err := r.Put(ctx, "a.example", settings{To: []string{"b"}}.spec()); err != nil {
		t.Error(err)
	}
	serves(t, r, "a.example/store")
}

// TestEpochsAmongMany holds New to one call: 100,000 would take the store minutes.
func TestEpochsAmongMany(t *testing.T) {
	m := newMemory()
	for i := range 1000 {
		m.domains[fmt.Sprintf("d%d.example", i)] = []byte("x")
	}
	open(t, m, nil)
	if len(m.told) != 1 || len(m.told[0]) != 1000 {
		t.Errorf("%d calls", len(m.told))
	}
}
