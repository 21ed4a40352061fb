package operate

import (
	"cmp"
	"context"
	"slices"

	"callout/internal/access"
)

// DomainHeld is how many verdicts are stored for a domain and its aliases together.
type DomainHeld struct {
	Name    string
	Aliases int // how many it has
	Held
}

// HeldByDomain returns the domains that somebody may see and that have verdicts, those with most of them first. With a text
// only those are returned of which a name contains it.
func (k *Desk) HeldByDomain(ctx context.Context, who *access.Actor, text string) ([]DomainHeld, error) {
	counts, err := k.verifier.HeldByName(ctx)
	if err != nil {
		return nil, err
	}
	held := &sight{held: counts}
	var all []DomainHeld
	for _, d := range k.mine(who) {
		if n := held.heldBy(d); n.All() > 0 && matches(d, text) {
			all = append(all, DomainHeld{d.Name, len(d.Aliases), n})
		}
	}
	slices.SortStableFunc(all, func(a, b DomainHeld) int { return cmp.Compare(b.All(), a.All()) })
	return all, nil
}
