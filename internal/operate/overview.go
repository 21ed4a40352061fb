package operate

import (
	"context"
	"slices"

	"callout/internal/access"
	"callout/internal/callout"
	"callout/internal/history"
)

// Rates returns how much is going on, for an admin: it is of all domains together.
func (k *Desk) Rates(ctx context.Context, who *access.Actor) (history.Rates, error) {
	if err := k.admin(ctx, who, see, "rates"); err != nil {
		return history.Rates{}, err
	}
	return k.history.Rates(), nil
}

// Chart returns what went on in the last "hour", "day" or "month", likewise.
func (k *Desk) Chart(ctx context.Context, who *access.Actor, span string) (history.Chart, error) {
	if err := k.admin(ctx, who, see, "rates"); err != nil {
		return history.Chart{}, err
	}
	if err := choose("span", span, "hour", "day", "month"); err != nil || span == "" {
		return history.Chart{}, failure(Malformed, "span %.40q is none of hour, day and month", span)
	}
	return k.history.Chart(ctx, span)
}

// Trouble returns the first hosts that can't be asked as they should, at most so many, for an admin: how many of them there are,
// and of how many. Others get none.
func (k *Desk) Trouble(who *access.Actor, most int) (some []Host, trouble, of int) {
	if !who.Admin() {
		return nil, 0, 0
	}
	all := k.pools.Status()
	of = len(all)
	all = slices.DeleteFunc(all, func(h callout.HostStatus) bool {
		return h.State != callout.StateTrouble && h.State != callout.StateBackOff
	})
	trouble = len(all)
	if all = all[:min(most, trouble)]; len(all) == 0 {
		return nil, trouble, of
	}
	var names []string
	for _, h := range all {
		names = append(names, h.Names...)
	}
	lead := k.lead(who, names)
	for _, h := range all {
		if view, ok := hostView(who, h, lead); ok {
			some = append(some, view)
		}
	}
	return some, trouble, of
}
