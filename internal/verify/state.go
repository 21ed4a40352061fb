package verify

import (
	"context"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"callout/internal/store"
)

// state is what is known of a domain as a whole, and what is being asked for it.
type state struct {
	name       string
	generation atomic.Uint64
	catchAll   atomic.Pointer[catchAll] // by hosts of the first priority; nil: nothing is known
	backup     atomic.Pointer[catchAll] // by those behind them, likewise

	loaded  atomic.Bool // what the store knows of the domain is here
	loading sync.Mutex  // held over the store's I/O

	mu        sync.Mutex
	flights   map[flightKey]*flight // ended ones while their unknown is kept
	lingering int                   // the ended ones
	probing   *turn                 // of the flight that carries a probe in front; nil without one
	renewing  *turn                 // of the flight that carries one behind, until that is settled
	noProbe   undecided
	rejection lastRejection
}

// undecided says until when a domain is not probed, since the last probe settled nothing.
type undecided struct {
	era
	until int64
}

// undecided reports whether the domain is not to be probed now. The caller holds st.mu.
func (st *state) undecided(in era, now int64) bool {
	return st.noProbe.era == in && now < st.noProbe.until
}

// lastRejection says when a domain last rejected a recipient or a probe.
type lastRejection struct {
	era
	ever        bool
	at, written int64 // the latter is what the store knows
}

// writeRejectionEvery is how old the stored time of the last rejection may grow: rejections do not cost a write each.
const writeRejectionEvery = time.Hour

// within reports whether something was rejected in an era not longer ago than d.
func (r *lastRejection) within(in era, now int64, d time.Duration) bool {
	return r.ever && r.era == in && now-r.at < int64(d)
}

// note takes a rejection and reports whether it is to be written.
func (r *lastRejection) note(in era, now int64) bool {
	if !r.ever || r.era != in {
		*r = lastRejection{era: in, ever: true, at: now, written: now}
		return true
	}
	r.at = max(r.at, now)
	return now-r.written >= int64(writeRejectionEvery)
}

// state returns the state of a domain and makes it where there is none.
func (v *Verifier) state(name string) *state {
	if st, ok := v.states.Load(name); ok {
		return st.(*state)
	}
	st := &state{name: name, flights: make(map[flightKey]*flight)}
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
	if ok && fact.Generation == v.generation(st) {
		v.takeFact(st, fact, exceptions)
	}
	return nil
}

// takeFact takes over what the store knows of a domain, where nothing newer is known. The caller holds st.mu.
func (v *Verifier) takeFact(st *state, fact store.DomainFact, exceptions bool) {
	in := era{fact.Generation, fact.Epoch}
	e, ok := v.fromRow(in, "", fact.Asked, fact.Host, storedReply(fact.Code, fact.Enhanced, fact.Text))
	known := ok && !fact.Asked.IsZero()
	if known && st.catchAll.Load() == nil {
		st.catchAll.Store(&catchAll{entry: e, accepts: fact.CatchAll, turned: fact.Turned, exceptions: exceptions})
	}
	if st.rejection.ever || fact.Rejected.IsZero() {
		return
	}
	if r, ok := v.fromRow(in, "", fact.Rejected, "", Reply{}); ok {
		st.rejection = lastRejection{era: in, ever: true, at: r.asked, written: r.asked}
	}
}

// refusedSince reports whether the store may have recipients of a catch-all domain that were refused since its
// probe was accepted. Where that takes long to find out it says so: they are looked for one by one then.
func (v *Verifier) refusedSince(ctx context.Context, fact store.DomainFact) bool {
	rows, next, err := v.store.List(ctx, store.Query{Domain: fact.Domain, Status: store.Invalid, InvalidSince: fact.Asked, Limit: 1})
	return err != nil || len(rows) > 0 || next != ""
}

// writeFact has what is known of a flight's domain written behind. A catch-all is kept for stale_valid_for beyond its
// time, as valid verdicts are. The caller holds st.mu.
func (v *Verifier) writeFact(f *flight) {
	row, rules := store.DomainFact{Domain: f.d.Name, Generation: f.generation, Epoch: f.epoch}, &f.d.Settings.Cache
	if r := &f.st.rejection; r.ever && r.era == f.era {
		row.Rejected = v.wall(r.at)
		row.Expires = row.Rejected.Add(doubtFor)
		r.written = r.at
	}
	if c := f.st.catchAll.Load(); c != nil && c.era == f.era {
		row.Asked, row.CatchAll, row.Turned = v.wall(c.asked), c.accepts, c.turned
		row.Code, row.Enhanced, row.Text, row.Host = c.reply.Code, c.reply.Enhanced.String(), c.reply.Text, c.host
		expires := row.Asked.Add(c.ttl(rules))
		if c.accepts {
			expires = expires.Add(rules.StaleValidFor)
		}
		if expires.After(row.Expires) {
			row.Expires = expires
		}
	}
	v.behind.AddFact(row)
}

// drop takes a flight out of the state. The caller holds st.mu.
func (st *state) drop(f *flight) {
	delete(st.flights, f.key())
	if f.lingers {
		st.lingering--
	}
}

// dropFlights takes the flights of a local-part, in every spelling, out of the state: who comes now starts a
// new one, and nothing of the old ones is kept.
func (st *state) dropFlights(local string) {
	st.mu.Lock()
	defer st.mu.Unlock()
	for key, f := range st.flights {
		if len(key.local) == len(local) && strings.EqualFold(key.local, local) {
			f.cleared = true
			st.drop(f)
		}
	}
}

// reset forgets what is known and asked of a domain: a clear that took effect. Flights that are under way
// answer who waits for them, and nothing of them is kept.
func (st *state) reset() {
	st.mu.Lock()
	defer st.mu.Unlock()
	st.catchAll.Store(nil)
	st.backup.Store(nil)
	st.noProbe = undecided{}
	st.rejection = lastRejection{}
	st.probing, st.renewing = nil, nil
	clear(st.flights)
	st.lingering = 0
}
