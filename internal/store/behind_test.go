package store_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"callout/internal/store"
)

var errFull = errors.New("disk is full")

// verdict makes one of a.example that was asked n seconds ago.
func verdict(local string, n int) store.Verdict {
	return store.Verdict{Domain: "a.example", Local: local, Status: store.Invalid, Code: 550,
		Asked: time.Now().Add(-time.Duration(n) * time.Second)}
}

// locals returns what a look-up or a listing found.
func locals(verdicts []store.Verdict) string {
	var names []string
	for _, v := range verdicts {
		names = append(names, v.Local)
	}
	return strings.Join(names, " ")
}

func lookup(t *testing.T, b *store.Behind, local string) string {
	t.Helper()
	found, err := b.Lookup(t.Context(), "a.example", local)
	if err != nil {
		t.Fatal(err)
	}
	return locals(found)
}

// inBubble runs f in fake time with a Behind that is closed at the end.
func inBubble(t *testing.T, opts store.BehindOptions, f func(t *testing.T, s *fake, b *store.Behind)) {
	synctest.Test(t, func(t *testing.T) {
		s := newFake()
		b := store.NewBehind(s, opts)
		f(t, s, b)
		s.set(func(s *fake) { s.writeErr = nil })
		if err := b.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
}

func TestBehindWritesAnIntervalAfterTheFirstRow(t *testing.T) {
	inBubble(t, store.BehindOptions{}, func(t *testing.T, s *fake, b *store.Behind) {
		b.Add(verdict("one", 0))
		time.Sleep(150 * time.Millisecond)
		b.Add(verdict("two", 0))
		b.AddFact(store.DomainFact{Domain: "a.example"})
		time.Sleep(49 * time.Millisecond)
		synctest.Wait()
		if n := len(s.written()); n != 0 {
			t.Errorf("%d batches written before the interval was over", n)
		}
		time.Sleep(time.Millisecond)
		synctest.Wait()
		if !slices.Equal(s.written(), []int{3}) {
			t.Errorf("batches %v, want one of 3 rows", s.written())
		}
		b.Add(verdict("three", 0))
		time.Sleep(200 * time.Millisecond)
		synctest.Wait()
		if !slices.Equal(s.written(), []int{3, 1}) {
			t.Errorf("batches %v, want 3 1", s.written())
		}
	})
}

func TestBehindSplitsAFlushIntoBatches(t *testing.T) {
	inBubble(t, store.BehindOptions{MaxBatch: 10}, func(t *testing.T, s *fake, b *store.Behind) {
		for i := range 25 {
			b.Add(verdict(fmt.Sprintf("user%d", i), 0))
		}
		time.Sleep(200 * time.Millisecond)
		synctest.Wait()
		if !slices.Equal(s.written(), []int{10, 10, 5}) {
			t.Errorf("batches %v", s.written())
		}
		if n, dropped, failures := b.Stats(); n != 0 || dropped != 0 || failures != 0 {
			t.Errorf("Stats = %d %d %d", n, dropped, failures)
		}
	})
}

func TestBehindAnswersFromWhatIsPending(t *testing.T) {
	inBubble(t, store.BehindOptions{}, func(t *testing.T, s *fake, b *store.Behind) {
		b.Add(verdict("john", 60))
		if err := b.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
		b.Add(verdict("John", 30))
		newer := verdict("john", 0)
		newer.Status = store.Valid
		b.Add(newer)
		found, err := b.Lookup(t.Context(), "a.example", "JOHN")
		if err != nil || locals(found) != "john John" || found[0].Status != store.Valid {
			t.Errorf("Lookup = %v, %v; want the pending john before John", found, err)
		}
		s.set(func(s *fake) { s.readErr = errFull })
		if found, err = b.Lookup(t.Context(), "a.example", "john"); len(found) != 2 || !errors.Is(err, errFull) {
			t.Errorf("Lookup of a failing store = %v, %v; want what is pending and the error", found, err)
		}
		if _, ok, err := b.DomainFact(t.Context(), "a.example"); ok || !errors.Is(err, errFull) {
			t.Errorf("DomainFact of a failing store = %v, %v", ok, err)
		}
		b.AddFact(store.DomainFact{Domain: "a.example", CatchAll: true})
		if f, ok, err := b.DomainFact(t.Context(), "a.example"); !f.CatchAll || !ok || err != nil {
			t.Errorf("DomainFact = %v, %v, %v; want the pending one", f, ok, err)
		}
	})
}

func TestBehindLatestWins(t *testing.T) {
	inBubble(t, store.BehindOptions{}, func(t *testing.T, s *fake, b *store.Behind) {
		for code := 550; code < 555; code++ {
			v := verdict("john", 0)
			v.Code = code
			b.Add(v)
			b.AddFact(store.DomainFact{Domain: "a.example", Code: code})
		}
		if err := b.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
		if v := s.verdicts[identity{"a.example", "john", 0}]; v.Code != 554 || s.written()[0] != 2 {
			t.Errorf("code %d of batches %v", v.Code, s.written())
		}
		if f := s.facts["a.example"]; f.Code != 554 {
			t.Errorf("fact with code %d", f.Code)
		}
	})
}

// Rows that come while a flush runs are left to the next one, so that it ends.
func TestBehindFlushEnds(t *testing.T) {
	inBubble(t, store.BehindOptions{MaxBatch: 2}, func(t *testing.T, s *fake, b *store.Behind) {
		n := 0
		add := func() {
			b.Add(verdict(fmt.Sprintf("user%d", n), 0))
			n++
		}
		s.set(func(s *fake) {
			s.hold = func(context.Context) {
				if n < 100 {
					add()
					add()
				}
			}
		})
		add()
		add()
		add()
		if err := b.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := s.written(); !slices.Equal(got, []int{2, 1}) {
			t.Errorf("a flush of 3 rows writes batches of %v", got)
		}
		s.set(func(s *fake) { s.hold = nil })
	})
}

// A row that is replaced while it is being written is written again.
func TestBehindReplacedWhileWriting(t *testing.T) {
	inBubble(t, store.BehindOptions{}, func(t *testing.T, s *fake, b *store.Behind) {
		s.set(func(s *fake) {
			s.hold = func(context.Context) {
				s.set(func(s *fake) { s.hold = nil })
				v := verdict("john", 0)
				v.Code = 551
				b.Add(v)
			}
		})
		b.Add(verdict("john", 0))
		time.Sleep(time.Second)
		synctest.Wait()
		if v := s.verdicts[identity{"a.example", "john", 0}]; v.Code != 551 || len(s.written()) != 2 {
			t.Errorf("code %d after batches %v", v.Code, s.written())
		}
	})
}

func TestBehindBoundsWhatIsPending(t *testing.T) {
	inBubble(t, store.BehindOptions{MaxPending: 10}, func(t *testing.T, s *fake, b *store.Behind) {
		s.set(func(s *fake) { s.writeErr = errFull })
		for i := range 15 {
			b.Add(verdict(fmt.Sprintf("user%d", i), 0))
		}
		b.AddFact(store.DomainFact{Domain: "a.example"})
		b.Add(verdict("user3", 0)) // no new row
		if n, dropped, _ := b.Stats(); n != 10 || dropped != 6 {
			t.Errorf("%d pending and %d dropped, want 10 and 6", n, dropped)
		}
		if lookup(t, b, "user3") == "" || lookup(t, b, "user12") != "" {
			t.Error("the rows that were dropped are not those that came last")
		}
	})
}

func TestBehindBoundsSpellings(t *testing.T) {
	inBubble(t, store.BehindOptions{}, func(t *testing.T, _ *fake, b *store.Behind) {
		good := verdict("administrator", 100)
		good.Status = store.Valid
		b.Add(good)
		for i := range 40 {
			local := []byte("administrator")
			for bit := range 6 {
				if i>>bit&1 == 1 {
					local[bit] -= 'a' - 'A'
				}
			}
			if local[0] == 'A' {
				b.Add(verdict(string(local), 50-i))
			}
		}
		found := lookup(t, b, "administrator")
		if names := strings.Fields(found); len(names) != store.MaxSpellings || names[len(names)-1] != "administrator" {
			t.Errorf("found %s; want 16 and the valid one among them", found)
		}
		if n, dropped, _ := b.Stats(); n != store.MaxSpellings || dropped != 5 {
			t.Errorf("%d pending, %d dropped", n, dropped)
		}
	})
}

func TestBehindRetries(t *testing.T) {
	var out bytes.Buffer
	opts := store.BehindOptions{Log: slog.New(slog.NewTextHandler(&out, nil))}
	inBubble(t, opts, func(t *testing.T, s *fake, b *store.Behind) {
		s.set(func(s *fake) { s.writeErr = errFull })
		b.Add(verdict("john", 0))
		time.Sleep(200*time.Millisecond + 130*time.Second)
		synctest.Wait()
		if n, _, failures := b.Stats(); n != 1 || failures != 131 || !errors.Is(b.Err(), errFull) {
			t.Errorf("%d pending after %d failures with %v; want 131, one a second", n, failures, b.Err())
		}
		if got := strings.Count(out.String(), "level=ERROR"); got != 3 {
			t.Errorf("%d error lines in 130 s, want one a minute:\n%s", got, out.String())
		}
		if lookup(t, b, "john") != "john" {
			t.Error("what could not be written is not found")
		}
		s.set(func(s *fake) { s.writeErr = nil })
		time.Sleep(time.Second)
		synctest.Wait()
		if n, _, _ := b.Stats(); n != 0 || b.Err() != nil || s.rows() != 1 {
			t.Errorf("%d pending and %v once the store works again", n, b.Err())
		}
		if got := strings.Count(out.String(), "level=INFO"); got != 1 || strings.Count(out.String(), "\n") != 4 {
			t.Errorf("log once it works again:\n%s", out.String())
		}
	})
}

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
		if g, err := b.DeleteDomain(t.Context(), "a.example"); g != 3 || err != nil || lookup(t, b, "john") != "" {
			t.Errorf("DeleteDomain = %d, %v", g, err)
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

func TestBehindListShowsWhatIsPending(t *testing.T) {
	inBubble(t, store.BehindOptions{}, func(t *testing.T, s *fake, b *store.Behind) {
		b.Add(verdict("a", 0))
		b.Add(verdict("b", 0))
		q := store.Query{Domain: "a.example", Limit: 10}
		if page, next, err := b.List(t.Context(), q); locals(page) != "a b" || next != "" || err != nil {
			t.Errorf("List = %v, %q, %v", locals(page), next, err)
		}
		s.set(func(s *fake) { s.writeErr = errFull })
		b.Add(verdict("c", 0))
		if page, _, err := b.List(t.Context(), q); locals(page) != "a b" || err != nil {
			t.Errorf("List of a store that can't be written = %v, %v", locals(page), err)
		}
	})
}

func TestBehindListGoesOnToTheFirstMatch(t *testing.T) {
	inBubble(t, store.BehindOptions{}, func(t *testing.T, s *fake, b *store.Behind) {
		s.set(func(s *fake) { s.window = 2 })
		for _, local := range []string{"a", "b", "c", "dx", "e", "f", "g"} {
			b.Add(verdict(local, 0))
		}
		q := store.Query{Domain: "a.example", Limit: 10, Text: "x"}
		page, next, err := b.List(t.Context(), q)
		if locals(page) != "dx" || next != "dx" || err != nil {
			t.Errorf("List = %v, %q, %v", locals(page), next, err)
		}
		q.Cursor = next
		if page, next, err = b.List(t.Context(), q); len(page) != 0 || next != "" || err != nil {
			t.Errorf("the page after = %v, %q, %v", locals(page), next, err)
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

func TestBehindClose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newFake()
		s.set(func(s *fake) { s.hold = func(ctx context.Context) { <-ctx.Done() } })
		b := store.NewBehind(s, store.BehindOptions{})
		b.Add(verdict("john", 0))
		time.Sleep(time.Second) // a write hangs
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		err := b.Close(ctx)
		if !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "1 verdicts are lost") {
			t.Errorf("Close over a store that hangs = %v", err)
		}
		if _, _, failures := b.Stats(); failures != 0 || b.Err() != nil {
			t.Errorf("%d failures, %v: a write that was given up is none of the store's", failures, b.Err())
		}
		b.Add(verdict("jane", 0))
		if n, dropped, _ := b.Stats(); n != 1 || dropped != 1 {
			t.Errorf("%d pending, %d dropped after Close", n, dropped)
		}
		if err := b.Close(t.Context()); err != nil {
			t.Errorf("second Close = %v", err)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		s := newFake()
		b := store.NewBehind(s, store.BehindOptions{})
		b.Add(verdict("john", 0))
		if err := b.Close(t.Context()); err != nil || s.rows() != 1 {
			t.Errorf("Close = %v with %d rows written", err, s.rows())
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
