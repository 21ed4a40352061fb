package storetest

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"callout/internal/store"
)

// batch makes n verdicts of a domain of its own.
func batch(domain string, n int) []store.Verdict {
	var all []store.Verdict
	for i := range n {
		v := valid(fmt.Sprintf("user%d", i))
		v.Domain = domain
		all = append(all, v)
	}
	return all
}

// A write that is given up at some moment has stored all of its rows or none.
func writesAreWhole(t *testing.T, open Place) {
	s := opened(t, open)
	const rows = 300
	for i := range 40 {
		domain := fmt.Sprintf("customer%d.example", i)
		ctx, cancel := context.WithCancel(t.Context())
		timer := time.AfterFunc(rand.N(10*time.Millisecond), cancel)
		facts := []store.DomainFact{{Domain: domain, Code: 250}}
		err := s.Write(ctx, store.Batch{Verdicts: batch(domain, rows), Facts: facts})
		timer.Stop()
		cancel()
		n := len(walk(t, s, store.Query{Domain: domain, Limit: 1000}))
		_, ok, ferr := s.DomainFact(t.Context(), domain)
		check(t, ferr)
		if n != 0 && n != rows || ok != (n == rows) || err == nil && n != rows {
			t.Errorf("%d of %d verdicts and fact %v after Write = %v", n, rows, ok, err)
		}
	}
}

// Look-ups and listings beside clears see one generation at a time, and never one that was cleared before they
// began.
func clearsBesideLookups(t *testing.T, open Place) {
	s := opened(t, open)
	const rounds = 30
	var wg sync.WaitGroup
	for w := range 4 {
		wg.Go(func() {
			domain := fmt.Sprintf("customer%d.example", w%2)
			for i := range rounds {
				clearAndLook(t, s, domain, i)
			}
		})
	}
	wg.Go(func() {
		for range rounds {
			if _, err := s.ClearAll(t.Context()); err != nil {
				t.Error(err)
			}
			if _, err := s.Purge(t.Context(), noon, 20); err != nil {
				t.Error(err)
			}
		}
	})
	wg.Wait()
}

// clearAndLook is one round of a goroutine that shares its domain with another.
func clearAndLook(t *testing.T, s store.Store, domain string, round int) {
	var g uint64
	var err error
	if round%3 == 0 {
		g, err = s.ClearDomain(t.Context(), domain)
	} else {
		var all store.Generations
		all, err = s.Generations(t.Context())
		g = all.Of(domain)
	}
	if err != nil {
		t.Error(err)
		return
	}
	verdicts := batch(domain, 20)
	for i := range verdicts {
		verdicts[i].Generation = g
	}
	facts := []store.DomainFact{{Domain: domain, Generation: g}}
	if err := s.Write(t.Context(), store.Batch{Verdicts: verdicts, Facts: facts}); err != nil {
		t.Error(err)
	}
	page, _, err := s.List(t.Context(), store.Query{Domain: domain, Limit: 100})
	if err != nil {
		t.Error(err)
	}
	found, err := s.Lookup(t.Context(), domain, "USER7")
	if err != nil {
		t.Error(err)
	}
	for i, v := range page {
		if v.Generation < g || v.Generation != page[0].Generation {
			t.Errorf("row %d of a listing is of generation %d, %d is current, and the first row is of %d", i,
				v.Generation, g, page[0].Generation)
		}
	}
	if n := len(page); n != 0 && n < len(verdicts)-1 { // user3 may be cleared
		t.Errorf("a listing of %d rows where %d were written at once", n, len(verdicts))
	}
	if len(found) > 1 || len(found) == 1 && found[0].Generation < g {
		t.Errorf("Lookup finds %+v in generation %d", found, g)
	}
	fact, ok, err := s.DomainFact(t.Context(), domain)
	if err != nil || ok && fact.Generation < g {
		t.Errorf("DomainFact is of generation %d, %v; %d is current", fact.Generation, err, g)
	}
	if _, err := s.ClearRecipient(t.Context(), domain, "user3"); err != nil {
		t.Error(err)
	}
}

// What is under way when Close is called is done when it returns, and kept if it was acknowledged.
func closeWaits(t *testing.T, open Place) {
	s := open(t)
	const writers, rows = 4, 100
	acknowledged := make([]int, writers)
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			for ; ; acknowledged[w]++ {
				domain := fmt.Sprintf("w%d-%d.example", w, acknowledged[w])
				if s.Write(t.Context(), store.Batch{Verdicts: batch(domain, rows)}) != nil {
					return
				}
				if _, err := s.Lookup(t.Context(), domain, "john"); err != nil {
					acknowledged[w]++
					return
				}
			}
		})
	}
	time.Sleep(50 * time.Millisecond) // any moment will do
	check(t, s.Close())
	wg.Wait()
	s = opened(t, open)
	for w, n := range acknowledged {
		for i := range n {
			domain := fmt.Sprintf("w%d-%d.example", w, i)
			if got := len(walk(t, s, store.Query{Domain: domain, Limit: 1000})); got != rows {
				t.Errorf("%d of %d acknowledged rows of %s are there", got, rows, domain)
			}
		}
	}
}

// every calls each method once and reports what it returned.
func every(ctx context.Context, s store.Store, report func(method string, err error)) {
	_, err := s.Generations(ctx)
	report("Generations", err)
	_, err = s.Domains(ctx)
	report("Domains", err)
	report("PutDomain", s.PutDomain(ctx, store.Domain{Name: "new.example"}))
	_, err = s.DeleteDomain(ctx, domain)
	report("DeleteDomain", err)
	report("Write", s.Write(ctx, store.Batch{Verdicts: []store.Verdict{valid("jane")}}))
	_, err = s.Lookup(ctx, domain, "john")
	report("Lookup", err)
	_, _, err = s.DomainFact(ctx, domain)
	report("DomainFact", err)
	_, _, err = s.List(ctx, store.Query{Domain: domain, Limit: 10})
	report("List", err)
	_, err = s.ClearRecipient(ctx, domain, "john")
	report("ClearRecipient", err)
	_, err = s.ClearDomain(ctx, domain)
	report("ClearDomain", err)
	_, err = s.ClearAll(ctx)
	report("ClearAll", err)
	_, err = s.Purge(ctx, noon.Add(1000*time.Hour), 10)
	report("Purge", err)
	_, err = s.Epochs(ctx)
	report("Epochs", err)
	_, err = s.SetAsked(ctx, map[string]string{domain: "other"})
	report("SetAsked", err)
	report("Recipients", s.Recipients(ctx, func(string, string) error { return nil }))
	_, _, err = s.ChangeRecipients(ctx, domain, []string{"jane"}, []string{"john"})
	report("ChangeRecipients", err)
	report("SetRecipients", s.SetRecipients(ctx, domain, nil))
	_, err = s.Pauses(ctx)
	report("Pauses", err)
	report("SetPause", s.SetPause(ctx, store.Pause{Since: noon}))
	_, err = s.DeletePause(ctx, domain)
	report("DeletePause", err)
	_, err = s.HostFacts(ctx)
	report("HostFacts", err)
	_, err = s.Counts(ctx)
	report("Counts", err)
}

// prepare stores what every may not change.
func prepare(t *testing.T, s store.Store) {
	t.Helper()
	check(t, s.PutDomain(t.Context(), store.Domain{Name: domain}))
	write(t, s, valid("john"))
	setAsked(t, s, domain, "one", 0)
	change(t, s, domain, []string{"john"}, nil, 1, 0)
	check(t, s.SetPause(t.Context(), store.Pause{Domain: domain, Since: noon}))
}

func wantUnchanged(t *testing.T, s store.Store) {
	t.Helper()
	wantDomains(t, s, store.Domain{Name: domain})
	wantList(t, s, store.Query{}, "john")
	wantEpochs(t, s, map[string]store.Epoch{domain: {Asked: "one"}})
	wantRecipients(t, s, "a.example/john")
	wantPauses(t, s, store.Pause{Domain: domain, Since: noon})
	if g := generation(t, s, domain); g != 0 {
		t.Errorf("generation %d", g)
	}
}

func closed(t *testing.T, open Place) {
	s := open(t)
	prepare(t, s)
	check(t, s.Close())
	every(t.Context(), s, func(method string, err error) {
		if err == nil {
			t.Errorf("%s of a closed store succeeds", method)
		}
	})
	wantUnchanged(t, opened(t, open))
}

func cancelled(t *testing.T, open Place) {
	s := opened(t, open)
	prepare(t, s)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	every(ctx, s, func(method string, err error) {
		if !errors.Is(err, context.Canceled) {
			t.Errorf("%s with a cancelled context = %v", method, err)
		}
	})
	wantUnchanged(t, s)
}
