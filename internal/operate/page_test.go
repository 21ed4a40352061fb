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
		less := ascending
		slices.Sort(all)
		if rapid.Bool().Draw(t, "down") {
			less = descending
			slices.Reverse(all)
		}
		limit := rapid.IntRange(1, 20).Draw(t, "limit")
		var pages [][]string
		cursor, before := "", ""
		for {
			from, to, previous, next, err := span(len(all), func(i int) string { return all[i] }, less, cursor, limit)
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
			from, to, previous, _, err := span(len(all), func(i int) string { return all[i] }, less, before, limit)
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
	_, _, _, next, _ := span(5, key, ascending, "", 2)
	all = []string{"a", "c", "d", "e"} // b, where the page ended, is gone
	from, to, _, _, err := span(4, key, ascending, next, 2)
	if got := fmt.Sprint(all[from:to]); got != "[c d]" || err != nil {
		t.Errorf("%s, %v", got, err)
	}
}

func TestCursorsOfOthersAreRefused(t *testing.T) {
	for _, bad := range []string{"x", "!", "YQ", "eGFiYw", "YWE="} {
		if _, _, _, _, err := span(5, func(i int) string { return "k" }, ascending, bad, 2); KindOf(err) != Malformed {
			t.Errorf("%q: %v", bad, err)
		}
	}
}
