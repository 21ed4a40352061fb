package operate

import (
	"callout/internal/access"
	"callout/internal/domains"
)

// NotEnforced returns the domains whose settings let everything through, of those that somebody may see, in the order of
// their names. One that is paused, or not verified at all, is not among them for that.
func (k *Desk) NotEnforced(who *access.Actor) []string {
	var all []string
	for _, d := range k.mine(who) {
		if !d.Settings.Enforce && d.Mode != domains.ModeOff {
			all = append(all, d.Name)
		}
	}
	return all
}

// LastDecision returns the number of the last decision, for Watch to begin behind. It counts those of all domains, so only
// an admin is told; it is 0, from now on, for others.
func (k *Desk) LastDecision(who *access.Actor) uint64 {
	if !who.Admin() {
		return 0
	}
	return k.decisions.Last()
}
