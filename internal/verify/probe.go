package verify

import (
	"context"
	"time"

	"callout/internal/callout"
)

const (
	// noProbeFor is how long a domain is not probed again after a probe that settled nothing.
	noProbeFor = 10 * time.Minute
	// doubtFor is how long a domain that has rejected something is not believed to be a catch-all because one
	// random address was accepted.
	doubtFor = 96 * time.Hour
)

// turn is a flight's turn to ask a random address.
type turn struct {
	era
	over chan struct{} // closed when the flight is over
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
	case st.undecided(f.era, now), v.domainState(st, f.era, now, &f.d.Settings.Cache) != nil:
		return false, nil, nil
	case st.probing != nil && st.probing.era == f.era:
		return false, nil, st.probing.over
	}
	t := &turn{f.era, make(chan struct{})}
	st.probing = t
	return true, func() {
		st.mu.Lock()
		if st.probing == t {
			st.probing = nil
		}
		st.mu.Unlock()
		close(t.over)
	}, nil
}

// renew has a random address ride behind a flight's recipient where a domain that is known not to be a catch-all is in
// the last quarter of that knowledge. One does at a time.
func (v *Verifier) renew(f *flight, q *callout.Question) {
	if !f.d.Settings.CatchAllCheck {
		return
	}
	st, rules := f.st, &f.d.Settings.Cache
	st.mu.Lock()
	defer st.mu.Unlock()
	now := v.now()
	c := st.catchAll.Load()
	if c == nil || c.accepts || !c.live(f.era, now, rules.InvalidTTL) || now-c.asked < int64(rules.InvalidTTL-rules.InvalidTTL/4) {
		return
	}
	backup := st.backup.Load() // while its word counts, the first priority would hardly be there to be asked
	if st.undecided(f.era, now) || st.renewing != nil && st.renewing.era == f.era || backup != nil && backup.live(f.era, now, KeepProvisional) {
		return
	}
	t := &turn{era: f.era}
	st.renewing = t
	q.Renewal = callout.RandomRecipient(f.d.Settings.ProbePrefix, f.d.Name)
	q.Renewed = func(p callout.ProbeAnswer) { v.renewed(f, t, p) }
}

// renewed takes the answer to a renewal. It may come when the flight is long over, and must not wait.
func (v *Verifier) renewed(f *flight, t *turn, p callout.ProbeAnswer) {
	settle := func() {
		ctx, cancel := context.WithTimeout(v.ctx, f.d.Settings.Callout.Deadline)
		defer cancel()
		if p.Asked {
			p, turned := v.second(ctx, f, p)
			v.keepProbe(f, p, turned)
		}
		f.st.mu.Lock()
		defer f.st.mu.Unlock()
		if f.st.renewing == t {
			f.st.renewing = nil
		}
	}
	if v.doubts(f, p) {
		v.later(settle)
		return
	}
	settle()
}

// settle applies the rule of the second random address to an answer. Where one seemed enough, so that the recipient
// was not asked, and was not, it is asked now.
func (v *Verifier) settle(ctx context.Context, f *flight, a callout.Answer) (settled callout.Answer, turned bool) {
	probe, turned := v.second(ctx, f, a.Probe)
	if a.ProbeSufficed && probe.Outcome != callout.Accepted {
		a = v.asker.Ask(ctx, f.question())
	}
	a.Probe = probe
	return a, turned
}

// second asks a second random address where a domain that has rejected something not long ago accepts one: a server
// that has lost its list of recipients accepts everything, for a while. It asks another host where there is one. Only
// when that is accepted too the domain has turned into a catch-all; a rejection outranks the first answer, and
// anything else leaves it undecided.
func (v *Verifier) second(ctx context.Context, f *flight, first callout.ProbeAnswer) (probe callout.ProbeAnswer, turned bool) {
	if !v.doubts(f, first) {
		return first, false
	}
	q := f.question()
	q.Recipient, q.Avoid = callout.RandomRecipient(f.d.Settings.ProbePrefix, f.d.Name), first.Host
	a := v.asker.Ask(ctx, q)
	switch {
	case a.Outcome == callout.Unknown, a.Provisional:
		first.Outcome = callout.Unknown
		return first, false
	case a.Outcome == callout.Rejected:
		return callout.ProbeAnswer{Asked: true, Outcome: callout.Rejected, Host: a.Host, Reply: a.Reply}, false
	}
	return first, true
}

// doubts reports whether the answer to a random address needs a second one.
func (v *Verifier) doubts(f *flight, p callout.ProbeAnswer) bool {
	if p.Outcome != callout.Accepted || p.Provisional {
		return false // what is provisional is forgotten in minutes
	}
	f.st.mu.Lock()
	defer f.st.mu.Unlock()
	return f.st.rejection.within(f.era, v.now(), doubtFor)
}

// keepProbe keeps what a probe said of the domain.
func (v *Verifier) keepProbe(f *flight, p callout.ProbeAnswer, turned bool) {
	st := f.st
	st.mu.Lock()
	defer st.mu.Unlock()
	if !v.keeps(f) {
		return
	}
	if p.Outcome == callout.Unknown {
		st.noProbe = undecided{f.era, v.now() + int64(noProbeFor)}
		return
	}
	c := &catchAll{entry: v.fresh(f.era, "", p.Host, p.Reply), accepts: p.Outcome == callout.Accepted, turned: turned}
	if p.Provisional {
		st.backup.Store(c)
		return
	}
	st.catchAll.Store(c)
	st.backup.Store(nil)
	if !c.accepts {
		st.rejection.note(f.era, c.asked)
	}
	v.writeFact(f)
}

// rejected notes that a domain has rejected a recipient.
func (v *Verifier) rejected(f *flight) {
	f.st.mu.Lock()
	defer f.st.mu.Unlock()
	if v.keeps(f) && f.st.rejection.note(f.era, v.now()) {
		v.writeFact(f)
	}
}
