package operate

import (
	"context"
	"slices"

	"callout/internal/access"
)

// Host returns how one host stands, by its IP address and port.
func (k *Desk) Host(_ context.Context, who *access.Actor, address string) (Host, error) {
	all := k.Hosts(who)
	i := slices.IndexFunc(all, func(h Host) bool { return h.Address == address })
	if i < 0 {
		return Host{}, failure(Missing, "nothing is known of a host %.100q: it was not asked lately, or no destination leads there", address)
	}
	return all[i], nil
}
