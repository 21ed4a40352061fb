package sqlite_test

import (
	"context"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"callout/internal/store"
	"callout/internal/store/sqlite"
)

const (
	benchDomain = "customer.example.com"
	million     = 300_000
)

// fill writes n verdicts of one domain in batches of 1,000, a tenth of them valid.
func fill(b *testing.B, s *sqlite.Store, generation uint64, n int) {
	b.Helper()
	now := time.Now()
	batch := make([]store.Verdict, 0, 1000)
	for i := range n {
		v := store.Verdict{
			Domain: benchDomain, Local: fmt.Sprintf("user.%07d", (i*7919)%n), Status: store.Invalid,
			Generation: generation, Asked: now.Add(time.Duration(i) * time.Millisecond), Expires: now.Add(2*time.Hour + time.Duration(i)*time.Millisecond),
			Code: 550, Enhanced: "5.1.1", Text: "<user@customer.example.com>: Recipient address rejected: User unknown",
			Host: "mx1.customer.example.com:25",
		}
		if i%10 == 0 {
			v.Status, v.Expires, v.Code, v.Enhanced, v.Text = store.Valid, now.Add(96*time.Hour), 250, "2.1.5", "Ok"
		}
		if batch = append(batch, v); len(batch) == cap(batch) || i == n-1 {
			if err := s.Write(context.Background(), batch, nil); err != nil {
				b.Fatal(err)
			}
			batch = batch[:0]
		}
	}
}

// benchStore opens an empty store.
func benchStore(b *testing.B) *sqlite.Store {
	b.Helper()
	s, err := sqlite.Open(context.Background(), filepath.Join(b.TempDir(), "callout.db"))
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := s.Close(); err != nil {
			b.Error(err)
		}
	})
	return s
}

// BenchmarkWrite writes 300,000 rows in batches of 1,000.
func BenchmarkWrite(b *testing.B) {
	const rows = 300_000
	for b.Loop() {
		b.StopTimer()
		s := benchStore(b)
		b.StartTimer()
		fill(b, s, 0, rows)
	}
	b.ReportMetric(float64(rows*b.N)/b.Elapsed().Seconds(), "rows/s")
}

// BenchmarkLookup looks up recipients of a domain with 300,000 verdicts.
func BenchmarkLookup(b *testing.B) {
	s := benchStore(b)
	const n = 300_000
	fill(b, s, 0, n)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	look := func(b *testing.B, i int) {
		local := fmt.Sprintf("user.%07d", (i*104729)%n)
		if found, err := s.Lookup(ctx, benchDomain, local); err != nil || len(found) != 1 {
			b.Errorf("%s: %d verdicts, %v", local, len(found), err)
		}
	}
	b.Run("one", func(b *testing.B) {
		b.ReportAllocs()
		for i := 0; b.Loop(); i++ {
			look(b, i)
		}
	})
	b.Run("parallel", func(b *testing.B) {
		b.RunParallel(func(pb *testing.PB) {
			for i := 0; pb.Next(); i++ {
				look(b, i)
			}
		})
	})
}

// BenchmarkMillion measures what a domain with a million verdicts costs to list, to clear and to purge.
func BenchmarkMillion(b *testing.B) {
	s := benchStore(b)
	fill(b, s, 0, million)
	ctx := context.Background()
	pages := map[string]store.Query{
		"first":     {Limit: 1000},
		"valid":     {Limit: 1000, Status: store.Valid},
		"text":      {Limit: 1000, Text: "R.00001"},
		"no match":  {Limit: 1000, Text: "nobody"},
		"100 of it": {Limit: 100, InvalidSince: time.Now().Add(-2 * time.Hour)},
	}
	for name, q := range pages {
		q.Domain = benchDomain
		b.Run("page "+name, func(b *testing.B) {
			for b.Loop() {
				if _, _, err := s.List(ctx, q); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	b.Run("page in the middle", func(b *testing.B) {
		q := store.Query{Domain: benchDomain, Limit: 1, Text: "user.0500000"}
		var next string
		for next == "" {
			page, cursor, err := s.List(ctx, q)
			if err != nil {
				b.Fatal(err)
			}
			if q.Cursor = cursor; len(page) > 0 {
				next = cursor
			}
		}
		q.Text, q.Limit = "", 1000
		for b.Loop() {
			if page, _, err := s.List(ctx, q); err != nil || len(page) != 1000 {
				b.Fatal(len(page), err)
			}
		}
	})
	start := time.Now()
	if _, err := s.ClearDomain(ctx, benchDomain); err != nil {
		b.Fatal(err)
	}
	b.Logf("ClearDomain: %v", time.Since(start))
	for _, limit := range []int{100, 500, 1000} {
		var longest, sum time.Duration
		calls := 0
		for range 100 {
			start := time.Now()
			more, err := s.Purge(ctx, start, limit)
			if err != nil {
				b.Fatal(err)
			}
			if !more {
				break
			}
			took := time.Since(start)
			calls++
			longest, sum = max(longest, took), sum+took
		}
		b.Logf("Purge %d: %v mean, %v longest", limit, sum/time.Duration(calls), longest)
	}
}
