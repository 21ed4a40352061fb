package storetest

import (
	"slices"
	"testing"
	"time"

	"callout/internal/store"
)

func wantPauses(t *testing.T, s store.Store, want ...store.Pause) {
	t.Helper()
	got, err := s.Pauses(t.Context())
	check(t, err)
	if !slices.EqualFunc(got, want, func(a, b store.Pause) bool {
		return a.Domain == b.Domain && a.Since.Equal(b.Since) && a.Until.Equal(b.Until)
	}) {
		t.Errorf("Pauses = %v, want %v", got, want)
	}
}

func endPause(t *testing.T, s store.Store, domain string, want bool) {
	t.Helper()
	was, err := s.DeletePause(t.Context(), domain)
	check(t, err)
	if was != want {
		t.Errorf("DeletePause(%q) = %v, want %v", domain, was, want)
	}
}

func pausesAreKept(t *testing.T, open Place) {
	s := opened(t, open)
	wantPauses(t, s)
	endPause(t, s, "", false)
	exact := noon.Add(7 * time.Millisecond)
	over := store.Pause{Domain: "b.example", Since: noon.Add(-2 * time.Hour), Until: noon.Add(-time.Hour)}
	open1 := store.Pause{Domain: domain, Since: exact}
	all := store.Pause{Since: noon, Until: exact.Add(time.Hour)}
	for _, p := range []store.Pause{over, open1, all} {
		check(t, s.SetPause(t.Context(), p))
	}
	s = reopened(t, open, s)
	wantPauses(t, s, all, open1, over)
	// A new one takes the place of the old, with an end or without.
	all.Since, all.Until = exact, time.Time{}
	open1.Until = exact.Add(time.Minute)
	check(t, s.SetPause(t.Context(), all))
	check(t, s.SetPause(t.Context(), open1))
	// Pauses are neither cleared nor purged.
	_, err := s.ClearAll(t.Context())
	check(t, err)
	purgeAll(t, s, noon.Add(1000*time.Hour), 10)
	wantPauses(t, s, all, open1, over)
	endPause(t, s, "", true)
	s = reopened(t, open, s)
	wantPauses(t, s, open1, over)
	endPause(t, s, "b.example", true)
	endPause(t, s, "b.example", false)
	wantPauses(t, s, open1)
}
