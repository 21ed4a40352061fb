package store

import (
	"context"
	"fmt"
	"hash/maphash"
	"log/slog"
	"slices"
	"sync"
	"time"

	"callout/internal/address"
)

// BehindOptions are the settings of a Behind. Zero values stand for the defaults.
type BehindOptions struct {
	Interval   time.Duration // from the first pending row to its write, 200 ms by default
	MaxBatch   int           // rows of one transaction, 1,000 by default
	MaxPending int           // rows that wait at most, 100,000 by default; those beyond are dropped
	Log        *slog.Logger  // where failing writes are told, by default nowhere
}

// withDefaults fills in what is zero.
func (o BehindOptions) withDefaults() BehindOptions {
	if o.Interval <= 0 {
		o.Interval = 200 * time.Millisecond
	}
	if o.MaxBatch <= 0 {
		o.MaxBatch = 1000
	}
	if o.MaxPending <= 0 {
		o.MaxPending = 100_000
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return o
}

// Behind writes verdicts, domain facts and host facts to a Store a moment after they were found, many in one
// transaction, and answers look-ups as if they had been written at once. It also purges the Store.
//
// Whoever clears a domain or everything, or says what is asked, does so through Behind, so that what is pending
// goes too. (Where a domain is deleted in the Store itself, or what is asked was set before Behind had a row, the
// Store leaves out what comes too late.) Its methods may be called from any goroutine.
type Behind struct {
	store Store
	opts  BehindOptions

	// writing is held, by a value in it, while a batch is written: for one Write at most.
	writing chan struct{}

	mu       sync.Mutex // guards what follows; never held over I/O
	pending  *pending
	known    known
	dropped  uint64
	failures uint64
	failed   error     // the last write's failure, nil once one succeeded
	told     time.Time // when the log was told that writes fail
	closed   bool

	wake   chan struct{} // has a value once a first row is pending
	purge  chan struct{} // has a value once there is something to purge
	full   chan struct{} // has a value once known is to be filled again
	ctx    context.Context
	cancel context.CancelFunc
	wait   sync.WaitGroup // for the goroutines
}

// NewBehind starts a Behind in front of a Store. Close it before the Store.
func NewBehind(s Store, opts BehindOptions) *Behind {
	opts = opts.withDefaults()
	b := &Behind{
		store: s, opts: opts, pending: newPending(opts.MaxPending), known: known{seed: maphash.MakeSeed()},
		writing: make(chan struct{}, 1), wake: make(chan struct{}, 1), purge: make(chan struct{}, 1), full: make(chan struct{}, 1),
	}
	b.ctx, b.cancel = context.WithCancel(context.Background())
	b.wait.Go(b.run)
	if all, ok := s.(Scanner); ok {
		b.wait.Go(func() { b.know(all) })
	}
	return b
}

// Add takes a verdict to be written. It never waits for I/O. The latest verdict of one identity is written.
func (b *Behind) Add(v Verdict) {
	b.take(func(p *pending) int {
		if b.known.add(recipient{v.Domain, address.Fold(v.Local)}) {
			signal(b.full)
		}
		return p.add(v)
	})
}

// AddFact takes what is known of a domain, likewise.
func (b *Behind) AddFact(f DomainFact) { b.take(func(p *pending) int { return p.addFact(f) }) }

// AddHost takes what was learned of a host, or with a zero Expires that it is to be forgotten, likewise.
func (b *Behind) AddHost(h HostFact) { b.take(func(p *pending) int { return p.addHost(h) }) }

// take adds a row, counts what got lost and wakes the writer.
func (b *Behind) take(add func(*pending) (lost int)) {
	b.mu.Lock()
	lost := 1
	if !b.closed {
		lost = add(b.pending)
	}
	b.dropped += uint64(lost)
	b.mu.Unlock()
	signal(b.wake)
}

// signal leaves a value in a channel with room for one, if there is none yet.
func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// Lookup is that of the Store, with what is pending before what is stored. Where the Store fails, what is
// pending is returned beside the error. The Store is not asked for a recipient that it is known to lack.
func (b *Behind) Lookup(ctx context.Context, domain, local string) ([]Verdict, error) {
	b.mu.Lock()
	if b.known.lacks(recipient{domain, address.Fold(local)}) {
		b.mu.Unlock()
		return nil, nil
	}
	found := b.pending.of(domain, local) // first, since a row goes from here to the Store
	b.mu.Unlock()
	stored, err := b.store.Lookup(ctx, domain, local)
	for _, v := range stored {
		switch i := index(found, v); {
		case i < 0:
			found = append(found, v)
		case v.Epoch > found[i].Epoch:
			found[i] = v // the Store will not have it replaced either
		}
	}
	return Newest(found), err
}

// index returns the place of the verdict with the identity of v, -1 where there is none.
func index(verdicts []Verdict, v Verdict) int { return slices.IndexFunc(verdicts, v.same) }

// same reports whether two verdicts of one domain have the same identity.
func (v Verdict) same(w Verdict) bool { return v.Local == w.Local && v.Generation == w.Generation }

// DomainFact is that of the Store, unless there is one pending.
func (b *Behind) DomainFact(ctx context.Context, domain string) (fact DomainFact, ok bool, err error) {
	b.mu.Lock()
	if r := b.pending.facts[domain]; r != nil {
		fact, ok = *r.fact, true
	}
	b.mu.Unlock()
	if ok {
		return fact, true, nil
	}
	return b.store.DomainFact(ctx, domain)
}

// List is that of the Store after a Flush, so that it shows what was decided just now. Where the Flush fails it
// lists what is stored. It goes on for a while where the Store's page is empty and another follows.
func (b *Behind) List(ctx context.Context, q Query) (page []Verdict, next string, err error) {
	_ = b.Flush(ctx) // told by Err and the log
	for begun := time.Now(); ; q.Cursor = next {
		page, next, err = b.store.List(ctx, q)
		if err != nil || len(page) > 0 || next == "" || time.Since(begun) > emptyFor {
			return page, next, err
		}
	}
}

// emptyFor is how long List looks for a page that is not empty: a text that nobody has, in a domain of a million, is looked
// for in many steps, and none of them may take long.
const emptyFor = 20 * time.Millisecond

// HostFacts is that of the Store after a Flush. Where the Flush fails it returns what is stored.
func (b *Behind) HostFacts(ctx context.Context) ([]HostFact, error) {
	_ = b.Flush(ctx) // told by Err and the log
	return b.store.HostFacts(ctx)
}

// Counts is that of the Store after a Flush. Where the Flush fails it counts what is stored.
func (b *Behind) Counts(ctx context.Context) (map[string]Count, error) {
	_ = b.Flush(ctx) // told by Err and the log
	return b.store.Counts(ctx)
}

// Count is that of the Store, likewise.
func (b *Behind) Count(ctx context.Context, domain string) (Count, error) {
	_ = b.Flush(ctx) // told by Err and the log
	return b.store.Count(ctx, domain)
}

// Err returns the failure of the last write, and nil once a write has succeeded again.
func (b *Behind) Err() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.failed
}

// Stats returns how many rows are pending, how many were dropped for want of room or after Close, and how many
// writes failed.
func (b *Behind) Stats() (pending int, dropped, failures uint64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.pending.len(), b.dropped, b.failures
}

// Close ends the background work and writes what is pending. The error says how many rows could not be
// written. Rows that are added later are dropped.
func (b *Behind) Close(ctx context.Context) error {
	b.mu.Lock()
	again := b.closed
	b.closed = true
	b.mu.Unlock()
	if again {
		b.wait.Wait()
		return nil
	}
	// A goroutine may be amid a write: ending it costs no row, since Flush writes the batch again.
	b.cancel()
	b.wait.Wait()
	err := b.Flush(ctx)
	if n, _, _ := b.Stats(); err != nil && n > 0 {
		return fmt.Errorf("verdicts lost: %d: %w", n, err)
	}
	return err
}
