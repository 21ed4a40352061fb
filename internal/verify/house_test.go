package verify_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"callout/internal/callout"
	"callout/internal/domains"
	"callout/internal/store"
	"callout/internal/verify"
)

// house is a verifier of example.com with a catch-all check, whose destination is a function, and what it works with.
type house struct {
	*verify.Verifier
	behind   *store.Behind
	registry *domains.Registry
	store    store.Store
}

func newHouse(t *testing.T, ask askFunc, change func(*verify.Options)) *house {
	t.Helper()
	h := &house{}
	h.Verifier, h.behind = newVerifier(t, ask, func(o *verify.Options) {
		if change != nil {
			change(o)
		}
		h.registry, h.store = o.Domains, o.Store
	})
	h.change(t, func(d *domains.Domain) { d.Settings.CatchAllCheck = true })
	return h
}

// change has example.com served otherwise.
func (h *house) change(t *testing.T, change func(*domains.Domain)) {
	t.Helper()
	d := *h.registry.Lookup("example.com")
	change(&d)
	removed, err := h.registry.Reload(context.Background(), []*domains.Domain{&d}, nil)
	if err != nil {
		t.Fatal(err)
	}
	h.Forget(removed)
}

// status returns how example.com stands.
func (h *house) status(t *testing.T) verify.DomainStatus {
	t.Helper()
	s, err := h.DomainStatus(context.Background(), h.registry.Lookup("example.com"))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// probeOf is what a destination says of a random address.
func probeOf(a callout.Answer) callout.ProbeAnswer {
	return callout.ProbeAnswer{Asked: true, Outcome: a.Outcome, Host: a.Host, Reply: a.Reply, Provisional: a.Provisional}
}

// byBackup is an answer as a host of lower priority gives it.
func byBackup(a callout.Answer) callout.Answer {
	a.Host, a.Provisional = callout.Host{Name: "backup.example.com", Port: 25}, true
	return a
}

// asked collects the questions that were put to a destination.
type asked struct {
	mu  sync.Mutex
	all []callout.Question
}

func (a *asked) add(q callout.Question) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.all = append(a.all, q)
}

func (a *asked) take() []callout.Question {
	a.mu.Lock()
	defer a.mu.Unlock()
	all := a.all
	a.all = nil
	return all
}

// toLastQuarter lets the time pass until what is known of a domain is to be renewed.
func toLastQuarter() { time.Sleep(95 * time.Minute) }
