package sqlite

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"callout/internal/store"
)

// miscounted is how many groups of verdicts are counted otherwise than they are.
const miscounted = `SELECT count(*) FROM
	(SELECT domain, gen, status = 1 AS valid, iif(status = 1, 0, epoch) AS e, count(*) AS n FROM verdicts GROUP BY 1, 2, 3, 4) v
	FULL JOIN counts c ON c.domain = v.domain AND c.gen = v.gen AND c.valid = v.valid AND c.epoch = v.e
	WHERE ifnull(v.n, 0) <> ifnull(c.n, 0)`

// Whatever happens to verdicts, in whatever order, the counts are theirs.
func TestCountsAreThoseOfTheVerdicts(t *testing.T) {
	for seed := range uint64(4) {
		rng := rand.New(rand.NewPCG(seed, 3))
		s := opened(t)
		names := []string{"a.example", "b.example", "c.example"}
		for step := range 120 {
			name := names[rng.IntN(len(names))]
			var err error
			switch rng.IntN(12) {
			case 0:
				_, err = s.ClearDomain(t.Context(), name)
			case 1:
				_, err = s.NewEpoch(t.Context(), []string{name})
			case 2:
				_, err = s.ClearRecipient(t.Context(), name, fmt.Sprint("user", rng.IntN(9)))
			case 3:
				_, err = s.Purge(t.Context(), time.UnixMilli(rng.Int64N(1000)), 1+rng.IntN(20))
			case 4:
				if rng.IntN(5) == 0 {
					_, err = s.ClearAll(t.Context())
				}
			default:
				err = s.Write(t.Context(), store.Batch{Verdicts: someVerdicts(t, s, rng, names)})
			}
			if err != nil {
				t.Fatal(err)
			}
			if n := number(t, s, miscounted); n != 0 {
				t.Fatalf("seed %d, step %d: %d counts are wrong", seed, step, n)
			}
		}
		if _, err := s.ClearAll(t.Context()); err != nil {
			t.Fatal(err)
		}
		for more := true; more; {
			var err error
			if more, err = s.Purge(t.Context(), time.UnixMilli(0), 100); err != nil {
				t.Fatal(err)
			}
		}
		if n := number(t, s, "SELECT count(*) FROM counts"); n != 0 {
			t.Errorf("seed %d: %d rows of counts are left when everything is purged", seed, n)
		}
	}
}

// someVerdicts makes verdicts, most of the current generation and epoch.
func someVerdicts(t *testing.T, s *Store, rng *rand.Rand, names []string) (all []store.Verdict) {
	t.Helper()
	g, err := s.Generations(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	epochs, err := s.Epochs(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for range 1 + rng.IntN(20) {
		v := store.Verdict{Domain: names[rng.IntN(len(names))], Local: fmt.Sprint("user", rng.IntN(9)), Status: store.Status(1 + rng.IntN(2)),
			Expires: time.UnixMilli(rng.Int64N(1000))}
		if rng.IntN(3) == 0 {
			v.Local = "U" + v.Local[1:]
		}
		v.Generation, v.Epoch = g.Of(v.Domain), epochs[v.Domain].Number
		if rng.IntN(4) == 0 && v.Epoch > 0 {
			v.Epoch--
		}
		all = append(all, v)
	}
	return all
}

// Epochs that come and go leave no row of counts behind but those of verdicts that are still stored.
func TestPassedEpochsLeaveNoCounts(t *testing.T) {
	s := opened(t)
	for n := range uint64(20) {
		v := verdicts(1, time.UnixMilli(1))
		v[0].Status, v[0].Epoch, v[0].Expires = store.Invalid, n, time.UnixMilli(1)
		if err := s.Write(t.Context(), store.Batch{Verdicts: v}); err != nil {
			t.Fatal(err)
		}
		if _, err := s.NewEpoch(t.Context(), []string{v[0].Domain}); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Purge(t.Context(), time.UnixMilli(2), 10); err != nil {
			t.Fatal(err)
		}
	}
	if n := number(t, s, "SELECT count(*) FROM counts"); n > 1 {
		t.Errorf("%d rows of counts", n)
	}
}
