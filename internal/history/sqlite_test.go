package history_test

import (
	"path/filepath"
	"testing"
	"time"

	"callout/internal/history"
	"callout/internal/store"
	"callout/internal/store/sqlite"
)

// stored begins a history in a database with thirty days of minutes, one in so many and each one of the last two hours,
// in each of which 60*n things happened, n being 1 for questions and one more for each series after it.
func stored(t testing.TB, oneIn time.Duration) *history.History {
	t.Helper()
	s, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "callout.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	var minutes []store.Minute
	now := time.Now()
	for at, step := now.Add(-720*time.Hour), oneIn; at.Before(now); at = at.Add(step * time.Minute) {
		if now.Sub(at) < 2*time.Hour {
			step = 1
		}
		m := store.Minute{At: at.Truncate(time.Minute), Seen: time.Minute}
		for k := range m.Tally {
			m.Tally[k] = int64(60 * (k + 1))
		}
		minutes = append(minutes, m)
	}
	if err := s.AddMinutes(t.Context(), minutes); err != nil {
		t.Fatal(err)
	}
	h, err := history.New(t.Context(), history.Options{Gatherer: newCounters(), Store: s})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { h.Close(t.Context()) })
	return h
}

func TestChartsOfThirtyDaysInADatabase(t *testing.T) {
	h := stored(t, 5)
	for _, span := range []string{"hour", "day", "month"} {
		chart, err := h.Chart(t.Context(), span)
		if err != nil {
			t.Fatal(err)
		}
		for k := range store.NumSeries {
			series := chart.Series[store.Series(k).String()]
			for i, v := range series[:len(series)-2] { // the last minute may have begun since
				if v == nil && i > 0 || v != nil && *v != float64(k+1) {
					t.Fatalf("%s: %s is %v in step %d of %d", span, store.Series(k), v, i, len(series))
				}
			}
		}
	}
}

// BenchmarkChart reads charts out of thirty days of minutes.
func BenchmarkChart(b *testing.B) {
	h := stored(b, 1)
	for _, span := range []string{"hour", "day", "month"} {
		b.Run(span, func(b *testing.B) {
			for b.Loop() {
				if _, err := h.Chart(b.Context(), span); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
