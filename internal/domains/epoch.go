package domains

import (
	"context"
	"fmt"
	"maps"
)

// NewEpoch begins a new epoch for names, of aliases too, though the same is asked as before: what was found is void
// from then on, but for valid verdicts. It is durable, and what is served, when NewEpoch returns without error. After an
// error it may begin with the next change or restart. The names need not be served.
func (r *Registry) NewEpoch(ctx context.Context, names []string) error {
	r.change.Lock()
	defer r.change.Unlock()
	epochs, err := r.epochs.NewEpoch(ctx, names)
	if err != nil {
		for _, name := range names {
			delete(r.asked, name) // it may have begun all the same: to be heard again
		}
		return fmt.Errorf("begin a new epoch: %w", err)
	}
	served := maps.Clone(r.served.Load().byName)
	for name, e := range epochs {
		r.asked[name] = e
		if d := served[name]; d != nil {
			again := *d
			again.Epoch = e.Number
			served[name] = &again
		}
	}
	r.serve(served)
	return nil
}
