package operate

import (
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// Pages, one after the other, are the whole list, and going back leads through the same pages.
func TestPagesJoinIntoTheList(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		all := rapid.SliceOfNDistinct(rapid.StringMatching(`[a-z]{1,3}`), 0, 50, rapid.ID).Draw(t, "all")
		slices.Sort(all)
		down := rapid.Bool().Draw(t, "down")
		if down {
			slices.Reverse(all)
		}
		limit := rapid.IntRange(1, 20).Draw(t, "limit")
		var pages [][]string
		cursor, before := "", ""
		for {
			from, to, previous, next, err := Span("letters", len(all), func(i int) string { return all[i] }, down, cursor, limit)
			if err != nil {
				t.Fatal(err)
			}
			pages = append(pages, all[from:to])
			if (previous == "") != (len(pages) == 1) {
				t.Fatalf("page %d has the cursor of the page before %q", len(pages), previous)
			}
			if next == "" {
				before = previous
				break
			}
			cursor = next
		}
		if got := slices.Concat(pages...); !slices.Equal(got, all) {
			t.Fatalf("%q, not %q", got, all)
		}
		for i := len(pages) - 2; i >= 0; i-- {
			from, to, previous, _, err := Span("letters", len(all), func(i int) string { return all[i] }, down, before, limit)
			if err != nil || !slices.Equal(all[from:to], pages[i]) {
				t.Fatalf("back to page %d: %q, %v; it was %q", i, all[from:to], err, pages[i])
			}
			before = previous
		}
	})
}

// What comes and goes between two pages neither repeats nor hides anything else.
func TestPageAfterItsEdgeIsGone(t *testing.T) {
	all := []string{"a", "b", "c", "d", "e"}
	key := func(i int) string { return all[i] }
	_, _, _, next, _ := Span("letters", 5, key, false, "", 2)
	all = []string{"a", "c", "d", "e"} // b, where the page ended, is gone
	from, to, _, _, err := Span("letters", 4, key, false, next, 2)
	if got := fmt.Sprint(all[from:to]); got != "[c d]" || err != nil {
		t.Errorf("%s, %v", got, err)
	}
}

func TestCursorsOfOthersAreRefused(t *testing.T) {
	keys := []string{"a", "b", "c", "d", "e"}
	cursorOf := func(list string, down bool) string {
		_, _, _, next, err := Span(list, 5, func(i int) string { return keys[i] }, down, "", 2)
		check(t, err)
		return next
	}
	for _, bad := range []string{"x", "!", "YQ", "eGFiYw", "YWE=", cursorOf("digits", false), cursorOf("letters", true), named("letters of all", "b"), named("", "b")} {
		if _, _, _, _, err := Span("letters", 5, func(i int) string { return keys[i] }, false, bad, 2); KindOf(err) != Malformed {
			t.Errorf("%q: %v", bad, err)
		}
		if _, err := sourceOf("letters", bad); KindOf(err) != Malformed {
			t.Errorf("%q of a source: %v", bad, err)
		}
	}
	if from, err := sourceOf("letters", named("letters", "17")); from != "17" || err != nil {
		t.Errorf("its own: %q, %v", from, err)
	}
}
