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
	// ErrReadOnly says that a name is one of the configuration file, which can't be changed at run time.
	ErrReadOnly = errors.New("it is in the configuration file; change it there and reload")
	// ErrThere says that a name is served already, or stored.
	ErrThere = errors.New("it is served already")
	// ErrNotFound says that the store has no such domain.
	ErrNotFound = errors.New("there is no such domain")
)

// SpecError says that a domain's settings, or local recipients, can't be used: the fault is theirs who gave them.
type SpecError struct{ Err error }

// Error returns what is wrong, a line for each fault.
func (e *SpecError) Error() string { return e.Err.Error() }

// Unwrap returns what the BuildFunc said.
func (e *SpecError) Unwrap() error { return e.Err }

// BuildFunc makes a domain from its normalised name and its settings as they are stored. It must not keep spec.
type BuildFunc func(name string, spec []byte) (*Domain, error)

// Epochs is told what is asked for names before that is served; store.Store says what comes of it. Who writes to
// the store through a store.Behind gives a Registry the Behind, so that what is pending is voided too.
type Epochs interface {
	SetAsked(ctx context.Context, asked map[string]string) (map[string]store.Epoch, error)
	NewEpoch(ctx context.Context, names []string) (map[string]store.Epoch, error)
}

// Registry knows every domain that is served. Its methods may be called from any goroutine; changes wait for
// each other, and nothing else waits for them.
type Registry struct {
	store  store.Store
	epochs Epochs
	served atomic.Pointer[snapshot]

	change sync.Mutex             // held through a whole change, the write to the store included
	asked  map[string]store.Epoch // of every name, as the store last said; only for who holds change

	mu sync.RWMutex // guards the fields below, held for moments; who holds change may read without it
	*layout
	stored map[string][]byte      // the settings of every domain of the store, those that are hidden too
	local  map[string]*Recipients // local recipients of the store, by the names of their domains
	build  BuildFunc
}

// snapshot is what is served at one time. It never changes.
type snapshot struct {
	byName map[string]*Domain
	sorted func() []*Domain // domains without aliases; made when it is first asked for
}

// New reads the store and puts the domains of the file before those that are stored. The error says which stored
// domain can't be built and what to do, or that the store can't be read or written.
func New(ctx context.Context, st store.Store, epochs Epochs, file []*Domain, build BuildFunc) (*Registry, error) {
	list, err := st.Domains(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the stored domains: %w", err)
	}
	r := &Registry{store: st, epochs: epochs, stored: make(map[string][]byte, len(list))}
	for _, d := range list {
		r.stored[d.Name] = d.Spec
	}
	if r.local, err = readLocal(ctx, st); err != nil {
		return nil, fmt.Errorf("read the stored local recipients: %w", err)
	}
	if r.asked, err = st.Epochs(ctx); err != nil {
		return nil, fmt.Errorf("read what was asked for the domains: %w", err)
	}
	if r.asked == nil {
		r.asked = map[string]store.Epoch{}
	}
	if _, err := r.Reload(ctx, file, build); err != nil {
		return nil, err
	}
	return r, nil
}

// Lookup returns the domain of a name, or the alias, which is a Domain of its own; nil where the name is not served.
// The name must be in lower-case A-labels.
func (r *Registry) Lookup(name string) *Domain { return r.served.Load().byName[name] }

// All returns every domain that is served, without the aliases, in the order of their names.
func (r *Registry) All() []*Domain { return slices.Clone(r.served.Load().sorted()) }

// Spec returns the settings of a domain as they are stored; ok is false for a domain of the file, an alias, and a
// domain that there is not.
func (r *Registry) Spec(name string) (spec []byte, ok bool) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	if r.file[name] {
		return nil, false
	}
	spec, ok = r.stored[name]
	return slices.Clone(spec), ok
}

// Shadowed returns the names of stored domains, and of aliases of stored domains, that are not served because
// another domain has them, in their order: the file goes before the store, a domain before an alias. They are served
// from the first reload on that finds them free.
func (r *Registry) Shadowed() []string {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return slices.Sorted(maps.Keys(r.hidden))
}

// Reload replaces the domains of the file, and builds those of the store anew, since their defaults may have
// changed. It returns the names that were served before and are not now, aliases too, in their order. On error,
// which says which stored domain can't be built and what to do, or that the store can't be written, nothing changes.
func (r *Registry) Reload(ctx context.Context, file []*Domain, build BuildFunc) (removed []string, err error) {
	r.change.Lock()
	defer r.change.Unlock()
	next, err := lay(file, r.stored, build)
	if err != nil {
		return nil, err
	}
	if err := r.ask(ctx, maps.Values(next.built)); err != nil {
		return nil, err
	}
	served := make(map[string]*Domain, len(next.owner))
	for _, d := range next.built {
		r.put(served, d)
	}
	if before := r.served.Load(); before != nil {
		for name := range before.byName {
			if served[name] == nil {
				removed = append(removed, name)
			}
		}
	}
	r.mu.Lock()
	r.layout, r.build = next, build
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
			list := make([]*Domain, 0, len(byName))
			for _, d := range byName {
				if d.AliasOf == "" {
					list = append(list, d)
				}
			}
			slices.SortFunc(list, func(a, b *Domain) int { return strings.Compare(a.Name, b.Name) })
			return list
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
