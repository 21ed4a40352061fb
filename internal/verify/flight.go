package verify

import (
	"context"
	"strings"
	"time"

	"callout/internal/address"
	"callout/internal/callout"
	"callout/internal/domains"
	"callout/internal/store"
)

const (
	// KeepUnknown is how long an unknown answers equal questions, so that a burst of one costs one callout and
	// a destination that recovers is noticed at once.
	KeepUnknown = 2 * time.Second
	// maxLingering bounds the unknowns that are kept for one domain.
	maxLingering = 10_000
)

// flight is one question on its way. Equal questions that come meanwhile wait for the same one.
type flight struct {
	d          *domains.Domain
	st         *state
	r          address.Recipient
	generation uint64
	own        entry  // what is known of the recipient itself
	status     Status // of own

	cleared bool // guarded by st.mu: nothing of it may be kept
	lingers bool // guarded by st.mu: it has ended in an unknown, which is kept for a moment

	done    chan struct{} // closed when the fields below are set
	verdict Verdict
	source  Source
}

func (v *Verifier) newFlight(d *domains.Domain, st *state, r address.Recipient) *flight {
	return &flight{d: d, st: st, r: r, generation: v.generation(st), done: make(chan struct{})}
}

// join returns the flight for a recipient: one that is under way, one that has just ended in an unknown, or a
// new one. kept says that it is one that has ended.
func (v *Verifier) join(d *domains.Domain, st *state, r address.Recipient) (f *flight, kept bool) {
	f = v.newFlight(d, st, r)
	st.mu.Lock()
	defer st.mu.Unlock()
	if other := st.flights[r.Local()]; other != nil && other.generation == f.generation {
		if !other.lingers {
			v.metrics.joined.Inc()
		}
		return other, other.lingers
	}
	st.flights[r.Local()] = f
	v.flying.Go(func() { v.fly(f) })
	return f, false
}

// wait waits for a flight as long as a front end can.
func (v *Verifier) wait(ctx context.Context, d *domains.Domain, f *flight) (Verdict, Source) {
	timer := time.NewTimer(d.Settings.AnswerWithin)
	defer timer.Stop()
	select {
	case <-f.done:
		return f.verdict, f.source
	case <-timer.C:
		return Verdict{Problem: errSlow}, FromNowhere
	case <-ctx.Done():
		return Verdict{Problem: ctx.Err()}, FromNowhere
	}
}

// fly finds the answer of a flight and lands it.
func (v *Verifier) fly(f *flight) {
	ctx, cancel := context.WithTimeout(v.ctx, f.d.Settings.Callout.Deadline)
	defer cancel()
	f.verdict, f.source = v.resolve(ctx, f)
	close(f.done)
	v.land(f)
}

// land takes an ended flight out of its domain's state, an unknown one a little later.
func (v *Verifier) land(f *flight) {
	st := f.st
	st.mu.Lock()
	defer st.mu.Unlock()
	if st.flights[f.r.Local()] != f {
		return // a clear has taken it out
	}
	if f.verdict.Status != Unknown || st.lingering >= maxLingering {
		delete(st.flights, f.r.Local())
		return
	}
	f.lingers = true
	st.lingering++
	time.AfterFunc(KeepUnknown, func() {
		st.mu.Lock()
		defer st.mu.Unlock()
		if st.flights[f.r.Local()] == f {
			st.drop(f)
		}
	})
}

// resolve looks in memory once more, in the store, and asks the destination.
func (v *Verifier) resolve(ctx context.Context, f *flight) (Verdict, Source) {
	if err := v.load(ctx, f.st); err != nil {
		v.storeFailed(f, err)
	}
	if err := v.find(ctx, f); err != nil {
		v.storeFailed(f, err) // what can't be read is asked
	}
	if f.status != Unknown {
		v.hold(f, false)
	}
	if verdict, ok := v.weigh(f); ok {
		return verdict, FromCache
	}
	carry, done, wait := v.probeTurn(f)
	if wait != nil {
		select {
		case <-wait:
		case <-ctx.Done():
		}
		if verdict, ok := v.weigh(f); ok {
			return verdict, FromCallout
		}
		carry, done, _ = v.probeTurn(f)
	}
	q := callout.Question{Destination: f.d.Destination, Recipient: f.r, Settings: &f.d.Settings.Callout}
	if carry {
		defer done()
		q.Probe = callout.RandomRecipient(f.d.Settings.ProbePrefix, f.d.Name)
	}
	return v.keep(f, v.asker.Ask(ctx, q)), FromCallout
}

// find sets a recipient's own verdict from memory, or else from the store. Only a flight that a clear can find
// may hold it in memory then.
func (v *Verifier) find(ctx context.Context, f *flight) error {
	if f.own, f.status = v.lookUp(f, v.now()); f.status != Unknown {
		return nil
	}
	rows, err := v.behind.Lookup(ctx, f.d.Name, f.r.Local())
	f.own, f.status = v.pick(f, rows)
	return err
}

// pick chooses among the rows of a recipient's spellings, newest first: a valid one of any spelling or an
// invalid one of this, whichever comes first and still counts.
func (v *Verifier) pick(f *flight, rows []store.Verdict) (entry, Status) {
	now := v.now()
	for _, row := range rows {
		e, ok := v.fromRow(row.Generation, row.Local, row.Asked, row.Host, storedReply(row.Code, row.Enhanced, row.Text))
		switch {
		case !ok:
		case row.Status == store.Valid && e.live(f.generation, now, f.d.Settings.Cache.ValidTTL):
			return e, Valid
		case row.Status == store.Invalid && row.Local == f.r.Local() && e.live(f.generation, now, f.d.Settings.Cache.InvalidTTL):
			return e, Invalid
		}
	}
	return entry{}, Unknown
}

// keep turns an answer into a verdict and keeps what is to be kept: this is where the rules of verdicts and
// times stand.
//
//	2xx to RCPT     valid, for valid_ttl
//	5xx to RCPT     invalid, for invalid_ttl
//	2xx to a probe  the domain is a catch-all: every recipient is valid, for valid_ttl
//	5xx to a probe  it is not, for invalid_ttl
//	otherwise       unknown, not kept; after a probe that settled nothing no new one for 10 min
func (v *Verifier) keep(f *flight, a callout.Answer) Verdict {
	if a.Probe.Asked {
		v.keepProbe(f, a)
	}
	switch {
	case a.Outcome == callout.Accepted && !a.ProbeSufficed:
		f.own, f.status = v.fresh(f.generation, f.r.Local(), a.Host, a.Reply), Valid
	case a.Outcome == callout.Rejected:
		f.own, f.status = v.fresh(f.generation, f.r.Local(), a.Host, a.Reply), Invalid
	}
	if f.status != Unknown {
		v.hold(f, true)
	}
	switch verdict, ok := v.weigh(f); {
	case ok:
		return verdict
	case a.ProbeSufficed: // and a clear came between
		return Verdict{Status: Valid, CatchAll: true, Reply: replyOf(a.Probe.Reply), Host: a.Host.String(), Asked: time.Now()}
	}
	return Verdict{Reply: replyOf(a.Reply), Host: a.Host.String(), Asked: time.Now(), Problem: a.Problem}
}

// keepProbe keeps what a probe said of the domain.
func (v *Verifier) keepProbe(f *flight, a callout.Answer) {
	st := f.st
	st.mu.Lock()
	defer st.mu.Unlock()
	if f.cleared || f.generation != v.generation(st) {
		return
	}
	if a.Probe.Outcome == callout.Unknown {
		st.noProbe = v.now() + int64(noProbeFor)
		return
	}
	ttl := f.d.Settings.Cache.InvalidTTL
	c := &catchAll{entry: v.fresh(f.generation, "", a.Probe.Host, a.Probe.Reply), accepts: a.Probe.Outcome == callout.Accepted}
	if c.accepts {
		ttl = f.d.Settings.Cache.ValidTTL
	}
	st.catchAll.Store(c)
	v.behind.AddFact(v.factRow(f.d.Name, c, ttl))
}

// hold puts what a flight found of its recipient into memory, and where write is set has it written behind,
// unless a clear has come between. Both happen under the lock that a clear takes before it looks for them.
func (v *Verifier) hold(f *flight, write bool) {
	f.st.mu.Lock()
	defer f.st.mu.Unlock()
	if f.cleared || f.generation != v.generation(f.st) {
		return
	}
	v.cache.put(v.keys.recipient(f.r), f.status, f.own)
	if c := f.st.catchAll.Load(); f.status == Invalid && c != nil && c.accepts && !c.exceptions {
		again := *c
		again.exceptions = true
		f.st.catchAll.Store(&again)
	}
	if write {
		v.behind.Add(v.row(f))
	}
}

// drop takes a flight out of the state. The caller holds st.mu.
func (st *state) drop(f *flight) {
	delete(st.flights, f.r.Local())
	if f.lingers {
		st.lingering--
	}
}

// dropFlights takes the flights of a local-part, in every spelling, out of the state: who comes now starts a
// new one, and nothing of the old ones is kept.
func (st *state) dropFlights(local string) {
	st.mu.Lock()
	defer st.mu.Unlock()
	for spelling, f := range st.flights {
		if len(spelling) == len(local) && strings.EqualFold(spelling, local) {
			f.cleared = true
			st.drop(f)
		}
	}
}

// forget drops what memory holds of a recipient, and flights that began while its clear was under way.
func (v *Verifier) forget(st *state, domain, local string) {
	st.dropFlights(local)
	st.mu.Lock()
	defer st.mu.Unlock()
	v.cache.forget(v.keys.recipient(address.New(local, domain)))
}

// storeFailed tells that the store could not be read; the question is answered without it.
func (v *Verifier) storeFailed(f *flight, err error) {
	v.metrics.storeErrors.Inc()
	v.log.Error("reading the store", "domain", f.d.Name, "err", err)
}
