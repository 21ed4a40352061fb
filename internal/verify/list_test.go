package verify_test

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"callout/internal/address"
	"callout/internal/callout"
	"callout/internal/domains"
	"callout/internal/store"
	"callout/internal/verify"
)

// recipients returns those of a page.
func recipients(p verify.Page) (all []string) {
	for _, row := range p.Verdicts {
		all = append(all, row.Local+"@"+row.Domain)
	}
	return all
}

// From each page of a domain and its aliases the pages before it come back as they were, and from there those after.
func TestListGoesBack(t *testing.T) {
	ctx := context.Background()
	h := newHouse(t, func(context.Context, callout.Question) callout.Answer { return accepted }, nil)
	h.change(t, func(d *domains.Domain) { d.Aliases = []string{"a.example", "b.example", "c.example"} })
	for _, domain := range []string{"example.com", "a.example", "c.example"} { // b.example has none
		for n := range 3 {
			h.Decide(ctx, verify.Question{Recipient: address.New(fmt.Sprintf("user%d", n), domain), Front: "test"})
			h.Decide(ctx, verify.Question{Recipient: address.New(fmt.Sprintf("other%d", n), domain), Front: "test"})
		}
	}
	for _, prefix := range []string{"", "USER", "nobody"} {
		for _, limit := range []int{1, 2, 5, 6, 7, 17, 18, 19} { // 18 rows, 6 of each domain
			list := func(cursor string) verify.Page {
				t.Helper()
				p, err := h.List(ctx, h.registry.Lookup("example.com"), store.Query{Prefix: prefix, Limit: limit, Cursor: cursor})
				if err != nil || len(p.Verdicts) > limit {
					t.Fatalf("%d rows, %v", len(p.Verdicts), err)
				}
				return p
			}
			pages := []verify.Page{list("")}
			for n := 0; n < 20 && pages[n].Next != ""; n++ {
				pages = append(pages, list(pages[n].Next))
			}
			if pages[0].Previous != "" {
				t.Errorf("prefix %q, limit %d: before the first page is %q", prefix, limit, pages[0].Previous)
			}
			p := pages[len(pages)-1]
			for n := len(pages) - 2; n >= 0; n-- {
				p = list(p.Previous)
				if got, want := recipients(p), recipients(pages[n]); !slices.Equal(got, want) || (p.Previous == "") != (n == 0) {
					t.Fatalf("prefix %q, limit %d: back on page %d: %q, before that %q; want %q", prefix, limit, n, got, p.Previous, want)
				}
				if got, want := recipients(list(p.Next)), recipients(pages[n+1]); !slices.Equal(got, want) {
					t.Fatalf("prefix %q, limit %d: on again from page %d: %q; want %q", prefix, limit, n, got, want)
				}
			}
		}
	}
}
