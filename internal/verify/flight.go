package verify

import (
	"context"
	"time"

	"callout/internal/address"
	"callout/internal/callout"
	"callout/internal/domains"
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
	d  *domains.Domain
	st *state
	r  address.Recipient
	era
	again  bool // it asks, whatever is known
	trace  func(callout.Line)
	own    entry        // what is known of the recipient itself, from hosts of the first priority
	status Status       // of own
	stale  *entry       // a valid verdict that has expired less than stale_valid_for ago; nil for none
	backup *provisional // what a host of lower priority has just said; nil for nothing

	cleared bool // guarded by st.mu: nothing of it may be kept
	lingers bool // guarded by st.mu: it has ended in an unknown, which is kept for a moment

	done    chan struct{} // closed when the fields below are set
	verdict Verdict
	source  Source
}

func (v *Verifier) newFlight(d *domains.Domain, st *state, r address.Recipient) *flight {
	return &flight{d: d, st: st, r: r, era: v.era(d, st), done: make(chan struct{})}
}

// question returns what the destination is asked about the flight's recipient.
func (f *flight) question() callout.Question {
	return callout.Question{Destination: f.d.Destination, Recipient: f.r, Settings: &f.d.Settings.Callout, Trace: f.trace}
}

// flightKey tells the flights of a domain apart: equal ones are one.
type flightKey struct {
	local string // as asked
	again bool
}

func (f *flight) key() flightKey { return flightKey{f.r.Local(), f.again} }

// join returns the flight that answers for a new one: an equal one that is under way, one that has just ended in an
// unknown, or the new one itself. One of another era is left to those who wait for it already. kept says that it is
// one that has ended.
func (v *Verifier) join(f *flight) (joined *flight, kept bool) {
	st := f.st
	st.mu.Lock()
	defer st.mu.Unlock()
	if other := st.flights[f.key()]; other != nil {
		if other.era == f.era {
			if !other.lingers {
				v.metrics.joined.Inc()
			}
			return other, other.lingers
		}
		if f.olderThan(other.era) {
			v.begin(f) // nothing of it will be kept, so a clear need not find it
			return f, false
		}
		st.drop(other)
	}
	if v.begin(f) {
		st.flights[f.key()] = f
	}
	return f, false
}

// begin lets a flight begin, unless Close has: it has ended then, and nobody is asked.
func (v *Verifier) begin(f *flight) bool {
	if v.later(func() { v.fly(f) }) {
		return true
	}
	f.verdict = Verdict{Problem: &callout.Problem{Kind: callout.ShuttingDown, Stage: callout.StageQueue}}
	close(f.done)
	return false
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

// fly finds the answer of a flight and lands it, before anybody hears of it: who asks next finds it landed.
func (v *Verifier) fly(f *flight) {
	ctx, cancel := context.WithTimeout(v.ctx, f.d.Settings.Callout.Deadline)
	defer cancel()
	f.verdict, f.source = v.resolve(ctx, f)
	v.land(f)
	close(f.done)
}

// land takes a flight that has its answer out of its domain's state, an unknown one a little later.
func (v *Verifier) land(f *flight) {
	st := f.st
	st.mu.Lock()
	defer st.mu.Unlock()
	if st.flights[f.key()] != f {
		return // a clear has taken it out
	}
	if f.verdict.Status != Unknown || st.lingering >= maxLingering {
		delete(st.flights, f.key())
		return
	}
	f.lingers = true
	st.lingering++
	time.AfterFunc(KeepUnknown, func() {
		st.mu.Lock()
		defer st.mu.Unlock()
		if st.flights[f.key()] == f {
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
	if f.again {
		return v.found(f, v.asker.Ask(ctx, f.question()), false)
	}
	if verdict, ok := v.known(f); ok {
		return verdict, FromCache
	}
	carry, done, wait := v.probeTurn(f)
	if wait != nil {
		select {
		case <-wait:
		case <-ctx.Done():
		}
		if verdict, ok := v.known(f); ok {
			return verdict, FromCallout
		}
		carry, done, _ = v.probeTurn(f)
	}
	q := f.question()
	if carry {
		defer done()
		q.Probe = callout.RandomRecipient(f.d.Settings.ProbePrefix, f.d.Name)
	} else {
		v.renew(f, &q)
	}
	a, turned := v.settle(ctx, f, v.asker.Ask(ctx, q))
	return v.found(f, a, turned)
}

// found keeps an answer, and says where the verdict that is made of it came from.
func (v *Verifier) found(f *flight, a callout.Answer, turned bool) (Verdict, Source) {
	verdict := v.keep(f, a, turned)
	if a.NotAsked && verdict.Status == Unknown {
		verdict.Asked = time.Time{}
		return verdict, FromNowhere
	}
	return verdict, FromCallout
}

// storeFailed tells that the store could not be read; the question is answered without it.
func (v *Verifier) storeFailed(f *flight, err error) {
	v.metrics.storeErrors.Inc()
	v.log.Error("reading the store", "domain", f.d.Name, "err", err)
}
