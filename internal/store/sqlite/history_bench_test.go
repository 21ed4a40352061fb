package sqlite_test

import (
	"context"
	"testing"
	"time"

	"callout/internal/store"
	"callout/internal/store/sqlite"
)

// thirtyDays is how many minutes are kept.
const thirtyDays = 30 * 24 * 60

// fillHistory stores thirty days before a time.
func fillHistory(t testing.TB, s *sqlite.Store, until time.Time) {
	t.Helper()
	var minutes []store.Minute
	for i := range thirtyDays {
		m := store.Minute{At: until.Add(-time.Duration(i+1) * time.Minute), Seen: time.Minute}
		for k := range m.Tally {
			m.Tally[k] = int64(i * (k + 1))
		}
		minutes = append(minutes, m)
	}
	if err := s.AddMinutes(context.Background(), minutes); err != nil {
		t.Fatal(err)
	}
}

// BenchmarkSums reads what charts of an hour, a day and thirty days show out of thirty days of minutes.
func BenchmarkSums(b *testing.B) {
	s := benchStore(b)
	fillHistory(b, s, noon)
	for _, chart := range []struct {
		name       string
		span, step time.Duration
	}{
		{"hour", time.Hour, time.Minute}, {"day", 24 * time.Hour, 5 * time.Minute}, {"month", 720 * time.Hour, 2 * time.Hour},
	} {
		b.Run(chart.name, func(b *testing.B) {
			for b.Loop() {
				sums, err := s.Sums(b.Context(), noon.Add(-chart.span), noon, chart.step)
				if err != nil || len(sums) != int(chart.span/chart.step) {
					b.Fatalf("%d sums, %v", len(sums), err)
				}
			}
		})
	}
}
