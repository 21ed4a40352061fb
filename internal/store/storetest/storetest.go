package storetest

import (
	"context"
	"io"
	"slices"
	"testing"
	"time"

	"callout/internal/store"
)

// Place opens the store of one place. It may be called again once the store that it returned is closed, and
// then finds what was kept there.
type Place func(t *testing.T) store.Store

// Run runs the suite. fresh makes a place with nothing in it, which is gone when its test ends.
func Run(t *testing.T, fresh func(t *testing.T) Place) {
	tests := []struct {
		name string
		test func(t *testing.T, open Place)
	}{
		{"domains are kept", domainsAreKept},
		{"deleting a domain forgets it", deletingForgets},
		{"generations rise", generationsRise},
		{"a verdict is kept whole", verdictIsKeptWhole},
		{"a verdict replaces its own kind", verdictReplaces},
		{"spellings are found together", spellingsTogether},
		{"spellings are bounded", spellingsBounded},
		{"facts are kept", factsAreKept},
		{"passed generations are never seen", passedGenerations},
		{"odd texts", oddTexts},
		{"clear a recipient", clearRecipient},
		{"clear a domain", clearDomain},
		{"clear everything", clearAll},
		{"epochs are kept", epochsAreKept},
		{"epochs of many domains", epochsOfManyDomains},
		{"passed epochs are not seen", passedEpochs},
		{"new epochs of what is asked", newEpochs},
		{"which epoch replaces which", epochsReplace},
		{"what is void does not count", voidDoesNotCount},
		{"new epochs beside writes", epochsBesideWrites},
		{"recipients are kept", recipientsAreKept},
		{"recipients in order", recipientsInOrder},
		{"many recipients", manyRecipients},
		{"deleting a domain drops its recipients and its pause", deletingDropsRecipients},
		{"pauses are kept", pausesAreKept},
		{"host facts are kept", hostFactsAreKept},
		{"host facts expire", hostFactsExpire},
		{"batches are whole", batchesAreWhole},
		{"counts", counts},
		{"counts follow", countsFollow},
		{"scans", scans},
		{"list in order", listInOrder},
		{"list with filters", listFilters},
		{"list by prefix", listByPrefix},
		{"list backwards", listBackwards},
		{"list what is void", listVoid},
		{"list while rows change", listWhileChanging},
		{"list with a bad cursor", listBadCursor},
		{"purge what has expired", purgeExpired},
		{"purge what was cleared", purgeCleared},
		{"many domains", manyDomains},
		{"writes are whole", writesAreWhole},
		{"clears beside look-ups", clearsBesideLookups},
		{"close waits", closeWaits},
		{"closed", closed},
		{"cancelled", cancelled},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			tt.test(t, fresh(t))
		})
	}
}

// opened opens the store of a place, of whichever kind, and closes it when the test ends.
func opened[S io.Closer](t *testing.T, open func(t *testing.T) S) S {
	t.Helper()
	s := open(t)
	t.Cleanup(func() { check(t, s.Close()) })
	return s
}

// reopened closes a store and opens its place again.
func reopened[S io.Closer](t *testing.T, open func(t *testing.T) S, s S) S {
	t.Helper()
	check(t, s.Close())
	return opened(t, open)
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// noon is when the verdicts of the tests were asked.
var noon = time.Date(2026, 3, 14, 12, 0, 0, 0, time.UTC)

const domain = "a.example"

// valid makes a verdict of a.example.
func valid(local string) store.Verdict {
	return store.Verdict{
		Domain: domain, Local: local, Status: store.Valid, Asked: noon, Expires: noon.Add(96 * time.Hour),
		Code: 250, Enhanced: "2.1.5", Text: "Ok", Host: "mx.a.example:25",
	}
}

// invalid makes the other verdict of a.example.
func invalid(local string) store.Verdict {
	return store.Verdict{
		Domain: domain, Local: local, Status: store.Invalid, Asked: noon, Expires: noon.Add(2 * time.Hour),
		Code: 550, Enhanced: "5.1.1", Text: "User unknown", Host: "mx.a.example:25",
	}
}

func write(t *testing.T, s store.Store, verdicts ...store.Verdict) {
	t.Helper()
	check(t, s.Write(t.Context(), store.Batch{Verdicts: verdicts}))
}

func writeFacts(t *testing.T, s store.Store, facts ...store.DomainFact) {
	t.Helper()
	check(t, s.Write(t.Context(), store.Batch{Facts: facts}))
}

// wantLookup checks which spellings a look-up finds, in order.
func wantLookup(t *testing.T, s store.Store, domain, local string, want ...string) []store.Verdict {
	t.Helper()
	found, err := s.Lookup(t.Context(), domain, local)
	check(t, err)
	if got := locals(found); !slices.Equal(got, want) {
		t.Errorf("Lookup(%s, %q) finds %q, want %q", domain, local, got, want)
	}
	return found
}

func locals(verdicts []store.Verdict) []string {
	var all []string
	for _, v := range verdicts {
		all = append(all, v.Local)
	}
	return all
}

// wantFact checks whether there is a fact for a domain and what its code is; 0 stands for none.
func wantFact(t *testing.T, s store.Store, domain string, code int) {
	t.Helper()
	f, ok, err := s.DomainFact(t.Context(), domain)
	check(t, err)
	if ok != (code != 0) || f.Code != code {
		t.Errorf("DomainFact(%s) = %+v, %v; want code %d", domain, f, ok, code)
	}
}

// walk lists all pages of a query and checks that none has too many rows.
func walk(t *testing.T, s store.Store, q store.Query) []store.Verdict {
	t.Helper()
	var all []store.Verdict
	for {
		page, next, err := s.List(t.Context(), q)
		check(t, err)
		if len(page) > q.Limit {
			t.Fatalf("a page of %d rows where %d is the limit", len(page), q.Limit)
		}
		all = append(all, page...)
		if next == "" {
			return all
		}
		q.Cursor = next
	}
}

// wantList checks which local-parts a domain has.
func wantList(t *testing.T, s store.Store, q store.Query, want ...string) {
	t.Helper()
	if q.Domain == "" {
		q.Domain = domain
	}
	if q.Limit == 0 {
		q.Limit = 3
	}
	if got := locals(walk(t, s, q)); !slices.Equal(got, want) {
		t.Errorf("List(%+v) = %q, want %q", q, got, want)
	}
}

// purgeAll purges until there is no more to do.
func purgeAll(t *testing.T, s store.Store, now time.Time, limit int) {
	t.Helper()
	for range 100_000 {
		more, err := s.Purge(t.Context(), now, limit)
		check(t, err)
		if !more {
			return
		}
	}
	t.Fatal("purging finds no end")
}

// generation returns the current one of a domain.
func generation(t *testing.T, s store.Store, domain string) uint64 {
	t.Helper()
	g, err := s.Generations(context.Background())
	check(t, err)
	return g.Of(domain)
}
