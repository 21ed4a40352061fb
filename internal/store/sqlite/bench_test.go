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
	million     = 1_000_000
)

// benchVerdict is the i-th of the domain: a tenth of them is valid.
func benchVerdict(local string, generation uint64, i int) store.Verdict {
	now := time.Now()
	if i%10 == 0 {
		return store.Verdict{Domain: benchDomain, Local: local, Status: store.Valid, Generation: generation,
			Asked: now, Expires: now.Add(96 * time.Hour), Code: 250, Enhanced: "2.1.5", Text: "Ok",
			Host: "mx1.customer.example.com:25"}
	}
	return store.Verdict{Domain: benchDomain, Local: local, Status: store.Invalid, Generation: generation,
		Asked: now, Expires: now.Add(2 * time.Hour), Code: 550, Enhanced: "5.1.1",
		Text: "<user@customer.example.com>: Recipient address rejected: User unknown",
		Host: "mx1.customer.example.com:25"}
}

// fill writes n verdicts in batches of 1,000; place says where in the order of local-parts each one comes.
func fill(b *testing.B, s *sqlite.Store, generation uint64, n int, place func(i int) int) {
	b.Helper()
	batch := make([]store.Verdict, 0, 1000)
	for i := range n {
		batch = append(batch, benchVerdict(fmt.Sprintf("user.%07d", place(i)), generation, i))
		if len(batch) < cap(batch) && i < n-1 {
			continue
		}
		if err := s.Write(context.Background(), store.Batch{Verdicts: batch}); err != nil {
			b.Fatal(err)
		}
		batch = batch[:0]
	}
}

func sequential(i int) int { return i }

// scattered puts n local-parts, n being no multiple of 7,919, in an order that touches pages all over: what
// real questions do.
func scattered(n int) func(int) int { return func(i int) int { return i * 7919 % n } }

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

// BenchmarkWrite writes 300,000 verdicts of one domain in batches of 1,000.
func BenchmarkWrite(b *testing.B) {
	const rows = 300_000
	for name, place := range map[string]func(int) int{"scattered": scattered(rows), "sequential": sequential} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				b.StopTimer()
				s := benchStore(b)
				b.StartTimer()
				fill(b, s, 0, rows, place)
			}
			b.ReportMetric(float64(rows*b.N)/b.Elapsed().Seconds(), "rows/s")
		})
	}
}

// BenchmarkLookup looks up recipients all over a domain with 300,000 verdicts.
func BenchmarkLookup(b *testing.B) {
	const rows = 300_000
	s := benchStore(b)
	fill(b, s, 0, rows, sequential)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	look := func(b *testing.B, i int) {
		local := fmt.Sprintf("user.%07d", i*104729%rows)
		if found, err := s.Lookup(ctx, benchDomain, local); err != nil || len(found) != 1 {
			b.Errorf("%s: %d verdicts, %v", local, len(found), err)
		}
	}
	b.Run("one goroutine", func(b *testing.B) {
		b.ReportAllocs()
		for i := 0; b.Loop(); i++ {
			look(b, i)
		}
	})
	b.Run("one for each core", func(b *testing.B) {
		b.RunParallel(func(pb *testing.PB) {
			for i := 0; pb.Next(); i++ {
				look(b, i)
			}
		})
	})
}

// BenchmarkListPage lists pages of a domain with 1,000,000 verdicts.
func BenchmarkListPage(b *testing.B) {
	s := benchStore(b)
	fill(b, s, 0, million, sequential)
	pages := []struct {
		name string
		q    store.Query
	}{
		{"100 rows", store.Query{Limit: 100}},
		{"1000 rows", store.Query{Limit: 1000}},
		{"1000 valid rows", store.Query{Limit: 1000, Status: store.Valid}},
		{"100 rows with a text", store.Query{Limit: 100, Text: "77"}},
		{"no row matches", store.Query{Limit: 100, Text: "nobody"}},
	}
	for _, p := range pages {
		p.q.Domain = benchDomain
		b.Run(p.name, func(b *testing.B) {
			for b.Loop() {
				page, next, err := s.List(context.Background(), p.q)
				if err != nil {
					b.Fatal(err)
				}
				p.q.Cursor = next // so that pages are from all over the domain
				b.ReportMetric(float64(len(page)), "rows")
			}
		})
	}
}

// BenchmarkClearDomain clears a domain with 1,000,000 verdicts.
func BenchmarkClearDomain(b *testing.B) {
	s := benchStore(b)
	fill(b, s, 0, million, sequential)
	for b.Loop() {
		if _, err := s.ClearDomain(context.Background(), benchDomain); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkPurge purges 1,000 rows a call of those that a clear has left, and of those that have expired. The
// rows lie as they were asked, all over.
func BenchmarkPurge(b *testing.B) {
	const rows = 300_000
	tests := []struct {
		name  string
		clear bool
		now   time.Time
	}{
		{"cleared", true, time.Time{}},
		{"expired", false, time.Now().Add(200 * time.Hour)},
	}
	for _, tt := range tests {
		b.Run(tt.name, func(b *testing.B) {
			var longest time.Duration
			var s *sqlite.Store
			for more := false; b.Loop(); {
				if !more {
					b.StopTimer()
					s = benchStore(b)
					fill(b, s, 0, rows, scattered(rows))
					if tt.clear {
						if _, err := s.ClearDomain(context.Background(), benchDomain); err != nil {
							b.Fatal(err)
						}
					}
					b.StartTimer()
				}
				start := time.Now()
				var err error
				if more, err = s.Purge(context.Background(), tt.now, 1000); err != nil {
					b.Fatal(err)
				}
				longest = max(longest, time.Since(start))
			}
			b.ReportMetric(float64(longest.Milliseconds()), "ms-longest")
		})
	}
}

// BenchmarkSetRecipients replaces 100,000 local recipients of a domain, and reads them back.
func BenchmarkSetRecipients(b *testing.B) {
	const entries = 100_000
	for name, place := range map[string]func(int) int{"scattered": scattered(entries), "sequential": sequential} {
		b.Run(name, func(b *testing.B) {
			s := benchStore(b)
			all := make([]string, entries)
			for i := range all {
				all[i] = fmt.Sprintf("user.%07d", place(i))
			}
			for b.Loop() {
				if err := s.SetRecipients(context.Background(), benchDomain, all); err != nil {
					b.Fatal(err)
				}
				n := 0
				err := s.Recipients(context.Background(), func(string, string) error { n++; return nil })
				if err != nil || n != entries {
					b.Fatalf("%d recipients, %v", n, err)
				}
			}
		})
	}
}

// BenchmarkSetAsked says what is asked for 6,000 domains: something new, or the same as before.
func BenchmarkSetAsked(b *testing.B) {
	const domains = 6000
	for name, step := range map[string]int{"new": 1, "the same": 0} {
		b.Run(name, func(b *testing.B) {
			s := benchStore(b)
			asked := make(map[string]string, domains)
			for i := 0; b.Loop(); i += step {
				for d := range domains {
					asked[fmt.Sprintf("customer-%04d.example", d)] = fmt.Sprintf("mx.example.com:25 %d", i)
				}
				if _, err := s.SetAsked(context.Background(), asked); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkCounts counts 1,000,000 verdicts of one domain.
func BenchmarkCounts(b *testing.B) {
	s := benchStore(b)
	fill(b, s, 0, million, sequential)
	for b.Loop() {
		counts, err := s.Counts(context.Background())
		if n := counts[benchDomain]; err != nil || n.Valid+n.Invalid != million {
			b.Fatalf("%v, %v", counts, err)
		}
	}
}
