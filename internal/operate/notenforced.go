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
