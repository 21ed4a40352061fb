package verify

import (
	"math"
	"time"

	"callout/internal/callout"
)

// KeepProvisional is for how long the word of a host of lower priority than the first counts, whichever way it went.
const KeepProvisional = 5 * time.Minute

// provisional is what a host of lower priority than the first said of a recipient, and the verdict that was made of
// it. It serves only the spelling that was asked.
type provisional struct {
	entry
	verdict Verdict
}

// weighProvisional is weigh for a recipient of which nothing is known but what is provisional.
func (v *Verifier) weighProvisional(f *flight) (Verdict, bool) {
	now := v.now()
	own, ok := v.ownProvisional(f, now)
	c := v.domainState(f.st, f.era, now, &f.d.Settings.Cache)
	if c != nil && c.accepts && c == f.st.backup.Load() && f.d.Settings.CatchAllCheck && (!ok || own.asked < c.asked) {
		verdict := v.verdict(&c.entry, Valid, KeepProvisional)
		verdict.CatchAll, verdict.Provisional = true, true
		return verdict, true
	}
	return own.verdict, ok
}

// ownProvisional returns what hosts of lower priority said of a flight's recipient; ok is false, and p empty, where
// that does not count.
func (v *Verifier) ownProvisional(f *flight, now int64) (p provisional, ok bool) {
	if f.backup != nil {
		return *f.backup, true // it was just said
	}
	p, ok = v.cache.provisional.GetIfPresent(v.keys.recipient(f.r))
	if !ok || p.spelling != v.keys.spelling(f.r.Local()) || !p.live(f.era, now, KeepProvisional) {
		return provisional{}, false
	}
	return p, true
}

// staleInMemory returns a valid verdict of a flight's recipient that has expired less than stale_valid_for ago, and when
// its spelling was refused as far as memory knows; stale is nil where there is none, or where it was refused since.
func (v *Verifier) staleInMemory(f *flight, now int64) (stale *entry, refused int64) {
	k, rules := v.keys.recipient(f.r), &f.d.Settings.Cache
	refused = math.MinInt64
	if invalid, ok := v.cache.invalid.GetIfPresent(k); ok && invalid.era == f.era && invalid.spelling == v.keys.spelling(f.r.Local()) {
		refused = invalid.asked
	}
	valid, ok := v.cache.valid.GetIfPresent(k)
	if ok && valid.liveValid(f.era, now, rules.ValidTTL+rules.StaleValidFor) && valid.asked > refused {
		stale = &valid
	}
	return stale, refused
}

// staleVerdict returns the valid verdict that has expired less than stale_valid_for ago, of a flight's recipient or of
// the catch-all that its domain was; ok is false where there is none.
func (v *Verifier) staleVerdict(f *flight, now int64) (verdict Verdict, ok bool) {
	rules := &f.d.Settings.Cache
	if f.stale != nil {
		verdict, ok = v.verdict(f.stale, Valid, rules.ValidTTL), true
	}
	c := f.st.catchAll.Load()
	if c != nil && c.accepts && f.d.Settings.CatchAllCheck && c.live(f.era, now, rules.ValidTTL+rules.StaleValidFor) &&
		(f.stale == nil || f.stale.asked < c.asked) {
		verdict, ok = v.verdict(&c.entry, Valid, rules.ValidTTL), true
		verdict.CatchAll = true
	}
	verdict.Stale = ok
	return verdict, ok
}

// provisionally makes the verdict of what a host of lower priority than the first said. A refusal does not outrank a
// stale valid: a backup often knows no recipients at all.
func (v *Verifier) provisionally(f *flight, e *entry, outcome callout.Outcome) Verdict {
	status := Valid
	if outcome == callout.Rejected {
		status = Invalid
	}
	verdict := v.verdict(e, status, KeepProvisional)
	if status == Invalid {
		if stale, ok := v.staleVerdict(f, e.asked); ok {
			stale.Expires = verdict.Expires
			verdict = stale
		}
	}
	verdict.Provisional = true
	return verdict
}

// keepProvisional makes a verdict of what a host of lower priority than the first said, and keeps that for 5 min in
// memory alone. It takes the place of nothing that the first priority said, not even of what that said meanwhile.
func (v *Verifier) keepProvisional(f *flight, a callout.Answer) {
	e := v.fresh(f.era, f.r.Local(), a.Host, a.Reply)
	f.backup = &provisional{e, v.provisionally(f, &e, a.Outcome)}
	f.own, f.status = v.lookUp(f, e.asked)
	f.st.mu.Lock()
	defer f.st.mu.Unlock()
	if v.keeps(f) {
		v.cache.provisional.Set(v.keys.recipient(f.r), *f.backup)
	}
}
