package storetest

import (
	"context"
	"slices"
	"testing"
	"time"

	"callout/internal/store"
)

// learned makes a host fact that expires some time from now.
func learned(host, kind string, n int, life time.Duration) store.HostFact {
	now := time.Now().Truncate(time.Millisecond)
	return store.HostFact{Host: host, Kind: kind, N: n, Reply: "421 too many errors", Learned: now,
		Expires: now.Add(life)}
}

func writeHosts(t *testing.T, s store.Store, facts ...store.HostFact) {
	t.Helper()
	check(t, s.Write(t.Context(), store.Batch{Hosts: facts}))
}

func sameHost(a, b store.HostFact) bool {
	if !a.Learned.Equal(b.Learned) || !a.Expires.Equal(b.Expires) {
		return false
	}
	a.Learned, a.Expires, b.Learned, b.Expires = time.Time{}, time.Time{}, time.Time{}, time.Time{}
	return a == b
}

func wantHosts(t *testing.T, s store.Store, want ...store.HostFact) {
	t.Helper()
	got, err := s.HostFacts(t.Context())
	check(t, err)
	if !slices.EqualFunc(got, want, sameHost) {
		t.Errorf("HostFacts = %+v, want %+v", got, want)
	}
}

func hostFactsAreKept(t *testing.T, open Place) {
	s := opened(t, open)
	wantHosts(t, s)
	a1 := learned("192.0.2.1:25", "rejections", 4, time.Hour)
	a2 := learned("192.0.2.1:25", "resets", 11, time.Hour)
	b := learned("[2001:db8::1]:25", "no_tls", 0, time.Hour)
	b.Reply = "ü'\x00\xff"
	b.Learned = time.Time{}
	writeHosts(t, s, b, a2, a1)
	for range 2 {
		wantHosts(t, s, a1, a2, b)
		s = reopened(t, open, s)
	}
	a1.N, a1.Reply, a1.Learned, a1.Expires = -1, "", noon, a1.Expires.Add(time.Hour)
	writeHosts(t, s, learned(a1.Host, a1.Kind, 9, time.Minute), a1) // of two in a batch the last one counts
	wantHosts(t, s, a1, a2, b)
	// A zero Expires deletes, and there may be nothing to delete.
	forget := store.HostFact{Host: a2.Host, Kind: a2.Kind, N: 5}
	writeHosts(t, s, forget, store.HostFact{Host: "none", Kind: "none"})
	s = reopened(t, open, s)
	wantHosts(t, s, a1, b)
	writeHosts(t, s, a2, forget, b)
	wantHosts(t, s, a1, b)
	// Clears are about recipients.
	_, err := s.ClearAll(t.Context())
	check(t, err)
	purgeAll(t, s, time.Now(), 10)
	wantHosts(t, s, a1, b)
}

func hostFactsExpire(t *testing.T, open Place) {
	s := opened(t, open)
	stays := learned("192.0.2.2:25", "sessions", 3, time.Hour)
	gone := learned("192.0.2.1:25", "sessions", 2, -time.Millisecond)
	writeHosts(t, s, gone, stays)
	wantHosts(t, s, stays)
	gone.Expires = gone.Expires.Add(time.Hour)
	writeHosts(t, s, gone) // learned again
	wantHosts(t, s, gone, stays)
	for i := range 10 {
		writeHosts(t, s, learned("192.0.2.3:25", string(rune('a'+i)), 1, time.Minute))
	}
	purgeAll(t, s, time.Now().Add(2*time.Minute), 3)
	wantHosts(t, s, gone, stays)
	purgeAll(t, s, time.Now().Add(2*time.Hour), 3)
	wantHosts(t, s)
}

// A batch of everything that is given up has stored all of it or none.
func batchesAreWhole(t *testing.T, open Place) {
	s := opened(t, open)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	h := learned("192.0.2.1:25", "several", 2, time.Hour)
	all := store.Batch{Verdicts: []store.Verdict{valid("john")}, Facts: []store.DomainFact{{Domain: domain, Code: 550}},
		Hosts: []store.HostFact{h}}
	if err := s.Write(ctx, all); err == nil {
		t.Error("Write with a cancelled context succeeds")
	}
	wantLookup(t, s, domain, "john")
	wantFact(t, s, domain, 0)
	wantHosts(t, s)
	check(t, s.Write(t.Context(), all))
	wantLookup(t, s, domain, "john", "john")
	wantFact(t, s, domain, 550)
	wantHosts(t, s, h)
}
