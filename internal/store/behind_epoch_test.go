package store_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"callout/internal/store"
)

// ask says what is asked for a.example and fails the test where that gives another epoch.
func ask(t *testing.T, b *store.Behind, words string, want uint64) {
	t.Helper()
	epochs, err := b.SetAsked(t.Context(), map[string]string{"a.example": words})
	if err != nil || epochs["a.example"] != (store.Epoch{Number: want, Asked: words}) {
		t.Fatalf("SetAsked = %v, %v; want epoch %d", epochs, err, want)
	}
}

// inEpoch makes a verdict of a.example.
func inEpoch(local string, status store.Status, epoch uint64) store.Verdict {
	v := verdict(local, 0)
	v.Status, v.Epoch = status, epoch
	return v
}

func TestBehindDropsWhatANewEpochVoids(t *testing.T) {
	inBubble(t, store.BehindOptions{}, func(t *testing.T, s *fake, b *store.Behind) {
		ask(t, b, "one", 0)
		other := verdict("jane", 0)
		other.Domain = "b.example"
		add := func() {
			b.Add(inEpoch("john", store.Valid, 0))
			b.Add(inEpoch("jane", store.Invalid, 0))
			b.Add(other)
			b.AddFact(store.DomainFact{Domain: "a.example"})
			b.AddHost(store.HostFact{Host: "192.0.2.1:25", Kind: "sessions", Expires: time.Now().Add(time.Hour)})
		}
		add()
		s.set(func(s *fake) { s.clearErr = errFull })
		if _, err := b.SetAsked(t.Context(), map[string]string{"a.example": "two"}); !errors.Is(err, errFull) {
			t.Errorf("SetAsked of a failing store = %v", err)
		}
		if n, _, _ := b.Stats(); n != 5 {
			t.Errorf("%d pending after a SetAsked that failed, want all 5", n)
		}
		s.set(func(s *fake) { s.clearErr = nil })
		ask(t, b, "one", 0) // nothing new
		if n, _, _ := b.Stats(); n != 5 {
			t.Errorf("%d pending after a SetAsked that changed nothing, want all 5", n)
		}
		ask(t, b, "two", 1)
		add() // from callouts that began before
		n, dropped, _ := b.Stats()
		if _, ok, err := b.DomainFact(t.Context(), "a.example"); n != 3 || dropped != 0 || ok || err != nil {
			t.Errorf("%d pending, %d dropped, fact %v, %v; want john, b.example and the host", n, dropped, ok, err)
		}
		if got := lookup(t, b, "john") + " " + lookup(t, b, "jane"); got != "john " {
			t.Errorf("found %q, want the valid one", got)
		}
		b.Add(inEpoch("jane", store.Invalid, 1))
		b.AddFact(store.DomainFact{Domain: "a.example", Epoch: 1})
		if f, ok, err := b.DomainFact(t.Context(), "a.example"); f.Epoch != 1 || !ok || err != nil {
			t.Errorf("DomainFact = %v, %v, %v; want that of the epoch", f, ok, err)
		}
		if got := lookup(t, b, "jane"); got != "jane" {
			t.Errorf("found %q, want the verdict of the epoch", got)
		}
	})
}

// A batch that is being written while the epoch changes brings nothing back.
func TestBehindNewEpochWhileWriting(t *testing.T) {
	inBubble(t, store.BehindOptions{}, func(t *testing.T, s *fake, b *store.Behind) {
		ask(t, b, "one", 0)
		s.set(func(s *fake) { s.hold = func(context.Context) { time.Sleep(3 * time.Second) } })
		b.Add(inEpoch("jane", store.Invalid, 0))
		b.AddFact(store.DomainFact{Domain: "a.example"})
		time.Sleep(time.Second)
		ask(t, b, "two", 1)
		for range 2 {
			if _, ok, err := b.DomainFact(t.Context(), "a.example"); ok || err != nil || lookup(t, b, "jane") != "" {
				t.Errorf("a verdict or the fact (%v, %v) from before the change is seen", ok, err)
			}
			time.Sleep(10 * time.Second)
			synctest.Wait()
		}
	})
}

// Of one identity the later epoch counts, wherever the two are.
func TestBehindKeepsTheLaterEpoch(t *testing.T) {
	older, newer := inEpoch("john", store.Valid, 0), inEpoch("john", store.Invalid, 1)
	for _, flush := range []bool{false, true} {
		inBubble(t, store.BehindOptions{}, func(t *testing.T, s *fake, b *store.Behind) {
			ask(t, b, "one", 0)
			ask(t, b, "two", 1)
			b.Add(newer)
			b.AddFact(store.DomainFact{Domain: "a.example", Epoch: 1})
			if flush {
				if err := b.Flush(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
			b.Add(older)
			b.AddFact(store.DomainFact{Domain: "a.example"})
			for range 2 {
				found, err := b.Lookup(t.Context(), "a.example", "john")
				if err != nil || len(found) != 1 || found[0].Epoch != 1 {
					t.Errorf("flushed %v: found %+v, %v; want the later one", flush, found, err)
				}
				if f, ok, err := b.DomainFact(t.Context(), "a.example"); f.Epoch != 1 || !ok || err != nil {
					t.Errorf("flushed %v: fact %+v, %v, %v; want the later one", flush, f, ok, err)
				}
				if err := b.Flush(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
			again := older
			again.Epoch, again.Code = 1, 250
			b.Add(again)
			found, err := b.Lookup(t.Context(), "a.example", "john")
			if err != nil || len(found) != 1 || found[0].Code != 250 {
				t.Errorf("found %+v, %v; want the last one of the epoch", found, err)
			}
		})
	}
}

// What is asked was set before there was a Behind, and so it knows of no epoch: among its own rows the later one
// counts all the same.
func TestBehindTellsEpochsThatItWasNotTold(t *testing.T) {
	inBubble(t, store.BehindOptions{}, func(t *testing.T, s *fake, b *store.Behind) {
		for _, words := range []string{"one", "two"} {
			if _, err := s.SetAsked(t.Context(), map[string]string{"a.example": words}); err != nil {
				t.Fatal(err)
			}
		}
		for _, epoch := range []uint64{1, 0} {
			b.Add(inEpoch("john", store.Invalid, epoch))
			b.AddFact(store.DomainFact{Domain: "a.example", Epoch: epoch})
		}
		found, err := b.Lookup(t.Context(), "a.example", "john")
		if err != nil || len(found) != 1 || found[0].Epoch != 1 {
			t.Errorf("found %+v, %v; want the later one", found, err)
		}
		if f, ok, err := b.DomainFact(t.Context(), "a.example"); f.Epoch != 1 || !ok || err != nil {
			t.Errorf("fact %+v, %v, %v; want the later one", f, ok, err)
		}
	})
}

func TestBehindHostFacts(t *testing.T) {
	inBubble(t, store.BehindOptions{MaxPending: 3}, func(t *testing.T, s *fake, b *store.Behind) {
		fact := func(kind string, n int) store.HostFact {
			return store.HostFact{Host: "192.0.2.1:25", Kind: kind, N: n, Expires: time.Now().Add(time.Hour)}
		}
		b.AddHost(fact("resets", 1))
		b.AddHost(fact("resets", 2))
		b.AddHost(fact("sessions", 3))
		b.Add(verdict("john", 0))
		b.AddHost(fact("several", 2))  // no room
		b.AddHost(fact("sessions", 4)) // no new row
		if n, dropped, _ := b.Stats(); n != 3 || dropped != 1 {
			t.Errorf("%d pending, %d dropped; want 3 and 1", n, dropped)
		}
		if _, err := b.ClearAll(t.Context()); err != nil {
			t.Fatal(err)
		}
		want := map[string]int{"resets": 2, "sessions": 4}
		check := func() {
			t.Helper()
			found, err := b.HostFacts(t.Context())
			if len(found) != len(want) || err != nil {
				t.Errorf("HostFacts = %v, %v; want %v", found, err, want)
			}
			for _, h := range found {
				if n, ok := want[h.Kind]; !ok || h.N != n {
					t.Errorf("HostFacts has %v; want %v", h, want)
				}
			}
		}
		check() // what is pending too; a clear is about recipients
		b.AddHost(store.HostFact{Host: "192.0.2.1:25", Kind: "resets"})
		delete(want, "resets")
		check()
		s.set(func(s *fake) { s.writeErr = errFull })
		b.AddHost(fact("resets", 9))
		check() // the store's, as long as it can't be written
	})
}

func TestBehindCountsWhatIsPending(t *testing.T) {
	inBubble(t, store.BehindOptions{}, func(t *testing.T, s *fake, b *store.Behind) {
		b.Add(inEpoch("john", store.Valid, 0))
		b.Add(verdict("jane", 0))
		b.Add(verdict("jane", 0))
		for range 2 {
			want := store.Count{Valid: 1, Invalid: 1}
			counts, err := b.Counts(t.Context())
			if len(counts) != 1 || counts["a.example"] != want || err != nil {
				t.Errorf("Counts = %v, %v", counts, err)
			}
			if n, err := b.Count(t.Context(), "a.example"); n != want || err != nil {
				t.Errorf("Count = %v, %v", n, err)
			}
			s.set(func(s *fake) { s.writeErr = errFull })
			b.Add(verdict("jack", 0)) // can't be written
		}
	})
}

func TestBehindCountsOneDomainWithWhatIsPending(t *testing.T) {
	inBubble(t, store.BehindOptions{}, func(t *testing.T, _ *fake, b *store.Behind) {
		b.Add(inEpoch("john", store.Valid, 0))
		if n, err := b.Count(t.Context(), "a.example"); n != (store.Count{Valid: 1}) || err != nil {
			t.Errorf("Count = %v, %v", n, err)
		}
	})
}

// An epoch that begins though nothing else is asked voids the same.
func TestBehindNewEpoch(t *testing.T) {
	inBubble(t, store.BehindOptions{}, func(t *testing.T, s *fake, b *store.Behind) {
		ask(t, b, "one", 0)
		b.Add(inEpoch("john", store.Valid, 0))
		b.Add(inEpoch("jane", store.Invalid, 0))
		b.AddFact(store.DomainFact{Domain: "a.example"})
		s.set(func(s *fake) { s.clearErr = errFull })
		if _, err := b.NewEpoch(t.Context(), []string{"a.example"}); !errors.Is(err, errFull) {
			t.Errorf("NewEpoch of a failing store = %v", err)
		}
		if n, _, _ := b.Stats(); n != 3 {
			t.Errorf("%d pending after a NewEpoch that failed, want all 3", n)
		}
		s.set(func(s *fake) { s.clearErr = nil })
		epochs, err := b.NewEpoch(t.Context(), []string{"a.example"})
		if len(epochs) != 1 || epochs["a.example"] != (store.Epoch{Number: 1, Asked: "one"}) || err != nil {
			t.Errorf("NewEpoch = %v, %v", epochs, err)
		}
		b.Add(inEpoch("jane", store.Invalid, 0)) // from a callout that began before
		_, ok, err := b.DomainFact(t.Context(), "a.example")
		if got := lookup(t, b, "john") + " " + lookup(t, b, "jane"); got != "john " || ok || err != nil {
			t.Errorf("found %q and the fact %v, %v; want the valid one", got, ok, err)
		}
	})
}

// Whatever runs beside it, an invalid verdict from before a new epoch is not seen after it.
func TestBehindEpochsConcurrently(t *testing.T) {
	s := newFake()
	b := store.NewBehind(s, store.BehindOptions{Interval: time.Millisecond, MaxBatch: 7})
	var current atomic.Uint64
	done := make(chan struct{})
	var wg sync.WaitGroup
	for w := range 4 {
		wg.Go(func() {
			for i := 0; ; i++ {
				select {
				case <-done:
					return
				default:
					b.Add(inEpoch(fmt.Sprintf("user%d", (w+i)%9), store.Invalid, current.Load()))
					b.AddFact(store.DomainFact{Domain: "a.example", Epoch: current.Load()})
				}
			}
		})
	}
	stop := sync.OnceFunc(func() {
		close(done)
		wg.Wait()
	})
	defer stop()
	for e := range uint64(300) {
		ask(t, b, fmt.Sprint(e), e)
		current.Store(e)
		for user := range 9 {
			found, err := b.Lookup(t.Context(), "a.example", fmt.Sprintf("user%d", user))
			if err != nil || len(found) > 1 || len(found) == 1 && found[0].Epoch != e {
				t.Fatalf("in epoch %d found %+v, %v", e, found, err)
			}
		}
		if f, ok, err := b.DomainFact(t.Context(), "a.example"); err != nil || ok && f.Epoch != e {
			t.Fatalf("in epoch %d the fact is %+v, %v", e, f, err)
		}
	}
	stop()
	if err := b.Close(t.Context()); err != nil {
		t.Error(err)
	}
}
