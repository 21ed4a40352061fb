package domains

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"callout/internal/address"
	"callout/internal/store"
)

var (
	// ErrReadOnly says that a domain is one of the configuration file, which can't be changed at run time.
	ErrReadOnly = errors.New("it is in the configuration file; change it there and reload")
	// ErrNotFound says that the store has no such domain.
	ErrNotFound = errors.New("there is no such domain")
)

// SpecError says that a domain's settings can't be used: the fault is theirs who gave them.
type SpecError struct{ Err error }

// Error returns what the BuildFunc said, a line for each fault.
func (e *SpecError) Error() string { return e.Err.Error() }

// Unwrap returns what the BuildFunc said.
func (e *SpecError) Unwrap() error { return e.Err }

// BuildFunc makes a domain from its normalised name and its settings as they are stored. It must not keep spec.
type BuildFunc func(name string, spec []byte) (*Domain, error)

// Registry knows every domain that is served. Its methods may be called from any goroutine; changes wait for
// each other, and nothing else waits for them.
type Registry struct {
	store  store.Store
	served atomic.Pointer[snapshot]

	change sync.Mutex   // held through a whole change, the write to the store included
	mu     sync.RWMutex // guards the fields below, held for moments
	file   map[string]*Domain
	stored map[string][]byte // the settings of every domain of the store, those that the file hides too
	build  BuildFunc
}

// snapshot is what is served at one time. It never changes.
type snapshot struct {
	byName map[string]*Domain
	sorted func() []*Domain // made when it is first asked for
}

// New reads the domains of the store and puts those of the file before them. The error says which stored domain
// can't be built and what to do, or that the store can't be read.
func New(ctx context.Context, st store.Store, file []*Domain, build BuildFunc) (*Registry, error) {
	list, err := st.Domains(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the stored domains: %w", err)
	}
	stored := make(map[string][]byte, len(list))
	for _, d := range list {
		stored[d.Name] = d.Spec
	}
	r := &Registry{store: st, stored: stored}
	if _, err := r.Reload(file, build); err != nil {
		return nil, err
	}
	return r, nil
}

// Lookup returns the domain of a name, which must be in lower-case A-labels; nil where it is not served.
func (r *Registry) Lookup(name string) *Domain { return r.served.Load().byName[name] }

// All returns every domain that is served, in the order of their names.
func (r *Registry) All() []*Domain { return slices.Clone(r.served.Load().sorted()) }

// Spec returns the settings of a domain as they are stored; ok is false for a domain of the file, and for one
// that there is not.
func (r *Registry) Spec(name string) (spec []byte, ok bool) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	if _, shadowed := r.file[name]; shadowed {
		return nil, false
	}
	spec, ok = r.stored[name]
	return slices.Clone(spec), ok
}

// Shadowed returns the names that both the file and the store have, in their order. The file's are served; the
// store's come back when the file drops them.
func (r *Registry) Shadowed() []string {
	r.mu.RLock()
	defer r.mu.RUnlock()
	var names []string
	for name := range r.stored {
		if _, ok := r.file[name]; ok {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// Put adds or replaces a domain of the store. It is durable, and served, when Put returns without error. The
// error wraps ErrReadOnly for a domain of the file, and is a *SpecError where the BuildFunc refused. On any error
// what is served stays as it was. After an error of the store the change may still be there after a restart.
func (r *Registry) Put(ctx context.Context, name string, spec []byte) (created bool, err error) {
	name, err = normalise(name)
	if err != nil {
		return false, err
	}
	r.change.Lock()
	defer r.change.Unlock()
	if _, ok := r.file[name]; ok {
		return false, fmt.Errorf("domain %s: %w", name, ErrReadOnly)
	}
	d, err := r.build(name, spec)
	if err != nil {
		return false, &SpecError{err}
	}
	spec = slices.Clone(spec)
	if err := r.store.PutDomain(ctx, store.Domain{Name: name, Spec: spec}); err != nil {
		return false, fmt.Errorf("store domain %s: %w", name, err)
	}
	r.mu.Lock()
	_, had := r.stored[name]
	r.stored[name] = spec
	r.mu.Unlock()
	served := maps.Clone(r.served.Load().byName)
	served[name] = d
	r.serve(served)
	return !had, nil
}

// Delete removes a domain of the store, and returns the generation number that voids what is known of it. The
// removal is durable when Delete returns without error. The error wraps ErrReadOnly for a domain of the file and
// ErrNotFound for one that the store does not have; on any other, what is served stays as it was.
func (r *Registry) Delete(ctx context.Context, name string) (generation uint64, err error) {
	name, err = normalise(name)
	if err != nil {
		return 0, err
	}
	r.change.Lock()
	defer r.change.Unlock()
	if _, ok := r.file[name]; ok {
		return 0, fmt.Errorf("domain %s: %w", name, ErrReadOnly)
	}
	generation, err = r.store.DeleteDomain(ctx, name)
	missing := errors.Is(err, store.ErrNotFound)
	if err != nil && !missing {
		return 0, fmt.Errorf("delete domain %s: %w", name, err)
	}
	r.mu.Lock()
	delete(r.stored, name)
	r.mu.Unlock()
	if r.Lookup(name) != nil { // where the store lost it by other hands too: the store is right
		served := maps.Clone(r.served.Load().byName)
		delete(served, name)
		r.serve(served)
	}
	if missing {
		return 0, fmt.Errorf("domain %s: %w", name, ErrNotFound)
	}
	return generation, nil
}

// Reload replaces the domains of the file, and builds those of the store anew, since their defaults may have
// changed. It returns the names that were served before and are not now, in their order. On error, which says
// which stored domain can't be built and what to do, nothing changes.
func (r *Registry) Reload(file []*Domain, build BuildFunc) (removed []string, err error) {
	r.change.Lock()
	defer r.change.Unlock()
	served := make(map[string]*Domain, len(file)+len(r.stored))
	for _, d := range file {
		served[d.Name] = d
	}
	ofFile := maps.Clone(served)
	for _, name := range slices.Sorted(maps.Keys(r.stored)) { // sorted: the same error each time
		if _, shadowed := ofFile[name]; shadowed {
			continue // not built: so the file can take the place of settings that this version can't read
		}
		d, err := build(name, r.stored[name])
		if err != nil {
			return nil, unbuildable(name, err)
		}
		served[name] = d
	}
	if before := r.served.Load(); before != nil {
		for name := range before.byName {
			if served[name] == nil {
				removed = append(removed, name)
			}
		}
	}
	r.mu.Lock()
	r.file, r.build = ofFile, build
	r.mu.Unlock()
	r.serve(served)
	slices.Sort(removed)
	return removed, nil
}

// serve makes a map, which must not change any more, what is served.
func (r *Registry) serve(byName map[string]*Domain) {
	r.served.Store(&snapshot{
		byName: byName,
		sorted: sync.OnceValue(func() []*Domain {
			return slices.SortedFunc(maps.Values(byName), func(a, b *Domain) int {
				return strings.Compare(a.Name, b.Name)
			})
		}),
	})
}

func normalise(name string) (string, error) {
	normal, err := address.ParseDomain(name)
	if err != nil {
		return "", fmt.Errorf("domain %.100q: %w; write for example example.com", name, err)
	}
	return normal, nil
}

// unbuildable words the error for a stored domain that was good when it was stored: most likely by a newer
// version.
func unbuildable(name string, err error) error {
	why := strings.ReplaceAll(strings.TrimPrefix(err.Error(), "domain "+name+": "), "\n", ", ")
	return fmt.Errorf("stored domain %s: %s; start the version of callout that stored it, "+
		"or put the domain into the configuration file, which then counts", name, why)
}
