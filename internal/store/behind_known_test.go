package store_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"callout/internal/store"
)

// scanned is a fake that can be scanned, and counts what it is asked.
type scanned struct {
	*fake
	lookups, scans atomic.Int64
	during         func() // called amid a Scan
}

func (s *scanned) Lookup(ctx context.Context, domain, local string) ([]store.Verdict, error) {
	s.lookups.Add(1)
	return s.fake.Lookup(ctx, domain, local)
}

func (s *scanned) Scan(_ context.Context, yield func(domain, local string)) error {
	s.scans.Add(1)
	s.mu.Lock()
	err := s.readErr
	var all []identity
	for id := range s.verdicts {
		all = append(all, id)
	}
	s.mu.Unlock()
	if s.during != nil {
		s.during()
	}
	for _, id := range all {
		yield(id.domain, id.local)
	}
	return err
}

// scanInBubble runs f with a Behind that has scanned its Store, which had one verdict.
func scanInBubble(t *testing.T, s *scanned, f func(t *testing.T, b *store.Behind)) {
	synctest.Test(t, func(t *testing.T) {
		s.fake = newFake()
		if err := s.Write(t.Context(), store.Batch{Verdicts: []store.Verdict{verdict("Stored", 0)}}); err != nil {
			t.Fatal(err)
		}
		b := store.NewBehind(s, store.BehindOptions{})
		synctest.Wait()
		f(t, b)
		s.set(func(f *fake) { f.readErr, f.writeErr = nil, nil })
		if err := b.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
}

// wantLookup looks a recipient up and checks what was found and whether the Store was asked.
func (s *scanned) wantLookup(t *testing.T, b *store.Behind, local, want string, asked bool) {
	t.Helper()
	before := s.lookups.Load()
	if got := lookup(t, b, local); got != want {
		t.Errorf("look-up of %s found %q, want %q", local, got, want)
	}
	if got := s.lookups.Load() > before; got != asked {
		t.Errorf("look-up of %s: the store was asked: %v, want %v", local, got, asked)
	}
}

func TestBehindAsksTheStoreForNobodyItLacks(t *testing.T) {
	s := new(scanned)
	scanInBubble(t, s, func(t *testing.T, b *store.Behind) {
		s.wantLookup(t, b, "nobody", "", false)
		s.wantLookup(t, b, "stored", "Stored", true)
		s.wantLookup(t, b, "STORED", "Stored", true)
		b.Add(verdict("added", 0))
		s.wantLookup(t, b, "ADDED", "added", true)
		time.Sleep(time.Second)
		synctest.Wait()
		s.wantLookup(t, b, "added", "added", true)
		if _, err := b.ClearRecipient(t.Context(), "a.example", "stored"); err != nil {
			t.Fatal(err)
		}
		s.wantLookup(t, b, "stored", "", true)
	})
}

// What is added or written while the Store is scanned is found, though the scan has not seen it.
func TestBehindKnowsWhatIsAddedDuringTheScan(t *testing.T) {
	var b atomic.Pointer[store.Behind]
	s := new(scanned)
	s.during = func() {
		for b.Load() == nil {
			time.Sleep(time.Millisecond)
		}
		b.Load().Add(verdict("meanwhile", 0))
		if err := b.Load().Flush(context.Background()); err != nil {
			t.Error(err)
		}
	}
	synctest.Test(t, func(t *testing.T) {
		s.fake = newFake()
		behind := store.NewBehind(s, store.BehindOptions{})
		behind.Add(verdict("before", 0))
		b.Store(behind)
		time.Sleep(time.Second)
		synctest.Wait()
		s.wantLookup(t, behind, "before", "before", true)
		s.wantLookup(t, behind, "meanwhile", "meanwhile", true)
		s.wantLookup(t, behind, "nobody", "", false)
		if err := behind.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
}

// While a scan fails the Store is asked for everybody; it is tried again.
func TestBehindScansAgainAfterAFailure(t *testing.T) {
	s := new(scanned)
	synctest.Test(t, func(t *testing.T) {
		s.fake = newFake()
		s.readErr = errFull
		b := store.NewBehind(s, store.BehindOptions{})
		synctest.Wait()
		s.set(func(f *fake) { f.readErr = nil })
		s.wantLookup(t, b, "nobody", "", true)
		time.Sleep(time.Minute)
		synctest.Wait()
		s.wantLookup(t, b, "nobody", "", false)
		if n := s.scans.Load(); n != 2 {
			t.Errorf("%d scans, want 2", n)
		}
		if err := b.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
}

// What is known stays of use however many recipients come: it is learned anew, in more room.
func TestBehindKnowsManyRecipients(t *testing.T) {
	s := new(scanned)
	scanInBubble(t, s, func(t *testing.T, b *store.Behind) {
		for i := range 110_000 {
			b.Add(verdict(fmt.Sprintf("user%d", i), 0))
			if i%55_000 == 54_999 {
				time.Sleep(10 * time.Second)
				synctest.Wait()
			}
		}
		if n := s.scans.Load(); n != 3 { // one at the start; one when it is full, and one with room for what that has found
			t.Errorf("%d scans, want 3", n)
		}
		s.lookups.Store(0)
		for i := range 10_000 {
			lookup(t, b, fmt.Sprintf("nobody%d", i))
		}
		if n := s.lookups.Load(); n > 300 {
			t.Errorf("%d of 10000 recipients that the store lacks were looked up", n)
		}
		for i := 0; i < 110_000; i += 5000 {
			s.wantLookup(t, b, fmt.Sprintf("user%d", i), fmt.Sprintf("user%d", i), true)
		}
	})
}
