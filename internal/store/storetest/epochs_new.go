package storetest

import (
	"maps"
	"testing"

	"callout/internal/store"
)

// A new epoch of what is asked voids what another word would, and is kept as long.
func newEpochs(t *testing.T, open Place) {
	s := opened(t, open)
	setAsked(t, s, domain, "one", 0)
	other := invalid("jane")
	other.Domain = "b.example"
	write(t, s, valid("john"), invalid("jane"), other)
	writeFacts(t, s, store.DomainFact{Domain: domain, Code: 250}, store.DomainFact{Domain: "b.example", Code: 550})
	got, err := s.NewEpoch(t.Context(), []string{domain, "never-asked.example"})
	check(t, err)
	want := map[string]store.Epoch{domain: {Number: 1, Asked: "one"}, "never-asked.example": {Number: 1}}
	if !maps.Equal(got, want) {
		t.Errorf("NewEpoch = %v, want %v", got, want)
	}
	for range 2 {
		wantEpochs(t, s, want)
		wantList(t, s, store.Query{}, "john")
		wantFact(t, s, domain, 0)
		wantFact(t, s, "b.example", 550)
		wantCounts(t, s, map[string]store.Count{domain: {Valid: 1}, "b.example": {Invalid: 1}})
		s = reopened(t, open, s)
	}
	write(t, s, invalid("jane")) // of a callout that began before
	wantLookup(t, s, domain, "jane")
	write(t, s, of(invalid("jane"), 1))
	wantLookup(t, s, domain, "jane", "jane")
	setAsked(t, s, domain, "one", 1)
	setAsked(t, s, domain, "two", 2)
	if got, err := s.NewEpoch(t.Context(), nil); len(got) != 0 || err != nil {
		t.Errorf("NewEpoch of no domain = %v, %v", got, err)
	}
}
