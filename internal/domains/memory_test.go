package domains_test

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"callout/internal/callout"
	"callout/internal/domains"
	"callout/internal/store"
)

// memory is a store that keeps what a Registry needs. While fails is set it refuses every change, and while
// deaf is set to be told what is asked; while mute is set it keeps that, and says that it failed.
type memory struct {
	store.Store
	mu          sync.Mutex
	domains     map[string][]byte
	generation  uint64
	epochs      map[string]store.Epoch
	told        []map[string]string // what SetAsked was called with
	recipients  map[string]map[string]bool
	onPut       func() // called after PutDomain kept a domain
	fails, deaf error
	mute        error
}

func newMemory(names ...string) *memory {
	m := &memory{
		domains: map[string][]byte{}, epochs: map[string]store.Epoch{}, recipients: map[string]map[string]bool{},
	}
	for _, name := range names {
		m.domains[name] = []byte(`of the store`)
	}
	return m
}

func (m *memory) Domains(context.Context) ([]store.Domain, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var list []store.Domain
	for _, name := range slices.Sorted(maps.Keys(m.domains)) {
		list = append(list, store.Domain{Name: name, Spec: m.domains[name]})
	}
	return list, m.fails
}

func (m *memory) PutDomain(_ context.Context, d store.Domain) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.fails == nil {
		m.domains[d.Name] = d.Spec
		if m.onPut != nil {
			m.onPut()
		}
	}
	return m.fails
}

func (m *memory) DeleteDomain(_ context.Context, name string) (uint64, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.fails != nil {
		return 0, m.fails
	}
	if _, ok := m.domains[name]; !ok {
		return 0, store.ErrNotFound
	}
	delete(m.domains, name)
	delete(m.recipients, name)
	m.generation++
	return m.generation, nil
}

func (m *memory) Epochs(context.Context) (map[string]store.Epoch, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return maps.Clone(m.epochs), nil
}

func (m *memory) SetAsked(ctx context.Context, asked map[string]string) (map[string]store.Epoch, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	m.told = append(m.told, maps.Clone(asked))
	if m.deaf != nil {
		return nil, m.deaf
	}
	got := map[string]store.Epoch{}
	for name, words := range asked {
		if e, ok := m.epochs[name]; !ok || e.Asked != words {
			if ok {
				e.Number++
			}
			e.Asked = words
			m.epochs[name] = e
		}
		got[name] = m.epochs[name]
	}
	if m.mute != nil {
		return nil, m.mute
	}
	return got, nil
}

func (m *memory) NewEpoch(_ context.Context, names []string) (map[string]store.Epoch, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.deaf != nil {
		return nil, m.deaf
	}
	got := map[string]store.Epoch{}
	for _, name := range names {
		e := m.epochs[name]
		e.Number++
		m.epochs[name], got[name] = e, e
	}
	if m.mute != nil {
		return nil, m.mute
	}
	return got, nil
}

func (m *memory) Recipients(_ context.Context, yield func(domain, entry string) error) error {
	for _, domain := range slices.Sorted(maps.Keys(m.recipients)) {
		for _, entry := range slices.Sorted(maps.Keys(m.recipients[domain])) {
			if err := yield(domain, entry); err != nil {
				return err
			}
		}
	}
	return nil
}

func (m *memory) ChangeRecipients(_ context.Context, domain string, add, remove []string) (added, removed int, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.fails != nil {
		return 0, 0, m.fails
	}
	set := m.recipients[domain]
	if set == nil {
		set = map[string]bool{}
		m.recipients[domain] = set
	}
	before := len(set)
	for _, e := range add {
		set[e] = true
	}
	added = len(set) - before
	before = len(set)
	for _, e := range remove {
		delete(set, e)
	}
	return added, before - len(set), nil
}

func (m *memory) SetRecipients(_ context.Context, domain string, entries []string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.fails == nil {
		m.recipients[domain] = map[string]bool{}
		for _, e := range entries {
			m.recipients[domain][e] = true
		}
	}
	return m.fails
}

// settings are those of a domain in a test, as JSON.
type settings struct{ Aliases, To, Recipients []string }

// spec is the settings as the store has them.
func (s settings) spec() []byte {
	text, err := json.Marshal(s)
	if err != nil {
		panic(err)
	}
	return text
}

// domain is a domain with the settings.
func (s settings) domain(name string, origin domains.Origin) *domains.Domain {
	d := &domains.Domain{Name: name, Origin: origin, Aliases: s.Aliases, Recipients: recipients(s.Recipients...)}
	for _, to := range s.To {
		h, err := callout.ParseHost(to)
		if err != nil {
			panic(err)
		}
		d.Destination = append(d.Destination, []callout.Host{h})
	}
	return d
}

func recipients(entries ...string) *domains.Recipients {
	var b domains.Builder
	for _, e := range entries {
		if err := b.Add(e); err != nil {
			panic(err)
		}
	}
	return b.Recipients()
}

// build reads settings; text that is none it keeps where a test can see it: in the probe prefix.
func build(name string, spec []byte) (*domains.Domain, error) {
	if strings.HasPrefix(string(spec), "bad") {
		return nil, fmt.Errorf("domain %s: %s", name, spec)
	}
	var s settings
	if err := json.Unmarshal(spec, &s); err == nil {
		return s.domain(name, domains.FromStore), nil
	}
	return &domains.Domain{
		Name: name, Origin: domains.FromStore, Settings: domains.Settings{ProbePrefix: string(spec)},
	}, nil
}
