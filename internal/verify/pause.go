package verify

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"callout/internal/domains"
	"callout/internal/store"
)

// pauses are the pauses by their domains, that of everything under "". They never change: a change makes new ones.
type pauses map[string]*pause

// pause is a time in which nothing is enforced. It ends by the Verifier's clock.
type pause struct {
	store.Pause
	end int64 // 0: until it is ended
}

func (p *pause) over(now int64) bool { return p.end != 0 && now >= p.end }

// of returns the pause that a domain is in, nil for none: its own, that of the domain that it is an alias of, or that
// of everything.
func (p pauses) of(d *domains.Domain, now int64) *pause {
	if all := p[""]; all != nil && !all.over(now) {
		return all
	}
	if d == nil {
		return nil
	}
	if own := p[d.Name]; own != nil && !own.over(now) {
		return own
	}
	if d.AliasOf != "" {
		if main := p[d.AliasOf]; main != nil && !main.over(now) {
			return main
		}
	}
	return nil
}

// ErrPast says that a pause would be over before it begins.
var ErrPast = errors.New("the end of the pause lies in the past")

// Pause begins a time in which nothing is enforced: everything is asked, kept, logged and counted, and the client is
// told accept. It holds for a domain with its aliases, or with "" for everything, until a time or, with the zero time,
// until Resume, and takes the place of the pause that was there. It outlives a restart when Pause returns without
// error; on error nothing has changed. The error wraps ErrPast, or domains.ErrNotFound where the domain is not served.
func (v *Verifier) Pause(ctx context.Context, domain string, until time.Time) error {
	now := time.Now()
	switch {
	case domain != "" && v.domains.Lookup(domain) == nil:
		return fmt.Errorf("pause %s: %w", domain, domains.ErrNotFound)
	case !until.IsZero() && !until.After(now):
		return fmt.Errorf("pause: %w", ErrPast)
	}
	v.pauseMu.Lock()
	defer v.pauseMu.Unlock()
	p := store.Pause{Domain: domain, Since: now, Until: until}
	if err := v.store.SetPause(ctx, p); err != nil {
		return fmt.Errorf("store the pause: %w", err)
	}
	all := v.pausesNow()
	all[domain] = v.newPause(p)
	v.paused.Store(&all)
	return nil
}

// Resume ends the pause of a domain, or with "" that of everything; was is false where there was none. Where one
// of everything holds, a domain's own ends without effect on it. On error nothing has changed.
func (v *Verifier) Resume(ctx context.Context, domain string) (was bool, err error) {
	v.pauseMu.Lock()
	defer v.pauseMu.Unlock()
	if _, err := v.store.DeletePause(ctx, domain); err != nil {
		return false, fmt.Errorf("end the stored pause: %w", err)
	}
	all := v.pausesNow()
	_, was = all[domain]
	delete(all, domain)
	v.setPauses(all)
	return was, nil
}

// Pauses returns the pauses that hold now, that of everything first, then in the order of their domains.
func (v *Verifier) Pauses() []store.Pause {
	var list []store.Pause
	for _, p := range v.pausesNow() {
		list = append(list, p.Pause)
	}
	slices.SortFunc(list, func(a, b store.Pause) int { return cmp.Compare(a.Domain, b.Domain) })
	return list
}

// pausesNow returns a copy of the pauses that hold now.
func (v *Verifier) pausesNow() pauses {
	all := make(pauses)
	if p := v.paused.Load(); p != nil {
		maps.Copy(all, *p)
	}
	now := v.now()
	maps.DeleteFunc(all, func(_ string, p *pause) bool { return p.over(now) })
	return all
}

// setPauses puts pauses in force.
func (v *Verifier) setPauses(all pauses) {
	if len(all) == 0 {
		v.paused.Store(nil)
		return
	}
	v.paused.Store(&all)
}

func (v *Verifier) newPause(p store.Pause) *pause {
	made := &pause{Pause: p}
	if !p.Until.IsZero() {
		made.end = max(v.now()+int64(time.Until(p.Until)), 1)
	}
	return made
}

// loadPauses puts those in force that are stored and not over.
func (v *Verifier) loadPauses(ctx context.Context) error {
	v.pauseMu.Lock()
	defer v.pauseMu.Unlock()
	stored, err := v.store.Pauses(ctx)
	if err != nil {
		return fmt.Errorf("reading pauses: %w", err)
	}
	all := make(pauses)
	now := time.Now()
	for _, p := range stored {
		if p.Until.IsZero() || p.Until.After(now) {
			all[p.Domain] = v.newPause(p)
		}
	}
	v.setPauses(all)
	return nil
}

// forgetPauses reads the pauses anew where domains that are no longer served had one: of a deleted domain the store
// has none, and of one that a file no longer has it still does.
func (v *Verifier) forgetPauses(names []string) {
	p := v.paused.Load()
	if p == nil || !slices.ContainsFunc(names, func(name string) bool { return (*p)[name] != nil }) {
		return
	}
	if err := v.loadPauses(v.ctx); err != nil {
		v.log.Error("pauses stay as they were", "err", err)
	}
}
