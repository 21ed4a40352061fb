package verify

import (
	"context"

	"callout/internal/address"
	"callout/internal/domains"
	"callout/internal/store"
)

// recall looks for a verdict in memory alone.
func (v *Verifier) recall(d *domains.Domain, st *state, r address.Recipient, now int64) (Verdict, bool) {
	f := flight{d: d, st: st, r: r, era: v.era(d, st)}
	f.own, f.status = v.lookUp(&f, now)
	if c := st.catchAll.Load(); !st.loaded.Load() || f.status == Unknown && c != nil && c.exceptions && c.live(f.era, now, c.ttl(&d.Settings.Cache)) {
		return Verdict{}, false // the store may know better
	}
	return v.known(&f)
}

// known says what is known of a flight's recipient: from hosts of the first priority, or else from those behind them.
func (v *Verifier) known(f *flight) (Verdict, bool) {
	if verdict, ok := v.weigh(f); ok {
		return verdict, true
	}
	return v.weighProvisional(f)
}

// weigh says which counts of what is known: of a recipient's own verdict and the state of its domain it is the
// newer. Of one callout both are of the same time, and the recipient's own reply outranks the probe's.
func (v *Verifier) weigh(f *flight) (Verdict, bool) {
	rules := &f.d.Settings.Cache
	c := f.st.catchAll.Load()
	if c != nil && c.accepts && f.d.Settings.CatchAllCheck && c.live(f.era, v.now(), rules.ValidTTL) &&
		(f.status == Unknown || f.own.asked < c.asked) {
		verdict := v.verdict(&c.entry, Valid, rules.ValidTTL)
		verdict.CatchAll = true
		return verdict, true
	}
	switch f.status {
	case Valid:
		return v.verdict(&f.own, Valid, rules.ValidTTL), true
	case Invalid:
		return v.verdict(&f.own, Invalid, rules.InvalidTTL), true
	}
	return Verdict{}, false
}

// domainState returns what counts of what is known of a domain, nil for nothing: the word of the first priority while
// it lives, else that of the hosts behind it.
func (v *Verifier) domainState(st *state, in era, now int64, rules *domains.Cache) *catchAll {
	if c := st.catchAll.Load(); c != nil && c.live(in, now, c.ttl(rules)) {
		return c
	}
	if c := st.backup.Load(); c != nil && c.live(in, now, KeepProvisional) {
		return c
	}
	return nil
}

// lookUp returns a recipient's own verdict from memory: a valid one of any spelling or an invalid one of this
// spelling, whichever is newer. Where both are of this spelling there is only the newer one (cache.put).
func (v *Verifier) lookUp(f *flight, now int64) (entry, Status) {
	k, rules, spelling := v.keys.recipient(f.r), &f.d.Settings.Cache, v.keys.spelling(f.r.Local())
	valid, ok := v.cache.valid.GetIfPresent(k)
	ok = ok && valid.liveValid(f.era, now, rules.ValidTTL)
	if ok && valid.spelling == spelling {
		return valid, Valid
	}
	invalid, refused := v.cache.invalid.GetIfPresent(k)
	refused = refused && invalid.live(f.era, now, rules.InvalidTTL) && invalid.spelling == spelling
	switch {
	case ok && (!refused || valid.asked >= invalid.asked):
		return valid, Valid
	case refused:
		return invalid, Invalid
	}
	return entry{}, Unknown
}

// find sets a recipient's own verdict from memory, or else from the store. Only a flight that a clear can find
// may hold it in memory then.
func (v *Verifier) find(ctx context.Context, f *flight) error {
	if f.own, f.status = v.lookUp(f, v.now()); f.status != Unknown {
		return nil
	}
	rows, err := v.behind.Lookup(ctx, f.d.Name, f.r.Local())
	v.pick(f, rows)
	return err
}

// pick chooses among the rows of a recipient's spellings, newest first: a valid one of any spelling or an
// invalid one of this, whichever comes first and still counts. Where none does, a valid one that is stale is kept in
// mind, unless this spelling was refused since.
func (v *Verifier) pick(f *flight, rows []store.Verdict) {
	now, rules := v.now(), &f.d.Settings.Cache
	var refused int64 // when this spelling was, also where that has expired
	f.stale, refused = v.staleInMemory(f, now)
	for _, row := range rows {
		e, ok := v.fromRow(era{row.Generation, row.Epoch}, row.Local, row.Asked, row.Host, storedReply(row.Code, row.Enhanced, row.Text))
		switch {
		case !ok:
		case row.Status == store.Valid && e.liveValid(f.era, now, rules.ValidTTL):
			f.own, f.status = e, Valid
			return
		case row.Status == store.Valid && e.liveValid(f.era, now, rules.ValidTTL+rules.StaleValidFor) && e.asked > refused && f.stale == nil:
			f.stale = &e
		case row.Status == store.Invalid && row.Local == f.r.Local() && e.era == f.era:
			if e.live(f.era, now, rules.InvalidTTL) {
				f.own, f.status = e, Invalid
				return
			}
			refused = max(refused, e.asked)
		}
	}
}
