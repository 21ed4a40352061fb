package domains_test

import (
	"errors"
	"testing"

	"callout/internal/domains"
)

// An epoch begins for the names that are told and no others, of what is served, of aliases and of what is not, and
// stays with all that comes after.
func TestNewEpoch(t *testing.T) {
	m := newMemory()
	spec := settings{To: []string{"one.example"}, Aliases: []string{"b.example", "c.example"}}.spec()
	m.domains["a.example"] = spec
	file := []*domains.Domain{settings{To: []string{"one.example"}}.domain("f.example", domains.FromFile)}
	r := open(t, m, file)
	before := r.Lookup("a.example")
	if err := r.NewEpoch(t.Context(), []string{"a.example", "b.example", "gone.example"}); err != nil {
		t.Fatal(err)
	}
	want := map[string]uint64{"a.example": 1, "b.example": 1, "c.example": 0, "f.example": 0}
	epochs(t, r, want)
	if before.Epoch != 0 || r.Lookup("gone.example") != nil || len(r.All()) != 2 || r.All()[0].Epoch != 1 {
		t.Errorf("what was served is %+v, and now %+v", before, r.All())
	}
	if _, err := r.Put(t.Context(), "a.example", spec); err != nil { // what is asked stays
		t.Error(err)
	}
	if _, err := r.Reload(t.Context(), file, build); err != nil {
		t.Error(err)
	}
	epochs(t, r, want)
	epochs(t, open(t, m, file), want)
	if len(m.told) != 1 {
		t.Errorf("the store was told %v", m.told)
	}
	if _, err := r.Put(t.Context(), "gone.example", settings{To: []string{"one.example"}}.spec()); err != nil {
		t.Error(err)
	}
	epochs(t, r, map[string]uint64{"gone.example": 2}) // nothing was said to be asked, and now it is
}

// Where the store fails, what is served stays as it was; whether the epoch has begun is heard with the next change.
func TestNewEpochThatFails(t *testing.T) {
	for _, kept := range []bool{false, true} {
		m := newMemory()
		file := []*domains.Domain{settings{To: []string{"one.example"}}.domain("f.example", domains.FromFile)}
		r := open(t, m, file)
		failure := errors.New("disk is full")
		if kept {
			m.mute = failure
		} else {
			m.deaf = failure
		}
		if err := r.NewEpoch(t.Context(), []string{"f.example"}); !errors.Is(err, failure) {
			t.Errorf("NewEpoch of a failing store = %v", err)
		}
		epochs(t, r, map[string]uint64{"f.example": 0})
		m.mute, m.deaf = nil, nil
		if _, err := r.Reload(t.Context(), file, build); err != nil {
			t.Error(err)
		}
		want := uint64(0)
		if kept {
			want = 1
		}
		epochs(t, r, map[string]uint64{"f.example": want})
	}
}
