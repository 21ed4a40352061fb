package operate

import (
	"context"
	"slices"

	"callout/internal/access"
)

// Host returns how one host stands, by its IP address and port.
func (k *Desk) Host(_ context.Context, who *access.Actor, address string) (Host, error) {
	if h, ok := k.pools.HostStatus(address); ok {
		if view, ok := hostView(who, h, k.lead(who, h.Names)); ok {
			return view, nil
		}
	}
	return Host{}, failure(Missing, "nothing is known of a host %.100q: it was not asked lately, or no destination leads there", address)
}

// lead returns the domains that somebody may see by the names of their destinations, those of some names alone.
func (k *Desk) lead(who *access.Actor, names []string) map[string][]string {
	lead := make(map[string][]string, len(names))
	for _, d := range k.mine(who) {
		for _, h := range d.Destination.Hosts() {
			if name := h.String(); slices.Contains(names, name) {
				lead[name] = append(lead[name], d.Name)
			}
		}
	}
	return lead
}
