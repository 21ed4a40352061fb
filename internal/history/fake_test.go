package history_test

import (
	"context"
	"errors"
	"maps"
	"slices"
	"sync"
	"time"

	"callout/internal/store"
)

// fake keeps a history in memory, so that time in tests can be that of a bubble.
type fake struct {
	mu      sync.Mutex
	minutes map[time.Time]store.Minute
	alerts  []store.Alert
	broken  bool // nothing can be written
	purges  int
	hold    chan struct{} // where set, AddMinutes waits for it or its context
}

func newFake() *fake { return &fake{minutes: make(map[time.Time]store.Minute)} }

var errFull = errors.New("disk is full")

func (f *fake) AddMinutes(ctx context.Context, minutes []store.Minute) error {
	if f.hold != nil {
		select {
		case <-f.hold:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.broken {
		return errFull
	}
	for _, m := range minutes {
		sum := f.minutes[m.At]
		add(&sum, m)
		f.minutes[m.At] = sum
	}
	return nil
}

func add(sum *store.Minute, m store.Minute) {
	sum.At = m.At
	sum.Seen += m.Seen
	for s, n := range m.Tally {
		sum.Tally[s] += n
	}
}

func (f *fake) Sums(_ context.Context, from, until time.Time, step time.Duration) (all []store.Minute, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, at := range slices.SortedFunc(maps.Keys(f.minutes), time.Time.Compare) {
		if at.Before(from) || !at.Before(until) {
			continue
		}
		if n := len(all); n == 0 || !all[n-1].At.Equal(at.Truncate(step)) {
			all = append(all, store.Minute{})
		}
		m := f.minutes[at]
		m.At = at.Truncate(step)
		add(&all[len(all)-1], m)
	}
	return all, nil
}

func (f *fake) SaveAlerts(_ context.Context, alerts []store.Alert) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.broken {
		return errFull
	}
	for i := range alerts {
		if a := &alerts[i]; a.ID == 0 {
			a.ID = int64(len(f.alerts) + 1)
			f.alerts = append(f.alerts, *a)
		} else {
			kept := &f.alerts[a.ID-1]
			kept.Text, kept.Until = a.Text, a.Until
		}
	}
	return nil
}

func (f *fake) OpenAlerts(context.Context) ([]store.Alert, error) {
	return f.some(func(a store.Alert) bool { return a.Until.IsZero() }), nil
}

func (f *fake) PastAlerts(context.Context, store.AlertQuery) ([]store.Alert, string, error) {
	return f.some(func(a store.Alert) bool { return !a.Until.IsZero() }), "", nil
}

func (f *fake) some(want func(store.Alert) bool) (some []store.Alert) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, a := range f.alerts {
		if want(a) {
			some = append(some, a)
		}
	}
	return some
}

func (f *fake) PurgeHistory(context.Context, time.Time, int) (more bool, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.purges++
	return f.purges == 1, nil
}

// breaks has the store refuse every change, or none any more.
func (f *fake) breaks(broken bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.broken = broken
}

// kept returns the minutes that are stored.
func (f *fake) kept() []store.Minute {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.SortedFunc(maps.Values(f.minutes), func(a, b store.Minute) int { return a.At.Compare(b.At) })
}
