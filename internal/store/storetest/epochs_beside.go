package storetest

import (
	"fmt"
	"slices"
	"sync"
	"testing"

	"callout/internal/store"
)

// Beside writes that are under way, what is seen after SetAsked has returned is of its epoch, or valid.
func epochsBesideWrites(t *testing.T, open Place) {
	s := opened(t, open)
	const rounds, writers = 25, 3
	var wg sync.WaitGroup
	done := make(chan struct{})
	for w := range writers {
		wg.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
				}
				if err := writeInEpoch(t, s, w); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	stop := sync.OnceFunc(func() {
		close(done)
		wg.Wait()
	})
	defer stop()
	for i := range rounds {
		epochs, err := s.SetAsked(t.Context(), map[string]string{domain: fmt.Sprint(i)})
		if err != nil || epochs[domain].Number != uint64(i) {
			t.Errorf("SetAsked = %v, %v; want %d", epochs, err, i)
		}
		wantNothingBefore(t, s, uint64(i))
	}
	stop()
	wantNothingBefore(t, s, rounds-1)
	wantLookup(t, s, domain, "valid", "valid")
}

// writeInEpoch writes a valid and an invalid verdict and a fact as a callout does that began just now.
func writeInEpoch(t *testing.T, s store.Store, writer int) error {
	epochs, err := s.Epochs(t.Context())
	if err != nil {
		return err
	}
	e := epochs[domain].Number
	return s.Write(t.Context(), store.Batch{
		Verdicts: []store.Verdict{of(valid("valid"), e), of(invalid("invalid"), e), of(invalid(fmt.Sprint(writer)), e)},
		Facts:    []store.DomainFact{{Domain: domain, Epoch: e, Code: 550}},
	})
}

func wantNothingBefore(t *testing.T, s store.Store, epoch uint64) {
	t.Helper()
	page, _, err := s.List(t.Context(), store.Query{Domain: domain, Limit: 100})
	check(t, err)
	found, err := s.Lookup(t.Context(), domain, "invalid")
	check(t, err)
	for _, v := range slices.Concat(page, found) {
		if v.Status != store.Valid && v.Epoch != epoch {
			t.Errorf("in epoch %d an invalid verdict of epoch %d is seen", epoch, v.Epoch)
		}
	}
	if f, ok, err := s.DomainFact(t.Context(), domain); err != nil || ok && f.Epoch != epoch {
		t.Errorf("in epoch %d the fact is of epoch %d, %v", epoch, f.Epoch, err)
	}
}
