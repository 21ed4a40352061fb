package domains

import (
	"context"
	"fmt"
	"maps"

	"callout/internal/store"
)

// readLocal reads all local recipients of the store, by their domains.
func readLocal(ctx context.Context, st store.Store) (map[string]*Recipients, error) {
	local := map[string]*Recipients{}
	err := st.Recipients(ctx, func(domain, entry string) error {
		if local[domain] == nil {
			local[domain] = &Recipients{}
		}
		local[domain].add(entry)
		return nil
	})
	return local, err
}

// LocalRecipients returns the local recipients of a domain that is served: those of its settings and those that were
// added at run time, each in their order. For an alias they are its domain's. ok is false where the name, which must
// be in lower-case A-labels, is not served.
func (r *Registry) LocalRecipients(name string) (file, stored []string, ok bool) {
	r.mu.RLock()
	owner, ok := r.owner[name]
	if !ok {
		r.mu.RUnlock()
		return nil, nil, false
	}
	ofSettings, ofStore := r.built[owner].Recipients, r.local[owner]
	r.mu.RUnlock() // sets never change: they can be put in order without the lock
	return ofSettings.Entries(), ofStore.Entries(), true
}

// ChangeRecipients adds and then removes local recipients of a domain that is served, in the forms that ParseEntry
// reads, and returns how many were new and how many were there. For an alias it changes its domain's. Those of the
// settings stay as they are. All of it is durable, and served, when ChangeRecipients returns without error; on error
// what is served stays as it was. The error wraps ErrNotFound where the domain is not served, and is a *SpecError where
// an entry is none or there would be too many.
func (r *Registry) ChangeRecipients(ctx context.Context, name string, add, remove []string) (added, removed int, err error) {
	r.change.Lock()
	defer r.change.Unlock()
	d, err := r.owning(name)
	if err != nil {
		return 0, 0, err
	}
	names := d.Names()
	if add, err = parseEntries(add, names); err != nil {
		return 0, 0, err
	}
	if remove, err = parseEntries(remove, names); err != nil {
		return 0, 0, err
	}
	list := r.local[d.Name].clone()
	for _, entry := range add {
		list.add(entry)
	}
	for _, entry := range remove {
		list.remove(entry)
	}
	if err := list.checkBounds(); err != nil {
		return 0, 0, &SpecError{fmt.Errorf("local recipients of %s: %w", d.Name, err)}
	}
	added, removed, err = r.store.ChangeRecipients(ctx, d.Name, add, remove)
	if err != nil {
		return 0, 0, fmt.Errorf("store local recipients of %s: %w", d.Name, err)
	}
	r.serveLocal(d, list)
	return added, removed, nil
}

// SetRecipients replaces the local recipients that were added to a domain at run time, and returns how many there are
// now. All else is as with ChangeRecipients.
func (r *Registry) SetRecipients(ctx context.Context, name string, entries []string) (n int, err error) {
	r.change.Lock()
	defer r.change.Unlock()
	d, err := r.owning(name)
	if err != nil {
		return 0, err
	}
	if entries, err = parseEntries(entries, d.Names()); err != nil {
		return 0, err
	}
	list := &Recipients{}
	for _, entry := range entries {
		list.add(entry)
	}
	if err := list.checkBounds(); err != nil {
		return 0, &SpecError{fmt.Errorf("local recipients of %s: %w", d.Name, err)}
	}
	if err := r.store.SetRecipients(ctx, d.Name, list.Entries()); err != nil {
		return 0, fmt.Errorf("store local recipients of %s: %w", d.Name, err)
	}
	r.serveLocal(d, list)
	return list.Len(), nil
}

// owning returns the domain, as it was built, that has a name.
func (r *Registry) owning(name string) (*Domain, error) {
	normal, err := normalise(name)
	if err != nil {
		return nil, err
	}
	d := r.built[r.owner[normal]]
	if d == nil {
		return nil, fmt.Errorf("domain %s: %w", normal, ErrNotFound)
	}
	return d, nil
}

// parseEntries reads local recipients of a domain with these names. The error is a *SpecError.
func parseEntries(texts, names []string) ([]string, error) {
	entries := make([]string, len(texts))
	for i, text := range texts {
		entry, err := ParseEntry(text, names...)
		if err != nil {
			return nil, &SpecError{err}
		}
		entries[i] = entry
	}
	return entries, nil
}

// serveLocal serves a domain and its aliases with another list of stored local recipients. All else, its epoch too,
// stays as it is served.
func (r *Registry) serveLocal(d *Domain, list *Recipients) {
	if list.Len() == 0 {
		list = nil
	}
	recipients := both(d.Recipients, list)
	served := maps.Clone(r.served.Load().byName)
	for _, name := range d.Names() {
		changed := *served[name]
		changed.Recipients = recipients
		served[name] = &changed
	}
	r.mu.Lock()
	if list == nil {
		delete(r.local, d.Name)
	} else {
		r.local[d.Name] = list
	}
	r.mu.Unlock()
	r.serve(served)
}
