package verify

import (
	"time"

	"callout/internal/callout"
)

// keep turns an answer into a verdict and keeps what is to be kept: this is where the rules of verdicts and
// times stand.
//
//	2xx to RCPT     valid, for valid_ttl, and for stale_valid_for more where nothing better is known
//	5xx to RCPT     invalid, for invalid_ttl
//	2xx to a probe  the domain is a catch-all: every recipient is valid, for valid_ttl
//	5xx to a probe  it is not, for invalid_ttl
//	otherwise       unknown, not kept; after a probe that settled nothing no new one for 10 min
//
// What a host of lower priority than the first said is kept for 5 min instead, in memory alone (keepProvisional).
// turned says that the probe of the answer was a second one that was accepted too.
func (v *Verifier) keep(f *flight, a callout.Answer, turned bool) Verdict {
	if a.Probe.Asked {
		v.keepProbe(f, a.Probe, turned)
	}
	switch {
	case a.Outcome == callout.Unknown, a.ProbeSufficed:
	case a.Provisional:
		v.keepProvisional(f, a)
	default:
		v.keepOwn(f, a)
	}
	switch verdict, ok := v.known(f); {
	case ok:
		return verdict
	case a.ProbeSufficed: // and a clear came between
		return Verdict{
			Status: Valid, CatchAll: true, Provisional: a.Probe.Provisional,
			Reply: replyOf(a.Probe.Reply), Host: a.Host.String(), Asked: time.Now(),
		}
	}
	return Verdict{Reply: replyOf(a.Reply), Host: a.Host.String(), Asked: time.Now(), Problem: a.Problem}
}

// keepOwn keeps what a host of the first priority said of a recipient.
func (v *Verifier) keepOwn(f *flight, a callout.Answer) {
	f.own, f.status = v.fresh(f.era, f.r.Local(), a.Host, a.Reply), Valid
	if a.Outcome == callout.Rejected {
		f.status = Invalid
	}
	v.hold(f, true)
	if a.Outcome == callout.Rejected && a.Stage == callout.StageRcpt { // without SMTPUTF8 it was not even asked
		v.rejected(f)
	}
}

// hold puts what a flight found of its recipient into memory, and where write is set has it written behind,
// unless a clear has come between. Both happen under the lock that a clear takes before it looks for them.
func (v *Verifier) hold(f *flight, write bool) {
	f.st.mu.Lock()
	defer f.st.mu.Unlock()
	if !v.keeps(f) {
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

// keeps reports whether what a flight finds may be kept: no clear has come between, the domain is still served, and
// it is still asked the same. The caller holds st.mu: what a later flight finds is kept later.
func (v *Verifier) keeps(f *flight) bool {
	if f.cleared || f.generation != v.generation(f.st) {
		return false
	}
	d := v.domains.Lookup(f.d.Name)
	return d != nil && d.Epoch == f.d.Epoch
}
