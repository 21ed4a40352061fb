package sqlite_test

import (
	"fmt"
	"testing"

	"callout/internal/store"
)

// state is what a store shows after a number of steps.
type state struct {
	domains  map[string]bool
	verdicts map[int]int // step to the number of its verdicts
	current  uint64      // the generation of their domain
	last     uint64      // the highest one

	epochs     map[store.Epoch]int // epoch to the number of domains that are in it
	recipients map[int]int         // step to the number of its local recipients
	paused     int                 // the step that set the pause
}

func newState() state {
	return state{domains: make(map[string]bool), verdicts: make(map[int]int), epochs: make(map[store.Epoch]int),
		recipients: make(map[int]int)}
}

// after returns the state after n steps.
func after(n int) state {
	s := newState()
	for i := range n {
		switch kind := i % kinds; {
		case kind <= 2:
			s.verdicts[i] = crashBatch
		case kind == 3:
			s.domains[fmt.Sprintf("d%d.example", i)] = true
		case kind == 4 && s.verdicts[i-4] > 0:
			s.verdicts[i-4]--
		case kind == 5 && i%3 == 0:
			s.last++
			delete(s.domains, fmt.Sprintf("d%d.example", i-2))
		case kind == 6 && (i%5 == 0 || i%3 == 0):
			s.last++
			s.current = s.last
			clear(s.verdicts)
		case kind == 8:
			s.epochs = map[store.Epoch]int{{Number: uint64(i / kinds), Asked: fmt.Sprint(i)}: crashBatch}
		case kind == 9:
			s.recipients = map[int]int{i: crashBatch}
		case kind == 10:
			s.paused = i
		}
	}
	return s
}

// shown reads the state out of a store.
func shown(t *testing.T, s store.Store) state {
	t.Helper()
	got := newState()
	showSettings(t, s, &got)
	domains, err := s.Domains(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range domains {
		got.domains[d.Name] = true
	}
	g, err := s.Generations(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	got.current, got.last = g.Of(crashDomain), g.All
	for _, n := range g.Domains {
		got.last = max(got.last, n)
	}
	for q := (store.Query{Domain: crashDomain, Limit: 1000}); ; {
		page, next, err := s.List(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		for _, v := range page {
			var step, i int
			if _, err := fmt.Sscanf(v.Local, "%d-%d", &step, &i); err != nil {
				t.Fatal(err)
			}
			got.verdicts[step]++
		}
		if q.Cursor = next; next == "" {
			return got
		}
	}
}

// showSettings reads what people and a new epoch have set.
func showSettings(t *testing.T, s store.Store, got *state) {
	t.Helper()
	epochs, err := s.Epochs(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range epochs {
		got.epochs[e]++
	}
	err = s.Recipients(t.Context(), func(_, entry string) error {
		var step, i int
		_, err := fmt.Sscanf(entry, "%d-%d", &step, &i)
		got.recipients[step]++
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	pauses, err := s.Pauses(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range pauses {
		got.paused += int(p.Since.UnixMilli())
	}
}
