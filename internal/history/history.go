package history

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"callout/internal/store"
)

// Times of the house.
const (
	every = 10 * time.Second    // the counters are read, and the alerts looked at
	keep  = 30 * 24 * time.Hour // minutes and past alerts
)

// Bounds.
const (
	maxPast    = 10_000 // alerts
	maxOpen    = 10_000 // alerts; those beyond are shown while they hold, and not kept
	maxPending = 120    // minutes that could not be written yet
	maxPurges  = 50     // calls of the store, of those that purge once an hour
)

// Options are what a History works with. Gatherer and Store are needed.
type Options struct {
	Gatherer prometheus.Gatherer // has the counters of docs/metrics.md
	Store    store.History
	Alerts   func() []Alert // what is known to hold now; nil: nothing ever
	// Over reports whether an alert that was open is over, now that it is not known to hold: what was found out before a
	// restart may not be known again yet. nil: always.
	Over func(Alert) bool
	Log  *slog.Logger // nil: silent
}

// History keeps what happened. Its methods may be called from any goroutine.
type History struct {
	gatherer prometheus.Gatherer
	store    store.History
	now      func() []Alert
	over     func(Alert) bool
	log      *slog.Logger

	last sighting // what holds, as it was last looked at

	mu      sync.Mutex // guards what follows
	samples []sample   // of the last minute, oldest first
	pending []store.Minute
	current store.Minute // what was seen of the minute that is not over; its At is zero before it begins
	open    map[identity]store.Alert

	writing sync.Mutex // held through a change of the store, so that none overtakes another
	failing bool       // the last change failed; of writing
	purged  time.Time  // of writing

	stop chan struct{}
	once sync.Once
	done chan struct{}
	ctx  context.Context // of what the goroutine does
	cut  context.CancelFunc
}

// New reads what was open and begins to count. The error is that of the store.
func New(ctx context.Context, o Options) (*History, error) {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Alerts == nil {
		o.Alerts = func() []Alert { return nil }
	}
	if o.Over == nil {
		o.Over = func(Alert) bool { return true }
	}
	h := &History{
		gatherer: o.Gatherer, store: o.Store, now: o.Alerts, over: o.Over, log: o.Log,
		open: make(map[identity]store.Alert), stop: make(chan struct{}), done: make(chan struct{}),
	}
	open, err := o.Store.OpenAlerts(ctx)
	if err != nil {
		return nil, fmt.Errorf("reading open alerts: %w", err)
	}
	for _, a := range open {
		h.open[identity{a.Kind, a.Domain, a.Host}] = a
	}
	h.ctx, h.cut = context.WithCancel(context.Background())
	h.sample()
	go h.run()
	return h, nil
}

// Close writes what is not written yet and ends the goroutine. What takes longer than ctx lives is given up.
func (h *History) Close(ctx context.Context) {
	h.once.Do(func() { close(h.stop) })
	select {
	case <-h.done:
	case <-ctx.Done():
	}
	h.cut()
	<-h.done
}

// run reads and looks every ten seconds, at times that ten seconds divide, so that a minute's last reading is at its
// end.
func (h *History) run() {
	defer close(h.done)
	for {
		now := time.Now()
		t := time.NewTimer(now.Truncate(every).Add(every).Sub(now))
		select {
		case <-t.C:
			h.sample()
			h.look()
			h.write()
		case <-h.stop:
			t.Stop()
			h.sample()
			h.endMinute()
			h.write()
			return
		}
	}
}

// changed says how a change of the store went, to the log where that is news. The caller holds h.writing.
func (h *History) changed(err error) {
	switch {
	case err != nil && !h.failing:
		h.log.Error("history: what happened can't be written; it is tried again", "err", err)
	case err == nil && h.failing:
		h.log.Info("history: what happened is written again")
	}
	h.failing = err != nil
}
