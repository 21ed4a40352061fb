package operate

import (
	"context"

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

// InTrouble returns the hosts that can't be asked as they should, of those that somebody may see.
func (k *Desk) InTrouble(who *access.Actor) []Host {
	var all []Host
	for _, h := range k.Hosts(who) {
		if h.State == string(callout.StateTrouble) || h.State == string(callout.StateBackOff) {
			all = append(all, h)
		}
	}
	return all
}
