package store

import "context"

// ClearRecipient removes the verdicts of every ASCII-case spelling of a local-part, pending or stored; n is
// their number. A verdict that was added before the call is never seen after it. Where the Store fails nothing
// is removed.
func (b *Behind) ClearRecipient(ctx context.Context, domain, local string) (n int, err error) {
	// With the lock no batch is under way that could bring a verdict back.
	if err := b.lock(ctx); err != nil {
		return 0, err
	}
	defer b.unlock()
	stored, err := b.store.Lookup(ctx, domain, local)
	if err != nil {
		return 0, err
	}
	if n, err = b.store.ClearRecipient(ctx, domain, local); err != nil {
		return 0, err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, v := range b.pending.of(domain, local) {
		if index(stored, v) < 0 {
			n++
		}
	}
	b.pending.clearRecipient(domain, local)
	return n, nil
}

// ClearDomain is that of the Store; what is pending for the domain goes too.
func (b *Behind) ClearDomain(ctx context.Context, domain string) (generation uint64, err error) {
	generation, err = b.store.ClearDomain(ctx, domain)
	return b.cleared(domain, generation, err)
}

// ClearAll is that of the Store; what is pending goes too.
func (b *Behind) ClearAll(ctx context.Context) (generation uint64, err error) {
	generation, err = b.store.ClearAll(ctx)
	return b.cleared("", generation, err)
}

// cleared drops the pending rows of generations that have passed and has the stored ones purged. Those that
// come later, from callouts that were under way, are dropped as they come.
func (b *Behind) cleared(domain string, generation uint64, err error) (uint64, error) {
	if err != nil {
		return 0, err
	}
	b.mu.Lock()
	b.pending.clear(domain, generation)
	b.mu.Unlock()
	signal(b.purge)
	return generation, nil
}

// SetAsked is that of the Store; pending rows that a new epoch makes void go too. Those that come later, from
// callouts that were under way, are dropped as they come.
func (b *Behind) SetAsked(ctx context.Context, asked map[string]string) (map[string]Epoch, error) {
	return b.began(b.store.SetAsked(ctx, asked))
}

// NewEpoch is that of the Store, likewise.
func (b *Behind) NewEpoch(ctx context.Context, domains []string) (map[string]Epoch, error) {
	return b.began(b.store.NewEpoch(ctx, domains))
}

// began takes over the epochs that the Store has begun, and returns them.
func (b *Behind) began(epochs map[string]Epoch, err error) (map[string]Epoch, error) {
	if err != nil {
		return nil, err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.pending.setEpochs(epochs)
	return epochs, nil
}
