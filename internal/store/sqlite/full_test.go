package sqlite

import (
	"context"
	"errors"
	"fmt"
	"math"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"callout/internal/store"

	driver "modernc.org/sqlite"
	codes "modernc.org/sqlite/lib"
)

func opened(t *testing.T) *Store {
	t.Helper()
	s, err := Open(t.Context(), filepath.Join(t.TempDir(), "callout.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// number is the result of a query of one integer on the writing connection.
func number(t *testing.T, s *Store, query string) int {
	t.Helper()
	c, err := s.take(t.Context(), s.write)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { s.write <- c }()
	n, err := c.number(t.Context(), query)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func verdicts(n int, expires time.Time) []store.Verdict {
	var all []store.Verdict
	for i := range n {
		all = append(all, store.Verdict{Domain: "a.example", Local: fmt.Sprintf("user%d", i), Status: store.Valid,
			Expires: expires, Text: strings.Repeat("x", 200)})
	}
	return all
}

// A database that may not grow fails like a full disk: the write is undone whole, reads go on, Behind keeps
// the rows, and once there is room again everything works.
func TestFullDisk(t *testing.T) {
	s := opened(t)
	b := store.NewBehind(s, store.BehindOptions{Interval: time.Hour}) // only Flush writes
	for _, v := range verdicts(10, time.Now()) {
		b.Add(v)
	}
	if err := b.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	number(t, s, "PRAGMA max_page_count = 1") // it takes the size that the database has
	many := verdicts(5000, time.Now().Add(time.Hour))
	for _, v := range many {
		b.Add(v)
	}
	err := b.Flush(t.Context())
	var full *driver.Error
	if !errors.As(err, &full) || full.Code() != codes.SQLITE_FULL || !strings.Contains(err.Error(), "free space") ||
		!strings.Contains(err.Error(), s.path) || !errors.Is(b.Err(), err) {
		t.Errorf("Flush = %v, Err = %v", err, b.Err())
	}
	if found, err := b.Lookup(t.Context(), "a.example", "user4321"); len(found) != 1 || err != nil {
		t.Errorf("Lookup of a pending verdict = %v, %v", found, err)
	}
	if found, err := s.Lookup(t.Context(), "a.example", "user3"); len(found) != 1 || err != nil {
		t.Errorf("Lookup of a stored verdict = %v, %v", found, err)
	}
	number(t, s, "PRAGMA max_page_count = 100000")
	if err := b.Close(t.Context()); err != nil || b.Err() != nil {
		t.Errorf("Close with room again = %v, Err = %v", err, b.Err())
	}
	if got := number(t, s, "SELECT count(*) FROM verdicts"); got != len(many) {
		t.Errorf("%d rows stored, want %d", got, len(many))
	}
}

// writeThree writes 1,000 verdicts of each of three domains, all current, some facts, and 600 host facts.
func writeThree(t *testing.T, s *Store) {
	t.Helper()
	g, err := s.Generations(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	rows := verdicts(3000, time.Now().Add(time.Hour))
	for i := range rows {
		rows[i].Domain = fmt.Sprintf("customer%d.example", i%3)
		rows[i].Generation = g.Of(rows[i].Domain)
	}
	var facts []store.DomainFact
	for _, d := range []string{"customer0.example", "customer1.example", "only-a-fact.example"} {
		facts = append(facts, store.DomainFact{Domain: d, Generation: g.Of(d)})
	}
	var hosts []store.HostFact
	for i := range 600 {
		hosts = append(hosts, store.HostFact{Host: fmt.Sprintf("192.0.2.1:%d", i), Kind: "resets",
			Expires: time.Now().Add(time.Hour)})
	}
	if err := s.Write(t.Context(), store.Batch{Verdicts: rows, Facts: facts, Hosts: hosts}); err != nil {
		t.Fatal(err)
	}
}

// Purge leaves nothing behind, and no call of it deletes more than its limit, or 1,000 rows.
func TestPurgeDeletesAll(t *testing.T) {
	s := opened(t)
	const left = "SELECT (SELECT count(*) FROM verdicts) + (SELECT count(*) FROM facts)" +
		" + (SELECT count(*) FROM garbage)" +
		" + (SELECT count(*) FROM host_facts WHERE expires <= %d)" +
		" + (SELECT count(*) FROM generations WHERE gen < (SELECT gen FROM generations WHERE domain = ''))"
	const rows = "SELECT (SELECT count(*) FROM verdicts) + (SELECT count(*) FROM host_facts)"
	tests := []struct {
		name  string
		clear func(ctx context.Context) (uint64, error)
		now   time.Time
		limit int
	}{
		{"expired", func(context.Context) (uint64, error) { return 0, nil }, time.Now().Add(2 * time.Hour), 1 << 30},
		{"cleared", s.ClearAll, time.UnixMilli(math.MinInt64), 700},
		{"cleared again before the end", func(ctx context.Context) (uint64, error) {
			if _, err := s.ClearAll(ctx); err != nil {
				return 0, err
			}
			writeThree(t, s)
			for range 3 { // past the first domain, whose new rows stay
				if _, err := s.Purge(ctx, time.UnixMilli(math.MinInt64), 500); err != nil {
					return 0, err
				}
			}
			return s.ClearAll(ctx)
		}, time.UnixMilli(math.MinInt64), 1000},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			writeThree(t, s)
			if _, err := s.ClearDomain(t.Context(), "customer1.example"); err != nil {
				t.Fatal(err)
			}
			if _, err := tt.clear(t.Context()); err != nil {
				t.Fatal(err)
			}
			for more := true; more; {
				before := number(t, s, rows)
				var err error
				if more, err = s.Purge(t.Context(), tt.now, tt.limit); err != nil {
					t.Fatal(err)
				}
				if n := before - number(t, s, rows); n > min(tt.limit, maxPurge) {
					t.Fatalf("a call deletes %d rows", n)
				}
			}
			if n := number(t, s, fmt.Sprintf(left, tt.now.UnixMilli())); n != 0 {
				t.Errorf("%d rows are left", n)
			}
		})
	}
}

// A page is chosen from a bounded number of rows, and the pages together miss none.
func TestListLooksAtABoundedNumberOfRows(t *testing.T) {
	s := opened(t)
	const rows = 2*half + 10
	all := make([]store.Verdict, 0, rows)
	for i := range rows {
		all = append(all, store.Verdict{Domain: "a.example", Local: fmt.Sprintf("%06d", i), Status: store.Invalid})
	}
	last, second := &all[rows-1], &all[half] // begins the second window
	last.Local, second.Local, last.Status = last.Local+"x", second.Local+"x", store.Valid
	if err := s.Write(t.Context(), store.Batch{Verdicts: all}); err != nil {
		t.Fatal(err)
	}
	q := store.Query{Domain: "a.example", Text: "X", Limit: 10}
	for i, want := range []int{0, 1, 1} {
		page, next, err := s.List(t.Context(), q)
		if err != nil || len(page) != want || (next == "") != (i == 2) {
			t.Fatalf("page %d = %d rows, %q, %v; want %d", i, len(page), next, err, want)
		}
		q.Cursor = next
	}
	page, next, err := s.List(t.Context(), store.Query{Domain: "a.example", Status: store.Valid, Limit: 10})
	if len(page) != 1 || next != "" || err != nil {
		t.Errorf("the only valid one is listed as %v, %q, %v", page, next, err)
	}
}
