package storetest

import (
	"fmt"
	"testing"
	"time"

	"callout/internal/store"
)

func clearRecipient(t *testing.T, open Place) {
	s := opened(t, open)
	other := valid("john")
	other.Domain = "b.example"
	write(t, s, valid("john"), invalid("JOHN"), invalid("John"), invalid("johnny"), invalid("jo"), other)
	writeFacts(t, s, store.DomainFact{Domain: domain, Code: 550})
	for _, want := range []int{3, 0} {
		n, err := s.ClearRecipient(t.Context(), domain, "jOhN")
		check(t, err)
		if n != want {
			t.Errorf("ClearRecipient = %d, want %d", n, want)
		}
		wantLookup(t, s, domain, "john")
		wantList(t, s, store.Query{}, "jo", "johnny")
		wantLookup(t, s, "b.example", "john", "john")
		wantFact(t, s, domain, 550)
		s = reopened(t, open, s)
	}
	if g := generation(t, s, domain); g != 0 {
		t.Errorf("clearing a recipient changes the generation to %d", g)
	}
	write(t, s, invalid("john"))
	wantLookup(t, s, domain, "john", "john")
	// What a clear of the domain has hidden does not count.
	_, err := s.ClearDomain(t.Context(), domain)
	check(t, err)
	if n, err := s.ClearRecipient(t.Context(), domain, "john"); n != 0 || err != nil {
		t.Errorf("ClearRecipient of a cleared domain = %d, %v", n, err)
	}
	if n, err := s.ClearRecipient(t.Context(), "none.example", "john"); n != 0 || err != nil {
		t.Errorf("ClearRecipient of an unknown domain = %d, %v", n, err)
	}
}

func clearDomain(t *testing.T, open Place) {
	s := opened(t, open)
	other := valid("john")
	other.Domain = "a.example.com" // begins like the one that is cleared
	write(t, s, valid("john"), invalid("jane"), other)
	facts := []store.DomainFact{{Domain: domain, Code: 250}, {Domain: other.Domain, Code: 550}}
	writeFacts(t, s, facts...)
	g, err := s.ClearDomain(t.Context(), domain)
	check(t, err)
	for range 2 {
		wantLookup(t, s, domain, "john")
		wantList(t, s, store.Query{})
		wantFact(t, s, domain, 0)
		wantLookup(t, s, other.Domain, "john", "john")
		wantFact(t, s, other.Domain, 550)
		if got := generation(t, s, domain); got != g {
			t.Errorf("generation %d, ClearDomain returned %d", got, g)
		}
		s = reopened(t, open, s)
	}
	again := valid("jane")
	again.Generation = g
	fact := store.DomainFact{Domain: domain, Code: 251, Generation: g}
	check(t, s.Write(t.Context(), store.Batch{Verdicts: []store.Verdict{again}, Facts: []store.DomainFact{fact}}))
	wantList(t, s, store.Query{}, "jane")
	wantFact(t, s, domain, 251)
}

func clearAll(t *testing.T, open Place) {
	s := opened(t, open)
	first, err := s.ClearDomain(t.Context(), domain)
	check(t, err)
	a, b := valid("john"), valid("john")
	a.Generation, b.Domain = first, "b.example"
	write(t, s, a, b)
	writeFacts(t, s, store.DomainFact{Domain: b.Domain, Code: 250})
	check(t, s.PutDomain(t.Context(), store.Domain{Name: domain, Spec: []byte("{}")}))
	wantLookup(t, s, domain, "john", "john")
	g, err := s.ClearAll(t.Context())
	check(t, err)
	for range 2 {
		wantLookup(t, s, domain, "john")
		wantLookup(t, s, "b.example", "john")
		wantFact(t, s, "b.example", 0)
		wantDomains(t, s, store.Domain{Name: domain, Spec: []byte("{}")})
		for _, d := range []string{domain, "b.example", "never.example"} {
			if got := generation(t, s, d); got != g {
				t.Errorf("generation of %s is %d, ClearAll returned %d", d, got, g)
			}
		}
		s = reopened(t, open, s)
	}
	a.Generation, b.Generation = g, g
	write(t, s, a, b)
	wantLookup(t, s, domain, "john", "john")
	wantLookup(t, s, "b.example", "john", "john")
	_, err = s.ClearDomain(t.Context(), domain)
	check(t, err)
	wantLookup(t, s, domain, "john")
	wantLookup(t, s, "b.example", "john", "john")
}

func purgeExpired(t *testing.T, open Place) {
	s := opened(t, open)
	expiring := func(local string, at time.Duration) store.Verdict {
		v := invalid(local)
		v.Expires = noon.Add(at)
		return v
	}
	other := expiring("other", -time.Second)
	other.Domain = "b.example"
	write(t, s, expiring("a", -time.Hour), expiring("b", -time.Millisecond), expiring("c", time.Millisecond),
		expiring("d", time.Hour), other)
	facts := []store.DomainFact{{Domain: domain, Code: 250, Expires: noon.Add(-time.Second)},
		{Domain: "b.example", Code: 550, Expires: noon.Add(time.Second)}}
	writeFacts(t, s, facts...)
	// Expiry is for verify to judge: until the purge every row is there.
	wantList(t, s, store.Query{}, "a", "b", "c", "d")
	wantFact(t, s, domain, 250)
	purgeAll(t, s, noon, 1)
	for range 2 {
		wantList(t, s, store.Query{}, "c", "d")
		wantList(t, s, store.Query{Domain: "b.example"})
		wantFact(t, s, domain, 0)
		wantFact(t, s, "b.example", 550)
		s = reopened(t, open, s)
	}
	if more, err := s.Purge(t.Context(), noon, 10); more || err != nil {
		t.Errorf("Purge with nothing to do = %v, %v", more, err)
	}
	// A verdict that is confirmed in time stays.
	write(t, s, expiring("c", 3*time.Hour))
	purgeAll(t, s, noon.Add(2*time.Hour), 100)
	wantList(t, s, store.Query{}, "c")
}

func purgeCleared(t *testing.T, open Place) {
	s := opened(t, open)
	var rows []store.Verdict
	for i := range 30 {
		for _, d := range []string{domain, "b.example", "c.example"} {
			v := valid(fmt.Sprintf("user%02d", i))
			v.Domain = d
			rows = append(rows, v)
		}
	}
	write(t, s, rows...)
	g, err := s.ClearDomain(t.Context(), domain)
	check(t, err)
	fresh := valid("fresh")
	fresh.Generation = g
	write(t, s, fresh)
	if more, err := s.Purge(t.Context(), noon, 10); !more || err != nil {
		t.Errorf("the first Purge of 10 out of 30 rows = %v, %v", more, err)
	}
	s = reopened(t, open, s) // a purge goes on after a restart
	purgeAll(t, s, noon, 7)
	wantList(t, s, store.Query{}, "fresh")
	if got := len(walk(t, s, store.Query{Domain: "b.example", Limit: 10})); got != 30 {
		t.Errorf("%d verdicts of b.example after the purge of another domain", got)
	}
	if g, err = s.ClearAll(t.Context()); err != nil {
		t.Fatal(err)
	}
	fresh.Generation = g
	write(t, s, fresh)
	fact := store.DomainFact{Domain: domain, Code: 250, Generation: g, Expires: noon}
	writeFacts(t, s, fact)
	_, err = s.Purge(t.Context(), noon, 20)
	check(t, err)
	s = reopened(t, open, s)
	purgeAll(t, s, noon.Add(-time.Hour), 1)
	wantList(t, s, store.Query{}, "fresh")
	wantFact(t, s, domain, 250)
	wantList(t, s, store.Query{Domain: "b.example"})
}

func manyDomains(t *testing.T, open Place) {
	s := opened(t, open)
	const domains = 300
	name := func(i int) string { return fmt.Sprintf("customer-%04d.example", i) }
	batch := func(g uint64) (verdicts []store.Verdict, facts []store.DomainFact) {
		for i := range domains {
			v := valid("john")
			v.Domain, v.Generation = name(i), g
			verdicts = append(verdicts, v)
			facts = append(facts, store.DomainFact{Domain: name(i), Generation: g, Code: 200 + i%100,
				Expires: noon.Add(time.Hour)})
		}
		return verdicts, facts
	}
	verdicts, facts := batch(0)
	check(t, s.Write(t.Context(), store.Batch{Verdicts: verdicts, Facts: facts}))
	for i := range domains {
		if i%20 == 0 {
			_, err := s.ClearDomain(t.Context(), name(i))
			check(t, err)
		}
	}
	purgeAll(t, s, noon, 50)
	for i := range domains {
		if i%20 == 0 {
			wantLookup(t, s, name(i), "john")
			wantFact(t, s, name(i), 0)
		} else {
			wantLookup(t, s, name(i), "john", "john")
			wantFact(t, s, name(i), 200+i%100)
		}
	}
	g, err := s.ClearAll(t.Context())
	check(t, err)
	verdicts, facts = batch(g)
	check(t, s.Write(t.Context(), store.Batch{Verdicts: verdicts[:domains/2], Facts: facts[:domains/2]}))
	purgeAll(t, s, noon, 100)
	for i := range domains {
		if i < domains/2 {
			wantLookup(t, s, name(i), "john", "john")
			wantFact(t, s, name(i), 200+i%100)
		} else {
			wantLookup(t, s, name(i), "john")
			wantFact(t, s, name(i), 0)
		}
	}
}
