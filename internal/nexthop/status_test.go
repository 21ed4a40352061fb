package nexthop

import (
	"context"
	"fmt"
	"testing"

	"callout/internal/callout"
)

// However many hops there have been, what is known of them is bounded, and those in trouble are counted right.
func TestWhatIsKnownOfHopsIsBounded(t *testing.T) {
	rs := records{byID: make(map[ID]*Status)}
	for i := range maxRecords + 100 {
		rs.change(ID{key{destination: fmt.Sprint(i)}}, func(s *Status) { s.State = Refuses })
	}
	if n := len(rs.all(false)); n != maxRecords || rs.troubled != n || len(rs.all(true)) != n {
		t.Errorf("%d are known, %d in trouble; want %d", n, rs.troubled, maxRecords)
	}
	for id := range rs.all(false) {
		rs.change(id, func(s *Status) { s.State = Up })
	}
	if all := rs.all(true); rs.troubled != 0 || len(all) != 0 {
		t.Errorf("%d are in trouble, %d of them told; want none", rs.troubled, len(all))
	}
}

// Who is spoken to otherwise is another hop: what one of two domains has against its certificate is nothing to the other.
func TestAHopIsKnownByHowItIsSpokenTo(t *testing.T) {
	strict, lax := callout.DefaultSettings(), callout.DefaultSettings()
	strict.TLS, lax.TLS = callout.TLSVerify, callout.TLSOff
	a := Route{Destination: callout.Destination{{{Name: "hop.example", Port: 25}}}, Settings: &strict}
	b, told := a, a
	b.Settings, told.XCLIENT = &lax, true
	if a.ID() == b.ID() {
		t.Error("the same, with TLS and without")
	}
	if a.ID() != told.ID() {
		t.Error("another, where it is told of the client")
	}
}

// That we, or the client, gave a delivery up is nothing against the hop.
func TestWhatIsGivenUpIsNoTroubleOfTheHop(t *testing.T) {
	pools := callout.NewPools(callout.Options{})
	defer pools.Close(context.Background())
	hops := New(Options{Pools: pools})
	defer hops.Close(context.Background())
	settings := callout.DefaultSettings()
	r := Route{Destination: callout.Destination{{{Name: "127.0.0.1", Port: 1}}}, Settings: &settings}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := hops.Begin(gone, r, &Envelope{}); err == nil || len(hops.Status()) > 0 {
		t.Errorf("%v; %v", err, hops.Status())
	}
	if _, err := hops.Begin(t.Context(), r, &Envelope{}); err == nil || hops.Status()[r.ID()].State != Unreachable {
		t.Errorf("%v; %v", err, hops.Status())
	}
}
