package verify

import (
	"context"
	"sync/atomic"

	"callout/internal/address"
	"callout/internal/domains"
)

// raise sets a generation unless it is newer already.
func raise(g *atomic.Uint64, to uint64) {
	for {
		old := g.Load()
		if old >= to || g.CompareAndSwap(old, to) {
			return
		}
	}
}

// ClearRecipient forgets a recipient in every ASCII-case spelling, durably; n is how many verdicts were stored.
// When it has returned, no question gets an answer from before, and no callout that is under way is kept.
func (v *Verifier) ClearRecipient(ctx context.Context, domain, local string) (n int, err error) {
	st := v.state(domain)
	st.dropFlights(local)
	n, err = v.behind.ClearRecipient(ctx, domain, local)
	v.forget(st, domain, local) // even where the store failed: what memory holds must not outlive the wish
	return n, err
}

// forget drops what memory holds of a recipient, and flights that began while its clear was under way.
func (v *Verifier) forget(st *state, domain, local string) {
	st.dropFlights(local)
	st.mu.Lock()
	defer st.mu.Unlock()
	v.cache.forget(v.keys.recipient(address.New(local, domain)))
}

// ClearDomain forgets everything known of a domain and its aliases, likewise. It takes the same time for any number of
// verdicts. On error some of the names may have been cleared.
func (v *Verifier) ClearDomain(ctx context.Context, domain string) error {
	for _, name := range v.names(domain) {
		generation, err := v.behind.ClearDomain(ctx, name)
		if err != nil {
			return err
		}
		v.Cleared(name, generation)
	}
	return nil
}

// ClearInvalid forgets the invalid verdicts of a domain and its aliases, and what is known of it as a whole, likewise:
// whether it is a catch-all, when it last rejected something, and what hosts of lower priority said. It begins a new
// epoch, with what is asked unchanged. Valid verdicts stay and go on serving. On error it may happen later.
func (v *Verifier) ClearInvalid(ctx context.Context, domain string) error {
	return v.domains.NewEpoch(ctx, v.names(domain))
}

// names returns a domain and its aliases, the domain first; of an alias, or of what is not served, the name alone.
func (v *Verifier) names(domain string) []string {
	if d := v.domains.Lookup(domain); d != nil {
		return namesOf(d)
	}
	return []string{domain}
}

func namesOf(d *domains.Domain) []string {
	if d.AliasOf != "" {
		return []string{d.Name}
	}
	return d.Names()
}

// Cleared takes over a generation that the store has given a domain.
func (v *Verifier) Cleared(domain string, generation uint64) {
	st := v.state(domain)
	raise(&st.generation, generation)
	st.reset()
	v.genMu.Lock()
	v.gens[domain] = max(v.gens[domain], generation)
	v.genMu.Unlock()
}

// ClearAll forgets everything known of every domain, likewise.
func (v *Verifier) ClearAll(ctx context.Context) error {
	generation, err := v.behind.ClearAll(ctx)
	if err != nil {
		return err
	}
	raise(&v.everything, generation)
	v.states.Range(func(_, st any) bool {
		st.(*state).reset()
		return true
	})
	return nil
}

// Forget lets go of what memory holds for domains that are no longer served. Their pauses are those of the store then.
func (v *Verifier) Forget(names []string) {
	for _, name := range names {
		if st, ok := v.states.Load(name); ok {
			v.genMu.Lock()
			v.gens[name] = max(v.gens[name], st.(*state).generation.Load())
			v.genMu.Unlock()
			v.states.Delete(name)
		}
	}
	v.forgetPauses(names)
}
