package storetest

import (
	"fmt"
	"maps"
	"testing"

	"callout/internal/store"
)

// setAsked says what is asked for one domain and checks the epoch that it gets.
func setAsked(t *testing.T, s store.Store, domain, asked string, want uint64) {
	t.Helper()
	epochs, err := s.SetAsked(t.Context(), map[string]string{domain: asked})
	check(t, err)
	if got, ok := epochs[domain]; len(epochs) != 1 || !ok || got != (store.Epoch{Number: want, Asked: asked}) {
		t.Errorf("SetAsked(%s, %q) = %v, want epoch %d", domain, asked, epochs, want)
	}
}

func wantEpochs(t *testing.T, s store.Store, want map[string]store.Epoch) {
	t.Helper()
	got, err := s.Epochs(t.Context())
	check(t, err)
	if !maps.Equal(got, want) {
		t.Errorf("Epochs = %v, want %v", got, want)
	}
}

// of returns a verdict as one of another epoch.
func of(v store.Verdict, epoch uint64) store.Verdict {
	v.Epoch = epoch
	return v
}

func epochsAreKept(t *testing.T, open Place) {
	s := opened(t, open)
	wantEpochs(t, s, nil)
	epochs, err := s.SetAsked(t.Context(), nil)
	check(t, err)
	if len(epochs) != 0 {
		t.Errorf("SetAsked of no domain = %v", epochs)
	}
	setAsked(t, s, domain, "one", 0)
	setAsked(t, s, domain, "one", 0) // the same again
	setAsked(t, s, domain, "two", 1)
	s = reopened(t, open, s)
	setAsked(t, s, domain, "two", 1)
	setAsked(t, s, domain, "one", 2) // what was asked once before is another change
	setAsked(t, s, "b.example", "", 0)
	setAsked(t, s, "b.example", "ü\x00'\xff", 1)
	want := map[string]store.Epoch{domain: {Number: 2, Asked: "one"}, "b.example": {Number: 1, Asked: "ü\x00'\xff"}}
	wantEpochs(t, s, want)
	s = reopened(t, open, s)
	wantEpochs(t, s, want)
	// Neither a clear nor the end of a domain makes an epoch come again.
	_, err = s.ClearAll(t.Context())
	check(t, err)
	check(t, s.PutDomain(t.Context(), store.Domain{Name: domain}))
	_, err = s.DeleteDomain(t.Context(), domain)
	check(t, err)
	purgeAll(t, s, noon, 100)
	wantEpochs(t, s, want)
}

func epochsOfManyDomains(t *testing.T, open Place) {
	s := opened(t, open)
	const domains = 2000
	asked, want := make(map[string]string), make(map[string]store.Epoch)
	set := func(what string) {
		t.Helper()
		got, err := s.SetAsked(t.Context(), asked)
		check(t, err)
		if !maps.Equal(got, want) {
			t.Errorf("%s: SetAsked returns other epochs than were to come", what)
		}
		wantEpochs(t, s, want)
	}
	for i := range domains {
		name := fmt.Sprintf("customer-%04d.example", i)
		asked[name] = "first"
		want[name] = store.Epoch{Asked: "first"}
	}
	set("first")
	s = reopened(t, open, s)
	set("the same again")
	for i := 0; i < domains; i += 3 {
		name := fmt.Sprintf("customer-%04d.example", i)
		asked[name] = "second"
		want[name] = store.Epoch{Number: 1, Asked: "second"}
	}
	set("a third changed")
}

func passedEpochs(t *testing.T, open Place) {
	s := opened(t, open)
	setAsked(t, s, domain, "one", 0)
	other := invalid("jane")
	other.Domain = "b.example"
	write(t, s, valid("john"), invalid("jane"), invalid("JANE"), other)
	writeFacts(t, s, store.DomainFact{Domain: domain, Code: 250}, store.DomainFact{Domain: "b.example", Code: 550})
	setAsked(t, s, domain, "two", 1)
	for range 2 {
		wantLookup(t, s, domain, "john", "john")
		wantLookup(t, s, domain, "jane")
		wantList(t, s, store.Query{Limit: 1}, "john")
		wantFact(t, s, domain, 0)
		wantLookup(t, s, "b.example", "jane", "jane")
		wantFact(t, s, "b.example", 550)
		wantCounts(t, s, map[string]store.Count{domain: {Valid: 1}, "b.example": {Invalid: 1}})
		s = reopened(t, open, s)
	}
	// What callouts find that began before the change comes too late, but for a valid recipient.
	write(t, s, invalid("jane"), valid("late"), invalid("later"))
	writeFacts(t, s, store.DomainFact{Domain: domain, Code: 250})
	wantList(t, s, store.Query{}, "john", "late")
	wantFact(t, s, domain, 0)
	write(t, s, of(invalid("jane"), 1), of(valid("new"), 1))
	writeFacts(t, s, store.DomainFact{Domain: domain, Epoch: 1, Code: 551})
	wantFact(t, s, domain, 551)
	for _, v := range walk(t, s, store.Query{Domain: domain, Limit: 10}) {
		if want := map[string]uint64{"jane": 1, "new": 1}[v.Local]; v.Epoch != want {
			t.Errorf("%s is of epoch %d, want %d", v.Local, v.Epoch, want)
		}
	}
	wantList(t, s, store.Query{}, "jane", "john", "late", "new")
	// A fact that comes late does not take the place of one that counts.
	writeFacts(t, s, store.DomainFact{Domain: domain, Code: 250})
	wantFact(t, s, domain, 551)
	// An epoch that nobody gave never comes to count.
	write(t, s, of(invalid("jane"), 2), of(valid("future"), 2))
	writeFacts(t, s, store.DomainFact{Domain: domain, Epoch: 2, Code: 250})
	setAsked(t, s, domain, "three", 2)
	wantLookup(t, s, domain, "jane")
	wantFact(t, s, domain, 0)
}

func epochsReplace(t *testing.T, open Place) {
	tests := []struct {
		name       string
		before     store.Verdict // is written in its epoch, and then comes epoch 2
		then, want store.Verdict
	}{
		{"a newer invalid replaces a valid", valid("john"), of(invalid("john"), 2), of(invalid("john"), 2)},
		{"a newer valid replaces a valid", valid("john"), of(valid("john"), 2), of(valid("john"), 2)},
		{"an invalid takes the place of a void one", invalid("john"), of(invalid("john"), 2), of(invalid("john"), 2)},
		{"an older valid takes the place of a void one", of(invalid("john"), 1), valid("john"), valid("john")},
		{"an older valid does not replace a newer", of(valid("john"), 1), valid("john"), of(valid("john"), 1)},
		{"an older invalid does not replace a valid", valid("john"), of(invalid("john"), 1), valid("john")},
		{"an older valid does not replace an invalid", of(invalid("john"), 2), of(valid("john"), 1),
			of(invalid("john"), 2)},
		{"within an epoch the last one counts", of(valid("john"), 2), of(invalid("john"), 2), of(invalid("john"), 2)},
		{"within a passed epoch too", valid("john"), valid("john"), valid("john")},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := opened(t, open)
			d := fmt.Sprintf("%x.example", tt.name)
			tt.before.Domain, tt.then.Domain, tt.want.Domain = d, d, d
			tt.then.Code++
			if tt.want.Epoch == tt.then.Epoch && tt.want.Status == tt.then.Status {
				tt.want.Code = tt.then.Code
			}
			for epoch, asked := range []string{"zero", "one", "two"} {
				setAsked(t, s, d, asked, uint64(epoch))
				if tt.before.Epoch == uint64(epoch) {
					write(t, s, tt.before)
				}
			}
			write(t, s, tt.then)
			if found := wantLookup(t, s, d, "john", "john"); len(found) == 1 && !same(found[0], tt.want) {
				t.Errorf("found %+v, want %+v", found[0], tt.want)
			}
		})
	}
}

func voidDoesNotCount(t *testing.T, open Place) {
	s := opened(t, open)
	for i := range store.MaxSpellings + 4 {
		write(t, s, invalid(spelling(i)))
	}
	write(t, s, invalid("x"), valid("X"))
	setAsked(t, s, domain, "one", 0)
	setAsked(t, s, domain, "two", 1)
	if n, err := s.ClearRecipient(t.Context(), domain, "x"); n != 1 || err != nil {
		t.Errorf("ClearRecipient = %d, %v; want the valid one alone to count", n, err)
	}
	wantList(t, s, store.Query{})
	// The spellings that are void take no room from those that are not, though these were asked before.
	for i := range store.MaxSpellings - 1 {
		v := of(invalid(spelling(100+i)), 1)
		v.Asked = noon.Add(-1)
		write(t, s, v)
	}
	found, err := s.Lookup(t.Context(), domain, "administrator")
	check(t, err)
	if len(found) != store.MaxSpellings-1 {
		t.Errorf("%d spellings of the epoch are found, want %d", len(found), store.MaxSpellings-1)
	}
	// Purging may take them early or late: nothing else goes.
	purgeAll(t, s, noon, 10)
	if n := len(walk(t, s, store.Query{Domain: domain, Limit: 100})); n != store.MaxSpellings-1 {
		t.Errorf("%d verdicts after a purge", n)
	}
}
