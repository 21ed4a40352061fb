package verify

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"callout/internal/domains"
	"callout/internal/store"
)

// noProbeFor is how long a domain is not probed again after a probe that settled nothing.
const noProbeFor = 10 * time.Minute

// state is what is known of a domain as a whole, and what is being asked for it.
type state struct {
	name       string
	generation atomic.Uint64
	catchAll   atomic.Pointer[catchAll] // nil: nothing is known

	loaded  atomic.Bool // what the store knows of the domain is here
	loading sync.Mutex  // held over the store's I/O

	mu        sync.Mutex
	flights   map[string]*flight // by local-part as asked; ended ones while their unknown is kept
	lingering int                // the ended ones
	probing   chan struct{}      // closed when the flight that carries the probe is over; nil without one
	noProbe   int64              // until then the domain is not probed
}

// state returns the state of a domain and makes it where there is none.
func (v *Verifier) state(name string) *state {
	if st, ok := v.states.Load(name); ok {
		return st.(*state)
	}
	st := &state{name: name, flights: make(map[string]*flight)}
	v.genMu.Lock()
	st.generation.Store(v.gens[name])
	v.genMu.Unlock()
	made, _ := v.states.LoadOrStore(name, st)
	return made.(*state)
}

// generation returns the generation that counts for a domain.
func (v *Verifier) generation(st *state) uint64 {
	return max(st.generation.Load(), v.everything.Load())
}

// load fetches what the store knows of a domain, once.
func (v *Verifier) load(ctx context.Context, st *state) error {
	if st.loaded.Load() {
		return nil
	}
	st.loading.Lock()
	defer st.loading.Unlock()
	if st.loaded.Load() {
		return nil
	}
	fact, ok, err := v.behind.DomainFact(ctx, st.name)
	if err != nil {
		return err
	}
	exceptions := ok && fact.CatchAll && v.refusedSince(ctx, fact)
	st.mu.Lock()
	defer st.mu.Unlock()
	defer st.loaded.Store(true)
	if !ok || fact.Generation != v.generation(st) || st.catchAll.Load() != nil {
		return nil
	}
	reply := storedReply(fact.Code, fact.Enhanced, fact.Text)
	if e, ok := v.fromRow(fact.Generation, "", fact.Asked, fact.Host, reply); ok {
		st.catchAll.Store(&catchAll{entry: e, accepts: fact.CatchAll, exceptions: exceptions})
	}
	return nil
}

// refusedSince reports whether the store may have recipients of a catch-all domain that were refused since its
// probe was accepted. Where that takes long to find out it says so: they are looked for one by one then.
func (v *Verifier) refusedSince(ctx context.Context, fact store.DomainFact) bool {
	rows, next, err := v.store.List(ctx, store.Query{Domain: fact.Domain, Status: store.Invalid, InvalidSince: fact.Asked, Limit: 1})
	return err != nil || len(rows) > 0 || next != ""
}

// probeTurn says who asks a random address of a domain without a state. carry: this flight does, and calls done
// when it is over. wait: another does; its answer may make this flight's question needless.
func (v *Verifier) probeTurn(f *flight) (carry bool, done func(), wait <-chan struct{}) {
	if !f.d.Settings.CatchAllCheck {
		return false, nil, nil
	}
	st := f.st
	st.mu.Lock()
	defer st.mu.Unlock()
	now := v.now()
	switch {
	case now < st.noProbe, v.domainKnown(st, now, &f.d.Settings.Cache):
		return false, nil, nil
	case st.probing != nil:
		return false, nil, st.probing
	}
	probing := make(chan struct{})
	st.probing = probing
	return true, func() {
		st.mu.Lock()
		if st.probing == probing {
			st.probing = nil
		}
		st.mu.Unlock()
		close(probing)
	}, nil
}

// domainKnown reports whether the catch-all question of a domain is settled: for as long as a valid verdict
// where it accepts everything, for as long as an invalid one where it does not.
func (v *Verifier) domainKnown(st *state, now int64, rules *domains.Cache) bool {
	c := st.catchAll.Load()
	if c == nil {
		return false
	}
	ttl := rules.InvalidTTL
	if c.accepts {
		ttl = rules.ValidTTL
	}
	return c.live(v.generation(st), now, ttl)
}

// reset forgets what is known and asked of a domain: a clear that took effect. Flights that are under way
// answer who waits for them, and nothing of them is kept.
func (st *state) reset() {
	st.mu.Lock()
	defer st.mu.Unlock()
	st.catchAll.Store(nil)
	st.noProbe = 0
	st.probing = nil
	clear(st.flights)
	st.lingering = 0
}

// raise sets a generation unless it is newer already.
func raise(g *atomic.Uint64, to uint64) {
	for {
		old := g.Load()
		if old >= to || g.CompareAndSwap(old, to) {
			return
		}
	}
}

// ClearRecipient forgets a recipient in every ASCII-case spelling, durably; n is how many verdicts were stored.
// When it has returned, no question gets an answer from before, and no callout that is under way is kept.
func (v *Verifier) ClearRecipient(ctx context.Context, domain, local string) (n int, err error) {
	st := v.state(domain)
	st.dropFlights(local)
	n, err = v.behind.ClearRecipient(ctx, domain, local)
	v.forget(st, domain, local) // even where the store failed: what memory holds must not outlive the wish
	return n, err
}

// ClearDomain forgets everything known of a domain, likewise. It takes the same time for any number of verdicts.
func (v *Verifier) ClearDomain(ctx context.Context, domain string) error {
	generation, err := v.behind.ClearDomain(ctx, domain)
	if err != nil {
		return err
	}
	v.Cleared(domain, generation)
	return nil
}

// Cleared takes over a generation that the store has given a domain.
func (v *Verifier) Cleared(domain string, generation uint64) {
	st := v.state(domain)
	raise(&st.generation, generation)
	st.reset()
	v.genMu.Lock()
	v.gens[domain] = max(v.gens[domain], generation)
	v.genMu.Unlock()
}

// ClearAll forgets everything known of every domain, likewise.
func (v *Verifier) ClearAll(ctx context.Context) error {
	generation, err := v.behind.ClearAll(ctx)
	if err != nil {
		return err
	}
	raise(&v.everything, generation)
	v.states.Range(func(_, st any) bool {
		st.(*state).reset()
		return true
	})
	return nil
}

// Forget lets go of what memory holds for domains that are no longer served.
func (v *Verifier) Forget(names []string) {
	for _, name := range names {
		if st, ok := v.states.Load(name); ok {
			v.genMu.Lock()
			v.gens[name] = max(v.gens[name], st.(*state).generation.Load())
			v.genMu.Unlock()
			v.states.Delete(name)
		}
	}
}

// List returns a page of the verdicts of a domain that still count, and the cursor of the next page.
func (v *Verifier) List(ctx context.Context, d *domains.Domain, q store.Query) ([]store.Verdict, string, error) {
	now := time.Now()
	q.Domain = d.Name
	q.ValidSince = now.Add(-d.Settings.Cache.ValidTTL)
	q.InvalidSince = now.Add(-d.Settings.Cache.InvalidTTL)
	return v.behind.List(ctx, q)
}
