package storetest

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"callout/internal/store"
)

func listInOrder(t *testing.T, open Place) {
	s := opened(t, open)
	wantList(t, s, store.Query{})
	var want []string
	for i := range 100 {
		local := fmt.Sprintf("user%d", i)
		write(t, s, valid(local))
		want = append(want, local)
		if i%10 == 0 {
			for _, spelling := range []string{"User" + local[4:], "USER" + local[4:]} {
				write(t, s, invalid(spelling))
				want = append(want, spelling)
			}
		}
	}
	other := valid("user1a")
	other.Domain = "b.example"
	write(t, s, other)
	slices.SortFunc(want, func(a, b string) int {
		return cmp.Or(cmp.Compare(strings.ToLower(a), strings.ToLower(b)), cmp.Compare(a, b))
	})
	for _, limit := range []int{1, 7, 119, 120, 121, 1000} {
		wantList(t, s, store.Query{Limit: limit}, want...)
	}
	page := walk(t, s, store.Query{Domain: domain, Limit: 10})
	if i := slices.Index(locals(page), "user7"); i < 0 || !same(page[i], valid("user7")) {
		t.Errorf("user7 is row %d of %+v, want %+v", i, page, valid("user7"))
	}
}

func listFilters(t *testing.T, open Place) {
	s := opened(t, open)
	at := func(v store.Verdict, minute int) store.Verdict {
		v.Asked = noon.Add(time.Duration(minute) * time.Minute)
		return v
	}
	write(t, s, at(valid("john.doe"), 1), at(valid("John%Doe"), 2), at(invalid("jane_doe"), 3), at(invalid("JANE"), 4),
		at(valid(`a\b`), 5), at(invalid("100%"), 6))
	all := []string{"100%", `a\b`, "JANE", "jane_doe", "John%Doe", "john.doe"}
	minute := func(n int) time.Time { return noon.Add(time.Duration(n) * time.Minute) }
	tests := []struct {
		name string
		q    store.Query
		want []string
	}{
		{"none", store.Query{}, all},
		{"valid", store.Query{Status: store.Valid}, []string{`a\b`, "John%Doe", "john.doe"}},
		{"invalid", store.Query{Status: store.Invalid}, []string{"100%", "JANE", "jane_doe"}},
		{"text", store.Query{Text: "doe"}, []string{"jane_doe", "John%Doe", "john.doe"}},
		{"text in another case", store.Query{Text: "jAnE"}, []string{"JANE", "jane_doe"}},
		{"percent", store.Query{Text: "%"}, []string{"100%", "John%Doe"}},
		{"percent between", store.Query{Text: "n%d"}, []string{"John%Doe"}},
		{"underscore", store.Query{Text: "_"}, []string{"jane_doe"}},
		{"backslash", store.Query{Text: `\`}, []string{`a\b`}},
		{"star", store.Query{Text: "*"}, nil},
		{"text and status", store.Query{Text: "j", Status: store.Invalid}, []string{"JANE", "jane_doe"}},
		{"valid since", store.Query{ValidSince: minute(2)}, []string{"100%", `a\b`, "JANE", "jane_doe", "John%Doe"}},
		{"invalid since", store.Query{InvalidSince: minute(4)}, []string{"100%", `a\b`, "JANE", "John%Doe", "john.doe"}},
		{"both since", store.Query{ValidSince: minute(5), InvalidSince: minute(6)}, []string{"100%", `a\b`}},
		{"since a moment after", store.Query{ValidSince: minute(5).Add(time.Millisecond), InvalidSince: minute(7)}, nil},
		{"all of it", store.Query{Text: "O", Status: store.Valid, ValidSince: minute(2), InvalidSince: minute(9)},
			[]string{"John%Doe"}},
		{"another domain", store.Query{Domain: "b.example"}, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for _, limit := range []int{1, 2, 1000} {
				tt.q.Limit = limit
				wantList(t, s, tt.q, tt.want...)
			}
		})
	}
}

func listWhileChanging(t *testing.T, open Place) {
	s := opened(t, open)
	for _, local := range []string{"b", "d", "f", "h"} {
		write(t, s, valid(local))
	}
	page, next, err := s.List(t.Context(), store.Query{Domain: domain, Limit: 2})
	check(t, err)
	if got := locals(page); !slices.Equal(got, []string{"b", "d"}) || next == "" {
		t.Fatalf("first page %q, cursor %q", got, next)
	}
	// The row that the cursor was made of goes, others come before and after it.
	_, err = s.ClearRecipient(t.Context(), domain, "d")
	check(t, err)
	write(t, s, valid("a"), valid("c"), valid("e"), valid("D"))
	s = reopened(t, open, s)
	wantList(t, s, store.Query{Cursor: next}, "e", "f", "h")
	g, err := s.ClearDomain(t.Context(), domain)
	check(t, err)
	wantList(t, s, store.Query{Cursor: next})
	fresh := valid("g")
	fresh.Generation = g
	write(t, s, fresh)
	wantList(t, s, store.Query{Cursor: next}, "g")
}

func listBadCursor(t *testing.T, open Place) {
	s := opened(t, open)
	write(t, s, valid("a"), valid("b"))
	_, next, err := s.List(t.Context(), store.Query{Domain: domain, Limit: 1})
	check(t, err)
	for _, cursor := range []string{"a", "b", "0", "'", "\x00", "bm90IG91cnM", next + "A", next[:len(next)-1],
		next + "=", strings.Repeat("x", 10_000)} {
		page, _, err := s.List(t.Context(), store.Query{Domain: domain, Limit: 1, Cursor: cursor})
		if !errors.Is(err, store.ErrCursor) || page != nil {
			t.Errorf("List with cursor %.40q = %v, %v; want ErrCursor", cursor, page, err)
		}
	}
}
