package storetest

import (
	"context"
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"

	"callout/internal/store"
)

func wantCounts(t *testing.T, s store.Store, want map[string]store.Count) {
	t.Helper()
	got, err := s.Counts(t.Context())
	check(t, err)
	if !maps.Equal(got, want) {
		t.Errorf("Counts = %v, want %v", got, want)
	}
	for _, name := range []string{domain, "b.example", "cleared.example", "only-a-fact.example", "none.example"} {
		n, err := s.Count(t.Context(), name)
		check(t, err)
		if n != want[name] {
			t.Errorf("Count of %s = %v, want %v", name, n, want[name])
		}
	}
}

func counts(t *testing.T, open Place) {
	s := opened(t, open)
	wantCounts(t, s, nil)
	other, cleared := valid("john"), invalid("john")
	other.Domain, cleared.Domain = "b.example", "cleared.example"
	for i := range 30 {
		write(t, s, invalid(fmt.Sprintf("user%d", i)))
	}
	write(t, s, valid("john"), invalid("JOHN"), valid("jane"), other, cleared)
	writeFacts(t, s, store.DomainFact{Domain: "only-a-fact.example", Code: 250})
	wantCounts(t, s, map[string]store.Count{
		domain: {Valid: 2, Invalid: 31}, "b.example": {Valid: 1}, "cleared.example": {Invalid: 1},
	})
	_, err := s.ClearDomain(t.Context(), "cleared.example")
	check(t, err)
	setAsked(t, s, domain, "one", 0)
	setAsked(t, s, domain, "two", 1)
	write(t, s, of(invalid("new"), 1), of(invalid("john"), 1))
	want := map[string]store.Count{domain: {Valid: 1, Invalid: 2}, "b.example": {Valid: 1}}
	for range 2 {
		wantCounts(t, s, want)
		s = reopened(t, open, s)
	}
	purgeAll(t, s, noon, 100)
	wantCounts(t, s, want)
	purgeAll(t, s, noon.Add(3*time.Hour), 100) // past the life of an invalid verdict
	wantCounts(t, s, map[string]store.Count{domain: {Valid: 1}, "b.example": {Valid: 1}})
	_, err = s.ClearAll(t.Context())
	check(t, err)
	wantCounts(t, s, nil)
}

// However a row comes to be what it is, it is counted as that.
func countsFollow(t *testing.T, open Place) {
	s := opened(t, open)
	n := store.Count{}
	want := func(what string, valid, invalid int) {
		t.Helper()
		n.Valid, n.Invalid = n.Valid+valid, n.Invalid+invalid
		got, err := s.Count(t.Context(), domain)
		check(t, err)
		if all, err := s.Counts(t.Context()); got != n || all[domain] != n || err != nil {
			t.Errorf("%s: Count = %v, Counts = %v, %v; want %v", what, got, all, err, n)
		}
	}
	write(t, s, invalid("john"), invalid("jane"))
	want("two new", 0, 2)
	write(t, s, invalid("john"))
	want("the same again", 0, 0)
	write(t, s, valid("john"))
	want("an invalid that turned valid", 1, -1)
	write(t, s, valid("joe"), invalid("joe"), valid("joe"), valid("jim"), invalid("jim"))
	want("several of one in a batch", 1, 1)
	for i := range store.MaxSpellings + 4 {
		write(t, s, invalid(spelling(i)))
	}
	write(t, s, valid("ADMINISTRATOR"))
	want("more spellings than there is room for", 1, len(walk(t, s, store.Query{Domain: domain, Limit: 100}))-5)
	setAsked(t, s, domain, "one", 0)
	setAsked(t, s, domain, "two", 1)
	want("a new epoch", 0, -n.Invalid)
	write(t, s, of(valid("joe"), 1), valid("john"), of(invalid("jane"), 1), of(valid("jim"), 1))
	want("void ones that are written again", 1, 1)
	write(t, s, of(invalid("joe"), 1))
	want("a valid that turned invalid", -1, 1)
	removed, err := s.ClearRecipient(t.Context(), domain, "jane")
	check(t, err)
	want("a clear of one", 0, -removed)
	s = reopened(t, open, s)
	want("opened again", 0, 0)
	purgeAll(t, s, noon.Add(3*time.Hour), 100)
	want("invalid ones that have expired", 0, -1)
	g, err := s.ClearDomain(t.Context(), domain)
	check(t, err)
	want("a clear", -n.Valid, 0)
	fresh := of(valid("john"), 1)
	fresh.Generation = g
	write(t, s, fresh)
	want("after a clear", 1, 0)
	purgeAll(t, s, noon, 3)
	want("what was cleared is purged", 0, 0)
	_, err = s.ClearAll(t.Context())
	check(t, err)
	want("a clear of everything", -1, 0)
	purgeAll(t, s, noon, 3)
	want("everything is purged", 0, 0)
}

// scans is for Stores that can be scanned.
func scans(t *testing.T, open Place) {
	s := opened(t, open)
	all, ok := s.(store.Scanner)
	if !ok {
		return
	}
	want := make(map[string]int)
	other, cleared := valid("john"), valid("gone")
	other.Domain, cleared.Domain = "b.example", "cleared.example"
	write(t, s, valid("John"), invalid("jane"), other, cleared)
	want["john@"+domain], want["jane@"+domain], want["john@b.example"], want["gone@cleared.example"] = 1, 1, 1, 1
	var many []store.Verdict
	for i := range 2500 {
		many = append(many, invalid(fmt.Sprintf("user%d", i)))
		want[fmt.Sprintf("user%d@%s", i, domain)] = 1
	}
	write(t, s, many...)
	_, err := s.ClearDomain(t.Context(), "cleared.example")
	check(t, err)
	got := make(map[string]int)
	check(t, all.Scan(t.Context(), func(domain, local string) { got[strings.ToLower(local)+"@"+domain]++ }))
	if !maps.Equal(got, want) {
		t.Errorf("a scan told of %d recipients, some twice or not at all; want %d", len(got), len(want))
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if err := all.Scan(ended, func(string, string) {}); err == nil {
		t.Error("a scan went on though its context had ended")
	}
}
