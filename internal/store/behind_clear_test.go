package store_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"callout/internal/store"
)

func TestBehindClearRecipient(t *testing.T) {
	inBubble(t, store.BehindOptions{}, func(t *testing.T, s *fake, b *store.Behind) {
		b.Add(verdict("john", 3))
		b.Add(verdict("John", 2))
		if err := b.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
		b.Add(verdict("John", 1))
		b.Add(verdict("JOHN", 0))
		b.Add(verdict("jane", 0))
		s.set(func(s *fake) { s.clearErr = errFull })
		if n, err := b.ClearRecipient(t.Context(), "a.example", "john"); n != 0 || !errors.Is(err, errFull) {
			t.Errorf("ClearRecipient of a failing store = %d, %v", n, err)
		}
		if got := lookup(t, b, "john"); got != "JOHN John john" {
			t.Errorf("a clear that failed leaves %q", got)
		}
		s.set(func(s *fake) { s.clearErr = nil })
		if n, err := b.ClearRecipient(t.Context(), "a.example", "jOHN"); n != 3 || err != nil {
			t.Errorf("ClearRecipient = %d, %v; want the 3 spellings", n, err)
		}
		time.Sleep(time.Second)
		synctest.Wait()
		if got := lookup(t, b, "john") + lookup(t, b, "jane"); got != "jane" || s.rows() != 1 {
			t.Errorf("found %q and %d rows stored", got, s.rows())
		}
	})
}

// A clear waits for the batch that is being written, and takes its rows too.
func TestBehindClearRecipientWhileWriting(t *testing.T) {
	inBubble(t, store.BehindOptions{}, func(t *testing.T, s *fake, b *store.Behind) {
		const write = 3 * time.Second
		s.set(func(s *fake) { s.hold = func(context.Context) { time.Sleep(write) } })
		b.Add(verdict("john", 0))
		time.Sleep(time.Second)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := b.ClearRecipient(ctx, "a.example", "john"); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("ClearRecipient that gives up = %v", err)
		}
		if n, err := b.ClearRecipient(t.Context(), "a.example", "john"); n != 1 || err != nil {
			t.Errorf("ClearRecipient = %d, %v", n, err)
		}
		time.Sleep(10 * time.Second)
		synctest.Wait()
		if lookup(t, b, "john") != "" || s.rows() != 0 {
			t.Error("a verdict from before the clear is back")
		}
	})
}

func TestBehindClearsPendingGenerations(t *testing.T) {
	inBubble(t, store.BehindOptions{}, func(t *testing.T, s *fake, b *store.Behind) {
		other := verdict("john", 0)
		other.Domain = "b.example"
		add := func() {
			b.Add(verdict("john", 0))
			b.Add(other)
			b.AddFact(store.DomainFact{Domain: "a.example"})
		}
		add()
		if g, err := b.ClearDomain(t.Context(), "a.example"); g != 1 || err != nil {
			t.Fatalf("ClearDomain = %d, %v", g, err)
		}
		add() // from a callout that began before
		_, ok, err := b.DomainFact(t.Context(), "a.example")
		if n, _, _ := b.Stats(); n != 1 || ok || err != nil || lookup(t, b, "john") != "" {
			t.Errorf("%d pending, fact %v, %v; want b.example alone", n, ok, err)
		}
		if _, err := b.ClearAll(t.Context()); err != nil {
			t.Fatal(err)
		}
		if n, _, _ := b.Stats(); n != 0 {
			t.Errorf("%d pending after ClearAll", n)
		}
		fresh := verdict("john", 0)
		fresh.Generation = 2
		b.Add(fresh)
		if g, err := b.ClearDomain(t.Context(), "a.example"); g != 3 || err != nil || lookup(t, b, "john") != "" {
			t.Errorf("ClearDomain = %d, %v", g, err)
		}
		fresh.Generation = 3
		b.Add(fresh)
		if lookup(t, b, "john") != "john" {
			t.Error("a verdict of the new generation is not found")
		}
		s.set(func(s *fake) { s.clearErr = errFull })
		if _, err := b.ClearDomain(t.Context(), "a.example"); err == nil || lookup(t, b, "john") != "john" {
			t.Errorf("ClearDomain of a failing store = %v", err)
		}
	})
}

func TestBehindPurges(t *testing.T) {
	inBubble(t, store.BehindOptions{}, func(t *testing.T, s *fake, b *store.Behind) {
		start := time.Now()
		s.set(func(s *fake) { s.garbage = 3 })
		time.Sleep(61 * time.Second)
		if _, err := b.ClearDomain(t.Context(), "a.example"); err != nil {
			t.Fatal(err)
		}
		time.Sleep(60 * time.Second)
		synctest.Wait()
		var got []time.Duration
		for _, at := range s.purges {
			got = append(got, at.Sub(start))
		}
		want := []time.Duration{60 * time.Second, 60*time.Second + 20*time.Millisecond,
			60*time.Second + 40*time.Millisecond, 61 * time.Second, 121 * time.Second}
		if !slices.Equal(got, want) {
			t.Errorf("purged at %v, want %v", got, want)
		}
	})
}

// Whatever runs beside it, a verdict from before a clear is not seen after it, and every other is found.
func TestBehindConcurrently(t *testing.T) {
	s := newFake()
	b := store.NewBehind(s, store.BehindOptions{Interval: time.Millisecond, MaxBatch: 7})
	var wg sync.WaitGroup
	for w := range 8 {
		wg.Go(func() {
			local := fmt.Sprintf("user%d", w)
			for i := range 300 {
				b.Add(verdict(local, 0))
				if got := lookup(t, b, local); got != local {
					t.Errorf("%s is not found after Add: %q", local, got)
				}
				if i%3 > 0 {
					continue
				}
				if n, err := b.ClearRecipient(t.Context(), "a.example", local); n != 1 || err != nil {
					t.Errorf("ClearRecipient = %d, %v", n, err)
				}
				if got := lookup(t, b, local); got != "" {
					t.Errorf("%s is found after ClearRecipient", got)
				}
			}
		})
	}
	wg.Wait()
	if err := b.Close(t.Context()); err != nil {
		t.Error(err)
	}
}
