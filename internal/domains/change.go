package domains

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
	"time"

	"callout/internal/store"
)

// finishWithin bounds what is left to do of a change that the store has taken, whether or not who wanted it still
// waits.
const finishWithin = 10 * time.Second

// Put adds or replaces a domain of the store. It is durable, and served with its aliases, when Put returns without
// error. The error wraps ErrReadOnly for a name of the file, and is a *SpecError where the BuildFunc refused or a name
// belongs to another domain. On any error what is served stays as it was. After an error of the store the change may
// still be there after a restart.
func (r *Registry) Put(ctx context.Context, name string, spec []byte) (created bool, err error) {
	return r.set(ctx, name, spec, false)
}

// Add adds a domain to the store, as Put does, and leaves one that is there as it is. The error wraps ErrThere for a name that is
// served, as that of a domain or an alias, or stored.
func (r *Registry) Add(ctx context.Context, name string, spec []byte) error {
	_, err := r.set(ctx, name, spec, true)
	return err
}

// set is Put, or with add Add.
func (r *Registry) set(ctx context.Context, name string, spec []byte, add bool) (created bool, err error) {
	name, err = normalise(name)
	if err != nil {
		return false, err
	}
	r.change.Lock()
	defer r.change.Unlock()
	_, served := r.owner[name]
	_, had := r.stored[name]
	if add && (served || had) {
		return false, fmt.Errorf("domain %s: %w", name, ErrThere)
	}
	if r.file[name] {
		return false, fmt.Errorf("domain %s: %w", name, ErrReadOnly)
	}
	d, err := r.build(name, spec)
	if err == nil {
		err = r.collision(d)
	}
	if err != nil {
		return false, &SpecError{err}
	}
	spec = slices.Clone(spec)
	if err := r.store.PutDomain(ctx, store.Domain{Name: name, Spec: spec}); err != nil {
		return false, fmt.Errorf("store domain %s: %w", name, err)
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), finishWithin)
	defer cancel()
	if err := r.ask(ctx, slices.Values([]*Domain{d})); err != nil {
		return false, fmt.Errorf("store domain %s: %w", name, err)
	}
	next := r.without(name)
	r.put(next, d)
	r.mu.Lock()
	r.stored[name] = spec
	r.drop(name)
	r.name(d)
	r.aliases(d)
	r.mu.Unlock()
	r.serve(next)
	return !had, nil
}

// Delete removes a domain of the store with its aliases and its local recipients, and returns the generation number
// that voids what is known of it. The removal is durable when Delete returns without error. The error wraps ErrReadOnly
// for a name of the file and ErrNotFound for one that the store does not have; on any other, what is served stays as
// it was.
func (r *Registry) Delete(ctx context.Context, name string) (generation uint64, err error) {
	name, err = normalise(name)
	if err != nil {
		return 0, err
	}
	r.change.Lock()
	defer r.change.Unlock()
	if r.file[name] {
		return 0, fmt.Errorf("domain %s: %w", name, ErrReadOnly)
	}
	if d := r.Lookup(name); d != nil && d.AliasOf != "" {
		return 0, &aliasError{name, d.AliasOf}
	}
	generation, err = r.store.DeleteDomain(ctx, name)
	missing := errors.Is(err, store.ErrNotFound)
	if err != nil && !missing {
		return 0, fmt.Errorf("delete domain %s: %w", name, err)
	}
	served := r.without(name) // where the store lost it by other hands too: the store is right
	r.mu.Lock()
	delete(r.stored, name)
	delete(r.local, name)
	r.drop(name)
	r.mu.Unlock()
	r.serve(served)
	if missing {
		return 0, fmt.Errorf("domain %s: %w", name, ErrNotFound)
	}
	return generation, nil
}

// aliasError says that what is to be deleted is an alias. It is an ErrNotFound.
type aliasError struct{ name, of string }

func (e *aliasError) Error() string {
	return fmt.Sprintf("domain %s: it is an alias of %s; take it out of the aliases there", e.name, e.of)
}

func (e *aliasError) Unwrap() error { return ErrNotFound }

// collision says which name of a domain of the store belongs to another that is served.
func (r *Registry) collision(d *Domain) error {
	if owner, taken := r.owner[d.Name]; taken && owner != d.Name {
		return fmt.Errorf("domain %s: it is an alias of %s; take it out of the aliases there first", d.Name, owner)
	}
	for _, alias := range d.Aliases {
		switch owner, taken := r.owner[alias]; {
		case !taken || owner == d.Name:
		case owner == alias:
			return fmt.Errorf("domain %s: aliases: %q is a domain of its own; remove one of the two", d.Name, alias)
		default:
			return fmt.Errorf("domain %s: aliases: %q is an alias of %s already; remove one of the two", d.Name, alias, owner)
		}
	}
	return nil
}

// ask tells the store what is asked for every name of domains, as far as it does not know.
func (r *Registry) ask(ctx context.Context, domains iter.Seq[*Domain]) error {
	changed := map[string]string{}
	for d := range domains {
		words := d.Asked()
		for _, name := range d.Names() {
			if e, known := r.asked[name]; !known || e.Asked != words {
				changed[name] = words
			}
		}
	}
	if len(changed) == 0 {
		return nil
	}
	epochs, err := r.epochs.SetAsked(ctx, changed)
	if err != nil {
		for name := range changed {
			delete(r.asked, name) // it may have been set all the same: to be said again
		}
		return fmt.Errorf("store what is asked: %w", err)
	}
	for name, words := range changed {
		r.asked[name] = store.Epoch{Number: epochs[name].Number, Asked: words}
	}
	return nil
}

// put adds a domain and its aliases to what is to be served.
func (r *Registry) put(served map[string]*Domain, d *Domain) {
	whole := *d
	whole.Recipients = both(d.Recipients, r.local[d.Name])
	whole.Epoch = r.asked[d.Name].Number
	served[d.Name] = &whole
	for _, name := range d.Aliases {
		alias := whole
		alias.Name, alias.AliasOf, alias.Epoch = name, d.Name, r.asked[name].Number
		served[name] = &alias
	}
}

// without returns a copy of what is served without a domain and its aliases.
func (r *Registry) without(name string) map[string]*Domain {
	served := maps.Clone(r.served.Load().byName)
	if d := served[name]; d != nil {
		for _, n := range d.Names() {
			delete(served, n)
		}
	}
	return served
}
