package storetest

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"callout/internal/store"
)

func listByPrefix(t *testing.T, open Place) {
	s := opened(t, open)
	all := []string{"J", "j", "j.doe", "jo", "John", "john", "john.doe", "JOHNNY", "joho", "k", "ü", "üb", "\xff", "\xff\xff", "\xff\xffa"}
	for _, local := range all {
		write(t, s, valid(local))
	}
	slices.SortStableFunc(all, func(a, b string) int { return strings.Compare(fold(a), fold(b)) })
	for _, prefix := range []string{"", "j", "J", "jo", "john", "JOHN", "john.", "johnn", "johnz", "l", "ü", "\xc3", "\xff", "\xff\xff", "\xff\xff\xff", "%", "*"} {
		for _, text := range []string{"", "O", "doe"} {
			var want []string
			for _, local := range all {
				if strings.HasPrefix(fold(local), fold(prefix)) && strings.Contains(fold(local), fold(text)) {
					want = append(want, local)
				}
			}
			for _, limit := range []int{1, 100} {
				wantList(t, s, store.Query{Prefix: prefix, Text: text, Limit: limit}, want...)
				wantBack(t, s, store.Query{Prefix: prefix, Text: text, Limit: limit}, want...)
			}
		}
	}
}

// fold puts ASCII letters in lower case, and nothing else.
func fold(s string) string {
	b := []byte(s)
	for i, c := range b {
		if c >= 'A' && c <= 'Z' {
			b[i] = c + 'a' - 'A'
		}
	}
	return string(b)
}

// wantBack reads a list from its end to its beginning.
func wantBack(t *testing.T, s store.Store, q store.Query, want ...string) {
	t.Helper()
	q.Domain, q.Back = domain, true
	var got []string
	for range len(want) + 2 {
		page, next, err := s.List(t.Context(), q)
		check(t, err)
		got = append(locals(page), got...)
		if q.Cursor = next; next == "" {
			break
		}
	}
	if q.Cursor != "" || !slices.Equal(got, want) {
		t.Errorf("List(%+v) = %q, want %q", q, got, want)
	}
}

// A place between two pages is that of the page before as well as that of the page after.
func listBackwards(t *testing.T, open Place) {
	s := opened(t, open)
	var want []string
	for i := range 30 {
		v := valid(fmt.Sprintf("user%02d", i))
		if i%3 == 0 {
			v = invalid(v.Local)
		}
		write(t, s, v)
		want = append(want, v.Local)
		if i%10 == 0 {
			write(t, s, invalid(fmt.Sprintf("USER%02d", i)))
			want = append(want[:len(want)-1], fmt.Sprintf("USER%02d", i), v.Local)
		}
	}
	for _, limit := range []int{1, 4, 32, 33, 34, 100} {
		wantBack(t, s, store.Query{Limit: limit}, want...)
	}
	list := func(q store.Query) (rows []string, next string) {
		t.Helper()
		q.Domain, q.Limit = domain, 4
		page, next, err := s.List(t.Context(), q)
		check(t, err)
		return locals(page), next
	}
	for _, status := range []store.Status{0, store.Valid, store.Invalid} {
		q := store.Query{Status: status}
		var places []string
		var pages [][]string
		for {
			page, next := list(q)
			places, pages = append(places, q.Cursor), append(pages, page)
			if q.Cursor = next; next == "" {
				break
			}
		}
		for i := len(places) - 1; i > 0; i-- {
			page, previous := list(store.Query{Status: status, Cursor: places[i], Back: true})
			if !slices.Equal(page, pages[i-1]) || (previous == "") != (i == 1) {
				t.Errorf("status %v: before page %d is %q, want %q; and before that %q", status, i, page, pages[i-1], previous)
			}
			if previous == "" {
				continue
			}
			if page, next := list(store.Query{Status: status, Cursor: previous}); !slices.Equal(page, pages[i-1]) || next == "" {
				t.Errorf("status %v: from where page %d begins, by the page before, come %q, want %q", status, i-1, page, pages[i-1])
			}
		}
	}
}

// What an epoch has voided is not stepped over: a page before the last is full, however much that is.
func listVoid(t *testing.T, open Place) {
	s := opened(t, open)
	setAsked(t, s, domain, "one", 0)
	var void []store.Verdict
	for i := range 11_000 {
		void = append(void, invalid(fmt.Sprintf("nobody%05d", i)))
	}
	write(t, s, void...)
	_, err := s.NewEpoch(t.Context(), []string{domain})
	check(t, err)
	write(t, s, valid("zoe"), of(invalid("zoo"), 1))
	for _, back := range []bool{false, true} {
		for status, want := range map[store.Status][]string{0: {"zoe", "zoo"}, store.Valid: {"zoe"}, store.Invalid: {"zoo"}} {
			page, next, err := s.List(t.Context(), store.Query{Domain: domain, Status: status, Limit: 2, Back: back})
			if !slices.Equal(locals(page), want) || next != "" || err != nil {
				t.Errorf("status %v, back %v: %q, %q, %v", status, back, locals(page), next, err)
			}
		}
	}
}
