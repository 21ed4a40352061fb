package sqlite_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"callout/internal/store"
	"callout/internal/store/sqlite"
)

const (
	others    = 100 // domains beside the one of a million
	ofOthers  = 1000
	fewDomain = "few.example.com" // a million of its verdicts are valid, and few are not
	few       = 300
)

// bigStore fills a store with a domain of a million verdicts of which a tenth is valid, with one where all but few are,
// and with 100,000 of others. A fill in order is the fastest.
func bigStore(b *testing.B) *sqlite.Store {
	b.Helper()
	s := benchStore(b)
	var batch []store.Verdict
	add := func(domain string, i int, valid bool) {
		v := benchVerdict(fmt.Sprintf("user.%07d", i), 0, 1)
		if valid {
			v = benchVerdict(v.Local, 0, 0)
		}
		v.Domain = domain
		batch = append(batch, v)
		if len(batch) == 20_000 {
			flushBatch(b, s, &batch)
		}
	}
	for d := range others {
		for i := range ofOthers {
			add(fmt.Sprintf("customer-%03d.example", d), i, i%10 == 0)
		}
	}
	for i := range million {
		add(benchDomain, i, i%10 == 0)
	}
	for i := range million {
		add(fewDomain, i, i < million-few) // together, behind all others: as bad as it gets
	}
	flushBatch(b, s, &batch)
	return s
}

func flushBatch(b *testing.B, s *sqlite.Store, batch *[]store.Verdict) {
	b.Helper()
	if err := s.Write(context.Background(), store.Batch{Verdicts: *batch}); err != nil {
		b.Fatal(err)
	}
	*batch = (*batch)[:0]
}

// longest reports how long the slowest of several calls took.
func longest(b *testing.B, call func()) {
	b.Helper()
	var most time.Duration
	for b.Loop() {
		begun := time.Now()
		call()
		most = max(most, time.Since(begun))
	}
	b.ReportMetric(float64(most.Microseconds())/1000, "ms-longest")
}

// placeAt returns the cursor of the place behind the i-th of a domain.
func placeAt(b *testing.B, s *sqlite.Store, domain string, i int) string {
	b.Helper()
	_, place, err := s.List(context.Background(), store.Query{Domain: domain, Prefix: fmt.Sprintf("user.%06d", i/10), Limit: 5})
	if err != nil || place == "" {
		b.Fatal(place, err)
	}
	return place
}

// BenchmarkMillion does what people do to a domain with 1,000,000 verdicts.
func BenchmarkMillion(b *testing.B) {
	s := bigStore(b)
	ctx := context.Background()
	middle := placeAt(b, s, benchDomain, million/2)
	recent := store.Query{ValidSince: time.Now().Add(-time.Hour), InvalidSince: time.Now().Add(-time.Hour), Limit: 100}
	pages := []struct {
		name   string
		rows   int
		change func(q *store.Query)
	}{
		{"first page", 100, func(*store.Query) {}},
		{"first page of 1000", 1000, func(q *store.Query) { q.Limit = 1000 }},
		{"page in the middle", 100, func(q *store.Query) { q.Cursor = middle }},
		{"page back from the middle", 100, func(q *store.Query) { q.Cursor, q.Back = middle, true }},
		{"last page", 100, func(q *store.Query) { q.Back = true }},
		{"prefix", 100, func(q *store.Query) { q.Prefix = "user.05" }},
		{"prefix of one", 1, func(q *store.Query) { q.Prefix = "user.0777777" }},
		{"prefix of none", 0, func(q *store.Query) { q.Prefix = "nobody" }},
		{"text that a few have", 20, func(q *store.Query) { q.Text = "777" }},
		{"text that none has", 0, func(q *store.Query) { q.Text = "nobody" }},
		{"text that none has, backwards", 0, func(q *store.Query) { q.Text, q.Back = "nobody", true }},
		{"valid", 100, func(q *store.Query) { q.Status = store.Valid }},
		{"invalid", 100, func(q *store.Query) { q.Status = store.Invalid }},
		{"invalid among a million valid", 100, func(q *store.Query) { q.Domain, q.Status = fewDomain, store.Invalid }},
		{"invalid among a million valid, by text", few, func(q *store.Query) { q.Domain, q.Status, q.Text, q.Limit = fewDomain, store.Invalid, "9", 1000 }},
		{"none asked since", 0, func(q *store.Query) {
			q.ValidSince, q.InvalidSince = time.Now().Add(time.Hour), time.Now().Add(time.Hour)
		}},
	}
	for _, p := range pages {
		b.Run(p.name, func(b *testing.B) {
			q := recent
			q.Domain = benchDomain
			p.change(&q)
			longest(b, func() {
				if page, _, err := s.List(ctx, q); err != nil || len(page) != p.rows {
					b.Fatalf("%d rows, %v", len(page), err)
				}
			})
		})
	}
	b.Run("count", func(b *testing.B) {
		longest(b, func() {
			if n, err := s.Count(ctx, benchDomain); err != nil || n.Valid+n.Invalid != million {
				b.Fatal(n, err)
			}
		})
	})
	b.Run("counts", func(b *testing.B) {
		longest(b, func() {
			if n, err := s.Counts(ctx); err != nil || len(n) != others+2 {
				b.Fatal(n, err)
			}
		})
	})
	b.Run("clear a recipient", func(b *testing.B) {
		i := 0
		longest(b, func() {
			i += 997
			if _, err := s.ClearRecipient(ctx, benchDomain, fmt.Sprintf("user.%07d", i%million)); err != nil {
				b.Fatal(err)
			}
		})
	})
	clears := []struct {
		name string
		do   func() error
	}{
		{"clear what is invalid", func() error { _, err := s.NewEpoch(ctx, []string{benchDomain}); return err }},
		{"clear the domain", func() error { _, err := s.ClearDomain(ctx, benchDomain); return err }},
		{"clear everything", func() error { _, err := s.ClearAll(ctx); return err }},
	}
	for _, c := range clears {
		b.Run(c.name, func(b *testing.B) {
			longest(b, func() {
				if err := c.do(); err != nil {
					b.Fatal(err)
				}
			})
		})
		if c.name == "clear what is invalid" {
			b.Run("first page after it", func(b *testing.B) {
				longest(b, func() {
					page, _, err := s.List(ctx, store.Query{Domain: benchDomain, Limit: 100})
					if err != nil || len(page) != 100 || slices.ContainsFunc(page, func(v store.Verdict) bool { return v.Status != store.Valid }) {
						b.Fatalf("%d rows, %v", len(page), err)
					}
				})
			})
		}
	}
}

// BenchmarkWriteBatches writes 100,000 verdicts of one domain that come from all over, 5,000 at once: new ones, the same
// again, and one domain for each ten of them.
func BenchmarkWriteBatches(b *testing.B) {
	const rows = 100_000
	fresh := func(i int) store.Verdict { return benchVerdict(fmt.Sprintf("user.%07d", scattered(rows)(i)), 0, i) }
	spread := func(i int) store.Verdict {
		v := fresh(i)
		v.Domain = fmt.Sprintf("customer-%05d.example", i%(rows/10))
		return v
	}
	tests := []struct {
		name  string
		make  func(i int) store.Verdict
		again bool
	}{{"new", fresh, false}, {"again", fresh, true}, {"new of many domains", spread, false}}
	for _, tt := range tests {
		b.Run(tt.name, func(b *testing.B) {
			fillAll := func(s *sqlite.Store) {
				batch := make([]store.Verdict, 0, 5000)
				for i := range rows {
					if batch = append(batch, tt.make(i)); len(batch) == cap(batch) {
						flushBatch(b, s, &batch)
					}
				}
			}
			for b.Loop() {
				b.StopTimer()
				s := benchStore(b)
				if tt.again {
					fillAll(s)
				}
				b.StartTimer()
				fillAll(s)
			}
			b.ReportMetric(float64(rows*b.N)/b.Elapsed().Seconds(), "rows/s")
		})
	}
}
