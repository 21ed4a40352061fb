package verify

import (
	"context"
	"fmt"

	"callout/internal/domains"
	"callout/internal/store"
)

// Held returns how many verdicts are stored for a domain and its aliases, of an alias for that alone. Those that have
// expired and are not purged yet may be among them. It takes a time that does not depend on their number.
func (v *Verifier) Held(ctx context.Context, d *domains.Domain) (sum store.Count, err error) {
	for _, name := range namesOf(d) {
		n, err := v.behind.Count(ctx, name)
		if err != nil {
			return store.Count{}, fmt.Errorf("counting verdicts: %w", err)
		}
		sum.Valid += n.Valid
		sum.Invalid += n.Invalid
	}
	return sum, nil
}

// HeldByName returns how many verdicts are stored for each name, domain or alias, that has any, likewise. It costs as much
// as a few calls of Held.
func (v *Verifier) HeldByName(ctx context.Context) (map[string]store.Count, error) {
	counts, err := v.behind.Counts(ctx)
	if err != nil {
		return nil, fmt.Errorf("counting verdicts: %w", err)
	}
	return counts, nil
}

// HeldAll returns how many verdicts are stored in all, likewise: what ClearAll takes. Those of domains that were taken
// out of the configuration file are among them until they are purged.
func (v *Verifier) HeldAll(ctx context.Context) (sum store.Count, err error) {
	counts, err := v.HeldByName(ctx)
	if err != nil {
		return store.Count{}, err
	}
	for _, n := range counts {
		sum.Valid += n.Valid
		sum.Invalid += n.Invalid
	}
	return sum, nil
}
