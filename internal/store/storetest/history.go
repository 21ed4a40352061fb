package storetest

import (
	"context"
	"math"
	"reflect"
	"slices"
	"testing"
	"time"

	"callout/internal/store"
)

// HistoryStore is a store.History that can be closed.
type HistoryStore interface {
	store.History
	Close() error
}

// HistoryPlace opens the store of one place. It may be called again once the store that it returned is closed, and
// then finds what was kept there.
type HistoryPlace func(t *testing.T) HistoryStore

// RunHistory runs the suite of store.History. fresh makes a place with nothing in it, which is gone when its test ends.
func RunHistory(t *testing.T, fresh func(t *testing.T) HistoryPlace) {
	tests := []struct {
		name string
		test func(t *testing.T, open HistoryPlace)
	}{
		{"minutes are kept and added to", minutesAreKept},
		{"minutes are summed up in steps", minutesAreSummed},
		{"minutes are all or none", minutesAreWhole},
		{"alerts open, change and end", alertsOpenAndEnd},
		{"an alert is open once", alertIsOpenOnce},
		{"past alerts in pages", pastAlertsInPages},
		{"past alerts of domains", pastAlertsOfDomains},
		{"history is purged", historyIsPurged},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			tt.test(t, fresh(t))
		})
	}
}

// minute makes one that was seen whole, n minutes after noon: everything happened n times and k more.
func minute(n int) store.Minute {
	m := store.Minute{At: noon.Add(time.Duration(n) * time.Minute), Seen: time.Minute}
	for k := range m.Tally {
		m.Tally[k] = int64(n + k)
	}
	return m
}

func wantSums(t *testing.T, s store.History, from, until time.Time, step time.Duration, want ...store.Minute) {
	t.Helper()
	got, err := s.Sums(t.Context(), from, until, step)
	check(t, err)
	if !slices.Equal(got, want) {
		t.Errorf("Sums from %s until %s in steps of %s:\n%v\nwant\n%v", from, until, step, got, want)
	}
}

func minutesAreKept(t *testing.T, open HistoryPlace) {
	s := opened(t, open)
	later := noon.Add(time.Hour)
	wantSums(t, s, noon, later, time.Minute)
	check(t, s.AddMinutes(t.Context(), nil))
	half, large := minute(5), minute(7)
	half.Seen = 29_500 * time.Millisecond
	large.Tally[store.Questions] = math.MaxInt64 / 2
	check(t, s.AddMinutes(t.Context(), []store.Minute{large, half}))
	wantSums(t, s, noon, later, time.Minute, half, large)
	s = reopened(t, open, s)
	// The rest of a minute, after a restart.
	rest := half
	rest.Seen, rest.At = 20*time.Second, half.At.Add(40*time.Second)
	check(t, s.AddMinutes(t.Context(), []store.Minute{rest}))
	half.Seen += rest.Seen
	for k := range half.Tally {
		half.Tally[k] *= 2
	}
	wantSums(t, s, noon, later, time.Minute, half, large)
	wantSums(t, s, noon, large.At, time.Minute, half) // until is not of it, and from is
	wantSums(t, s, half.At, large.At, time.Minute, half)
	wantSums(t, s, half.At.Add(time.Minute), large.At, time.Minute)
}

// A day of minutes with some missing is summed up the same, however it is kept.
func minutesAreSummed(t *testing.T, open HistoryPlace) {
	s := opened(t, open)
	var minutes []store.Minute
	for n := range 24 * 60 {
		if n/70%3 != 1 {
			minutes = append(minutes, minute(n))
		}
	}
	check(t, s.AddMinutes(t.Context(), minutes))
	for _, step := range []time.Duration{time.Minute, 5 * time.Minute, 30 * time.Minute, time.Hour, 2 * time.Hour, 3 * time.Hour} {
		for _, late := range []time.Duration{0, 40 * time.Minute} {
			for _, early := range []time.Duration{0, 40 * time.Minute} {
				from, until := noon.Add(2*time.Hour+late), noon.Add(14*time.Hour-early)
				wantSums(t, s, from, until, step, sums(minutes, from, until, step)...)
			}
		}
	}
}

// sums adds minutes up as Sums is to do it.
func sums(minutes []store.Minute, from, until time.Time, step time.Duration) (all []store.Minute) {
	for _, m := range minutes {
		if m.At.Before(from) || !m.At.Before(until) {
			continue
		}
		seconds := int64(step / time.Second)
		at := time.Unix(m.At.Unix()/seconds*seconds, 0).UTC()
		if len(all) == 0 || !all[len(all)-1].At.Equal(at) {
			all = append(all, store.Minute{At: at})
		}
		sum := &all[len(all)-1]
		sum.Seen += m.Seen
		for k, n := range m.Tally {
			sum.Tally[k] += n
		}
	}
	return all
}

func minutesAreWhole(t *testing.T, open HistoryPlace) {
	s := opened(t, open)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.AddMinutes(ctx, []store.Minute{minute(1), minute(2)}); err == nil {
		t.Error("AddMinutes with a cancelled context succeeds")
	}
	wantSums(t, s, noon, noon.Add(time.Hour), time.Minute)
}

func historyIsPurged(t *testing.T, open HistoryPlace) {
	s := opened(t, open)
	var minutes []store.Minute
	for n := range 5000 {
		minutes = append(minutes, minute(n))
	}
	check(t, s.AddMinutes(t.Context(), minutes))
	past := ended(t, s, domain, 3000) // from minute 1,000 to 2,499
	still := save(t, s, alert("paused", domain, "", -10_000))[0]
	purge := func(before time.Time, alerts int) {
		t.Helper()
		calls := 1
		for ; ; calls++ {
			more, err := s.PurgeHistory(t.Context(), before, alerts)
			check(t, err)
			if !more {
				break
			}
		}
		if calls < 2 {
			t.Errorf("a purge of thousands of rows takes %d call", calls)
		}
	}
	purge(noon.Add(1200*time.Minute), 1999)
	from, until := noon.Add(-24*time.Hour), noon.Add(240*time.Hour)
	wantSums(t, s, from, until, time.Minute, minutes[1200:]...)
	got, err := s.Sums(t.Context(), from, until, time.Hour)
	check(t, err)
	if want := sums(minutes[1200:], from, until, time.Hour); !reflect.DeepEqual(got, want) {
		t.Errorf("%d hours are left, want %d", len(got), len(want))
	}
	wantPast(t, s, store.AlertQuery{Limit: 1000}, past[:1999]...)
	purge(noon.Add(2200*time.Minute), 2000)
	wantPast(t, s, store.AlertQuery{Limit: 1000}, past[:600]...)
	wantOpen(t, s, still)
}
