package nexthop

import (
	"context"
	"log/slog"
	"slices"
	"sync"

	"github.com/prometheus/client_golang/prometheus"

	"callout/internal/callout"
)

// Options are what Hops needs from outside. Pools is required.
type Options struct {
	Pools      *callout.Pools        // opens the connections
	Log        *slog.Logger          // dialogue and session ends at debug; nil: silent
	Registerer prometheus.Registerer // nil: metrics are counted and shown nowhere
}

// Hops passes messages on to next hops. Its methods may be called from any goroutine.
type Hops struct {
	pools   *callout.Pools
	log     *slog.Logger
	metrics *metrics
	records records

	ctx    context.Context // ends when sessions are to be cut
	cancel context.CancelFunc
	quits  sync.WaitGroup // for goroutines that say QUIT

	mu       sync.Mutex
	sessions map[*session]struct{}
	kept     map[key][]*session // free for the next message, the one used last at the end
	keptAll  int
	busy     int           // deliveries that have not ended, and goroutines that say QUIT
	closed   bool          // no delivery begins any more, no session is kept
	cut      bool          // QUIT is not said any more
	idle     chan struct{} // closed when nothing is busy after Close
}

// New returns Hops without sessions; they come with the messages. The caller must Close it.
func New(o Options) *Hops {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	h := &Hops{
		pools: o.Pools, log: o.Log, metrics: newMetrics(o.Registerer), records: records{byID: make(map[ID]*Status)},
		sessions: make(map[*session]struct{}), kept: make(map[key][]*session), idle: make(chan struct{}),
	}
	h.ctx, h.cancel = context.WithCancel(context.Background())
	return h
}

// Close begins no more deliveries, says QUIT in the sessions that are free and waits for the others until ctx ends. Then it
// cuts them; whoever uses one learns it by an error.
func (h *Hops) Close(ctx context.Context) {
	h.mu.Lock()
	first := !h.closed
	h.closed = true
	for _, all := range h.kept {
		for _, s := range slices.Clone(all) {
			h.unkeep(s)
			h.partLater(s)
		}
	}
	if first && h.busy == 0 {
		close(h.idle)
	}
	h.mu.Unlock()
	select {
	case <-h.idle:
	case <-ctx.Done():
	}
	h.cutAll()
	h.quits.Wait()
}

func (h *Hops) cutAll() {
	h.cancel()
	h.mu.Lock()
	defer h.mu.Unlock()
	h.cut = true
	for s := range h.sessions {
		s.link.Cut()
	}
}

// enter counts a delivery that begins, and reports whether one may.
func (h *Hops) enter() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return false
	}
	h.busy++
	return true
}

// leave counts a delivery that has ended.
func (h *Hops) leave() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.notBusy()
}

// notBusy counts one that was busy off. The caller holds h.mu.
func (h *Hops) notBusy() {
	h.busy--
	if h.closed && h.busy == 0 {
		close(h.idle)
	}
}
