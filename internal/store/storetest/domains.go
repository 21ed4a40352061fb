package storetest

import (
	"errors"
	"fmt"
	"reflect"
	"testing"

	"callout/internal/store"
)

func wantDomains(t *testing.T, s store.Store, want ...store.Domain) {
	t.Helper()
	got, err := s.Domains(t.Context())
	check(t, err)
	if len(got) != len(want) {
		t.Fatalf("Domains = %v, want %v", got, want)
	}
	for i, d := range got {
		if d.Name != want[i].Name || string(d.Spec) != string(want[i].Spec) {
			t.Errorf("domain %d is %s %q, want %s %q", i, d.Name, d.Spec, want[i].Name, want[i].Spec)
		}
	}
}

func domainsAreKept(t *testing.T, open Place) {
	s := opened(t, open)
	wantDomains(t, s)
	b := store.Domain{Name: "b.example", Spec: []byte(`{"name":"b.example","x":"ü'\"` + "\x00\n" + `"}`)}
	a := store.Domain{Name: "a.example", Spec: []byte(`{}`)}
	c := store.Domain{Name: "xn--bcher-kva.example"}
	for _, d := range []store.Domain{c, b, a} {
		check(t, s.PutDomain(t.Context(), d))
	}
	wantDomains(t, s, a, b, c)
	a.Spec = []byte(`{"mode":"callout"}`)
	check(t, s.PutDomain(t.Context(), a))
	wantDomains(t, s, a, b, c)

	s = reopened(t, open, s)
	wantDomains(t, s, a, b, c)
	_, err := s.DeleteDomain(t.Context(), "b.example")
	check(t, err)
	s = reopened(t, open, s)
	wantDomains(t, s, a, c)
}

func deletingForgets(t *testing.T, open Place) {
	s := opened(t, open)
	if _, err := s.DeleteDomain(t.Context(), domain); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("DeleteDomain of none = %v, want ErrNotFound", err)
	}
	other := valid("john")
	other.Domain = "b.example"
	write(t, s, other, valid("john"))
	writeFacts(t, s, store.DomainFact{Domain: domain, Code: 550})
	if _, err := s.DeleteDomain(t.Context(), domain); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("DeleteDomain of a domain that only has verdicts = %v, want ErrNotFound", err)
	}
	if g := generation(t, s, domain); g != 0 {
		t.Errorf("DeleteDomain of none changes the generation to %d", g)
	}
	check(t, s.PutDomain(t.Context(), store.Domain{Name: domain, Spec: []byte("{}")}))
	g, err := s.DeleteDomain(t.Context(), domain)
	check(t, err)
	if got := generation(t, s, domain); g == 0 || got != g {
		t.Errorf("DeleteDomain returns generation %d, and %d is current", g, got)
	}
	for range 2 {
		wantDomains(t, s)
		wantLookup(t, s, domain, "john")
		wantFact(t, s, domain, 0)
		wantLookup(t, s, "b.example", "john", "john")
		s = reopened(t, open, s)
	}
	check(t, s.PutDomain(t.Context(), store.Domain{Name: domain, Spec: []byte("{}")}))
	wantLookup(t, s, domain, "john")
}

func generationsRise(t *testing.T, open Place) {
	s := opened(t, open)
	g, err := s.Generations(t.Context())
	check(t, err)
	if g.All != 0 || len(g.Domains) != 0 {
		t.Errorf("generations of an empty store: %+v", g)
	}
	check(t, s.PutDomain(t.Context(), store.Domain{Name: "c.example"}))
	last := uint64(0)
	want := store.Generations{Domains: make(map[string]uint64)}
	step := func(what, domain string, g uint64, err error) {
		t.Helper()
		check(t, err)
		if g <= last {
			t.Errorf("%s has number %d after %d", what, g, last)
		}
		last = g
		if domain == "" {
			want.All = g
		} else {
			want.Domains[domain] = g
		}
	}
	for i := range 3 {
		g, err := s.ClearDomain(t.Context(), "a.example")
		step(fmt.Sprint("clear a ", i), "a.example", g, err)
		g, err = s.ClearDomain(t.Context(), "b.example")
		step(fmt.Sprint("clear b ", i), "b.example", g, err)
		if i == 1 {
			g, err = s.ClearAll(t.Context())
			step("clear all", "", g, err)
			g, err = s.DeleteDomain(t.Context(), "c.example")
			step("delete c", "c.example", g, err)
		}
		s = reopened(t, open, s)
	}
	got, err := s.Generations(t.Context())
	check(t, err)
	if !reflect.DeepEqual(got, want) {
		t.Errorf("Generations = %+v, want %+v", got, want)
	}
	// Purging may drop numbers that count no more, and must not change those that do.
	purgeAll(t, s, noon, 100)
	for _, d := range []string{"a.example", "b.example", "c.example", "d.example"} {
		if g := generation(t, s, d); g != want.Of(d) {
			t.Errorf("generation of %s after a purge is %d, want %d", d, g, want.Of(d))
		}
	}
	g2, err := s.ClearAll(t.Context())
	step("clear all after a purge", "", g2, err)
	purgeAll(t, s, noon, 100)
	g2, err = s.ClearDomain(t.Context(), "a.example")
	step("clear a after a purge", "a.example", g2, err)
}
