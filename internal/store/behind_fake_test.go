package store_test

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"callout/internal/store"
)

type identity struct {
	domain, local string
	generation    uint64
}

// fake is a Store in memory whose writes can be made to fail or to wait. It has what Behind uses.
type fake struct {
	store.Store
	mu       sync.Mutex
	verdicts map[identity]store.Verdict
	facts    map[string]store.DomainFact
	hosts    map[string]store.HostFact // by host and kind, with a space between
	epochs   map[string]store.Epoch
	gens     store.Generations
	last     uint64
	batches  []int       // the sizes of the batches that were written
	purges   []time.Time // when Purge was called
	garbage  int         // chunks that Purge still finds
	writeErr error
	readErr  error
	clearErr error
	listing  time.Duration             // that a List takes
	window   int                       // rows that List looks at for one page, 0 for all
	hold     func(ctx context.Context) // called at the beginning of Write
	read     func()                    // called at the end of Lookup
}

func newFake() *fake {
	return &fake{
		verdicts: make(map[identity]store.Verdict), facts: make(map[string]store.DomainFact),
		hosts: make(map[string]store.HostFact), epochs: make(map[string]store.Epoch),
		gens: store.Generations{Domains: make(map[string]uint64)}, read: func() {},
	}
}

// set changes the fake while it is in use.
func (f *fake) set(change func(*fake)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	change(f)
}

// written returns the sizes of the batches so far.
func (f *fake) written() []int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.batches)
}

// rows returns how many verdicts are stored, visible or not.
func (f *fake) rows() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.verdicts)
}

func (f *fake) Write(ctx context.Context, batch store.Batch) error {
	f.mu.Lock()
	hold := f.hold
	f.mu.Unlock()
	if hold != nil {
		hold(ctx)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return err
	}
	if f.writeErr != nil {
		return f.writeErr
	}
	f.batches = append(f.batches, len(batch.Verdicts)+len(batch.Facts)+len(batch.Hosts))
	for _, v := range batch.Verdicts {
		id := identity{v.Domain, v.Local, v.Generation}
		if old, ok := f.verdicts[id]; f.counts(v) && !(ok && f.counts(old) && v.Epoch < old.Epoch) {
			f.verdicts[id] = v
		}
	}
	for _, fact := range batch.Facts {
		if fact.Generation == f.gens.Of(fact.Domain) && fact.Epoch == f.epochs[fact.Domain].Number {
			f.facts[fact.Domain] = fact
		}
	}
	for _, h := range batch.Hosts {
		f.hosts[h.Host+" "+h.Kind] = h
		if h.Expires.IsZero() {
			delete(f.hosts, h.Host+" "+h.Kind)
		}
	}
	return nil
}

// counts reports whether a verdict is of the current generation and, if it is not valid, epoch.
func (f *fake) counts(v store.Verdict) bool {
	return v.Generation == f.gens.Of(v.Domain) && (v.Status == store.Valid || v.Epoch == f.epochs[v.Domain].Number)
}

// current returns the visible verdicts of a domain that match, in the order of their local-parts.
func (f *fake) current(domain string, match func(local string) bool) []store.Verdict {
	var found []store.Verdict
	for id, v := range f.verdicts {
		if id.domain == domain && f.counts(v) && match(id.local) {
			found = append(found, v)
		}
	}
	slices.SortFunc(found, func(a, b store.Verdict) int { return cmp.Compare(a.Local, b.Local) })
	return found
}

func (f *fake) Lookup(_ context.Context, domain, local string) ([]store.Verdict, error) {
	defer f.read()
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.readErr != nil {
		return nil, f.readErr
	}
	return f.current(domain, func(s string) bool { return strings.EqualFold(s, local) }), nil
}

func (f *fake) DomainFact(_ context.Context, domain string) (store.DomainFact, bool, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.readErr != nil {
		return store.DomainFact{}, false, f.readErr
	}
	fact, ok := f.facts[domain]
	if fact.Generation != f.gens.Of(domain) || fact.Epoch != f.epochs[domain].Number {
		return store.DomainFact{}, false, nil
	}
	return fact, ok, nil
}

func (f *fake) List(_ context.Context, q store.Query) (page []store.Verdict, next string, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	time.Sleep(f.listing)
	for i, v := range f.current(q.Domain, func(s string) bool { return s > q.Cursor }) {
		if strings.Contains(v.Local, q.Text) {
			page = append(page, v)
		}
		if i+1 == f.window || len(page) == q.Limit {
			return page, v.Local, nil
		}
	}
	return page, "", nil
}

func (f *fake) ClearRecipient(_ context.Context, domain, local string) (n int, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.clearErr != nil {
		return 0, f.clearErr
	}
	for _, v := range f.current(domain, func(s string) bool { return strings.EqualFold(s, local) }) {
		delete(f.verdicts, identity{v.Domain, v.Local, v.Generation})
		n++
	}
	return n, nil
}

func (f *fake) ClearDomain(_ context.Context, domain string) (uint64, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.clearErr != nil {
		return 0, f.clearErr
	}
	f.last++
	f.gens.Domains[domain] = f.last
	return f.last, nil
}

func (f *fake) DeleteDomain(ctx context.Context, name string) (uint64, error) {
	return f.ClearDomain(ctx, name)
}

func (f *fake) ClearAll(context.Context) (uint64, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.last++
	f.gens.All = f.last
	return f.last, nil
}

func (f *fake) Purge(context.Context, time.Time, int) (bool, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.purges = append(f.purges, time.Now())
	f.garbage = max(f.garbage-1, 0)
	return f.garbage > 0, nil
}

func (f *fake) SetAsked(_ context.Context, asked map[string]string) (map[string]store.Epoch, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.clearErr != nil {
		return nil, f.clearErr
	}
	set := make(map[string]store.Epoch)
	for domain, words := range asked {
		e, ok := f.epochs[domain]
		if ok && e.Asked != words {
			e.Number++
		}
		e.Asked = words
		f.epochs[domain], set[domain] = e, e
	}
	return set, nil
}

func (f *fake) NewEpoch(_ context.Context, domains []string) (map[string]store.Epoch, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.clearErr != nil {
		return nil, f.clearErr
	}
	set := make(map[string]store.Epoch)
	for _, domain := range domains {
		e := f.epochs[domain]
		e.Number++
		f.epochs[domain], set[domain] = e, e
	}
	return set, nil
}

func (f *fake) HostFacts(context.Context) ([]store.HostFact, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Collect(maps.Values(f.hosts)), f.readErr
}

func (f *fake) Counts(context.Context) (map[string]store.Count, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	counts := make(map[string]store.Count)
	for id, v := range f.verdicts {
		n := counts[id.domain]
		switch {
		case !f.counts(v):
			continue
		case v.Status == store.Valid:
			n.Valid++
		default:
			n.Invalid++
		}
		counts[id.domain] = n
	}
	return counts, f.readErr
}

func (f *fake) Count(ctx context.Context, domain string) (store.Count, error) {
	counts, err := f.Counts(ctx)
	return counts[domain], err
}
