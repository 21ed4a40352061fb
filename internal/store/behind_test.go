package store_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
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

// A row that is written while a look-up reads the store is found in one place or the other.
func TestBehindLookupWhileWriting(t *testing.T) {
	inBubble(t, store.BehindOptions{}, func(t *testing.T, s *fake, b *store.Behind) {
		b.Add(verdict("john", 0))
		s.read = func() {
			if err := b.Flush(t.Context()); err != nil {
				t.Error(err)
			}
		}
		if got := lookup(t, b, "john"); got != "john" {
			t.Errorf("found %q", got)
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
		time.Sleep(300 * time.Millisecond) // into a pause
		b.Add(verdict("jane", 0))
		time.Sleep(600 * time.Millisecond)
		synctest.Wait()
		if _, _, failures := b.Stats(); failures != 131 {
			t.Error("a new row ends the pause")
		}
		s.set(func(s *fake) { s.writeErr = nil })
		time.Sleep(time.Second)
		synctest.Wait()
		if n, _, _ := b.Stats(); n != 0 || b.Err() != nil || s.rows() != 2 {
			t.Errorf("%d pending and %v once the store works again", n, b.Err())
		}
		if got := strings.Count(out.String(), "level=INFO"); got != 1 || strings.Count(out.String(), "\n") != 4 {
			t.Errorf("log once it works again:\n%s", out.String())
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

// A text that nobody has is looked for in steps, and none of them may take long.
func TestBehindListGivesUpForNow(t *testing.T) {
	inBubble(t, store.BehindOptions{}, func(t *testing.T, s *fake, b *store.Behind) {
		s.set(func(s *fake) { s.window, s.listing = 1, 15*time.Millisecond })
		for _, local := range []string{"a", "b", "c", "d", "e", "f", "x"} {
			b.Add(verdict(local, 0))
		}
		q := store.Query{Domain: "a.example", Limit: 10, Text: "x"}
		var steps []string
		for begun := time.Now(); ; begun = time.Now() {
			page, next, err := b.List(t.Context(), q)
			if took := time.Since(begun); err != nil || took > 40*time.Millisecond {
				t.Fatalf("%v after %v", err, took)
			}
			if len(page) > 0 {
				break
			}
			steps = append(steps, next)
			q.Cursor = next
		}
		if got := strings.Join(steps, " "); got != "b d f" {
			t.Errorf("the steps end at %s", got)
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
		if !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "verdicts lost: 1: ") {
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
