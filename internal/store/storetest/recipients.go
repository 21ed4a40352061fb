package storetest

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"callout/internal/store"
)

// recipients reads all local recipients as domain, a slash, entry.
func recipients(t *testing.T, s store.Store) []string {
	t.Helper()
	var all []string
	check(t, s.Recipients(t.Context(), func(domain, entry string) error {
		all = append(all, domain+"/"+entry)
		return nil
	}))
	return all
}

func wantRecipients(t *testing.T, s store.Store, want ...string) {
	t.Helper()
	if got := recipients(t, s); !slices.Equal(got, want) {
		t.Errorf("Recipients = %q, want %q", got, want)
	}
}

// change changes local recipients and checks how many were new and how many were there.
func change(t *testing.T, s store.Store, domain string, add, remove []string, added, removed int) {
	t.Helper()
	a, r, err := s.ChangeRecipients(t.Context(), domain, add, remove)
	check(t, err)
	if a != added || r != removed {
		t.Errorf("ChangeRecipients(%s, %q, %q) = %d, %d; want %d, %d", domain, add, remove, a, r, added, removed)
	}
}

func recipientsAreKept(t *testing.T, open Place) {
	s := opened(t, open)
	wantRecipients(t, s)
	change(t, s, domain, nil, nil, 0, 0)
	change(t, s, domain, []string{"john", "jane", "john"}, nil, 2, 0) // of a duplicate one is new
	change(t, s, "b.example", []string{"jane"}, nil, 1, 0)
	change(t, s, domain, []string{"jane", "info"}, []string{"john", "john", "nobody"}, 1, 1)
	change(t, s, domain, []string{"both"}, []string{"both"}, 1, 1) // added, and then removed
	s = reopened(t, open, s)
	wantRecipients(t, s, "a.example/info", "a.example/jane", "b.example/jane")
	check(t, s.SetRecipients(t.Context(), domain, []string{"z", "jane", "a", "z"}))
	s = reopened(t, open, s)
	wantRecipients(t, s, "a.example/a", "a.example/jane", "a.example/z", "b.example/jane")
	check(t, s.SetRecipients(t.Context(), domain, nil))
	wantRecipients(t, s, "b.example/jane")
	change(t, s, domain, nil, []string{"jane"}, 0, 0)
}

// Entries are kept as they are, in the order of their octets, and so are their domains.
func recipientsInOrder(t *testing.T, open Place) {
	s := opened(t, open)
	type pair struct{ domain, entry string }
	var want []pair
	for _, d := range []string{"b.example", "a.example.com", "a.example", "xn--bcher-kva.example"} {
		for _, e := range []string{"john", "John", "JOHN", "*", "sales-*", `"a b"`, "ü", "\xff", "a\x00b", "a\x00", "a",
			"", "o'brien", "10", "9", strings.Repeat("x", 255), " "} {
			want = append(want, pair{d, e})
			change(t, s, d, []string{e}, nil, 1, 0)
		}
	}
	slices.SortFunc(want, func(a, b pair) int {
		return cmp.Or(cmp.Compare(a.domain, b.domain), cmp.Compare(a.entry, b.entry))
	})
	s = reopened(t, open, s)
	var got []pair
	check(t, s.Recipients(t.Context(), func(domain, entry string) error {
		got = append(got, pair{domain, entry})
		return nil
	}))
	if !slices.Equal(got, want) {
		t.Errorf("Recipients = %q, want %q", got, want)
	}
	enough := errors.New("enough")
	n := 0
	err := s.Recipients(t.Context(), func(string, string) error {
		if n++; n == 3 {
			return enough
		}
		return nil
	})
	if err != enough || n != 3 {
		t.Errorf("Recipients that are enough after 3 = %v after %d", err, n)
	}
}

func manyRecipients(t *testing.T, open Place) {
	s := opened(t, open)
	const entries = 20_000 // more than one statement of SQLite can have
	all := make([]string, entries)
	for i := range all {
		all[i] = fmt.Sprintf("user.%06d", i*7919%entries) // in no order
	}
	check(t, s.SetRecipients(t.Context(), domain, all))
	change(t, s, domain, all[:2000], all[:1000], 0, 1000)
	change(t, s, domain, all[:1000], nil, 1000, 0)
	s = reopened(t, open, s)
	got := recipients(t, s)
	if len(got) != entries {
		t.Fatalf("%d recipients, want %d", len(got), entries)
	}
	for i, r := range got {
		if want := fmt.Sprintf("%s/user.%06d", domain, i); r != want {
			t.Fatalf("recipient %d is %s, want %s", i, r, want)
		}
	}
	check(t, s.SetRecipients(t.Context(), domain, []string{"one"}))
	wantRecipients(t, s, "a.example/one")
}

func deletingDropsRecipients(t *testing.T, open Place) {
	s := opened(t, open)
	for _, d := range []string{domain, "a.example.com", ""} {
		check(t, s.SetPause(t.Context(), store.Pause{Domain: d, Since: noon}))
	}
	change(t, s, domain, []string{"john"}, nil, 1, 0)
	change(t, s, "a.example.com", []string{"john"}, nil, 1, 0)
	// A domain of the configuration file has recipients here, and is none that can be deleted.
	if _, err := s.DeleteDomain(t.Context(), domain); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("DeleteDomain of a domain that only has recipients = %v, want ErrNotFound", err)
	}
	wantRecipients(t, s, "a.example/john", "a.example.com/john")
	_, err := s.ClearDomain(t.Context(), domain)
	check(t, err)
	_, err = s.ClearAll(t.Context())
	check(t, err)
	wantRecipients(t, s, "a.example/john", "a.example.com/john")
	check(t, s.PutDomain(t.Context(), store.Domain{Name: domain}))
	_, err = s.DeleteDomain(t.Context(), domain)
	check(t, err)
	for range 2 {
		wantRecipients(t, s, "a.example.com/john")
		wantPauses(t, s, store.Pause{Since: noon}, store.Pause{Domain: "a.example.com", Since: noon})
		s = reopened(t, open, s)
	}
}
