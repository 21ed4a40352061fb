package domains_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"callout/internal/domains"
)

// lists fails the test unless these are the local recipients of a name, each list with blanks between.
func lists(t *testing.T, r *domains.Registry, name, file, stored string) {
	t.Helper()
	f, s, ok := r.LocalRecipients(name)
	if !ok || strings.Join(f, " ") != file || strings.Join(s, " ") != stored {
		t.Errorf("%s has %q and %q, %v; want %q and %q", name, f, s, ok, file, stored)
	}
}

func TestBothListsCount(t *testing.T) {
	m := newMemory()
	m.domains["s.example"] = settings{Recipients: []string{"in-spec"}}.spec()
	m.recipients["s.example"] = map[string]bool{"zoe": true, "sales-*": true}
	m.recipients["f.example"] = map[string]bool{"mary": true, "john": true}
	m.recipients["gone.example"] = map[string]bool{"nobody": true}
	f := settings{Recipients: []string{"john", `"a b"`}, Aliases: []string{"f2.example"}}
	r := open(t, m, []*domains.Domain{f.domain("f.example", domains.FromFile)})
	lists(t, r, "f.example", `"a b" john`, "john mary")
	lists(t, r, "f2.example", `"a b" john`, "john mary")
	lists(t, r, "s.example", "in-spec", "sales-* zoe")
	if _, _, ok := r.LocalRecipients("gone.example"); ok {
		t.Error("a domain that is not served has local recipients")
	}
	for _, name := range []string{"f.example", "f2.example"} {
		d := r.Lookup(name)
		if d.Recipients.Len() != 3 || !d.Recipients.Has("mary") || !d.Recipients.Has(`"A b"`) || d.Recipients.Has("zoe") {
			t.Errorf("%s has %q", name, d.Recipients.Entries())
		}
	}
	// They outlive a change of the domain, and a time in which it is not there.
	if _, err := r.Put(t.Context(), "s.example", settings{}.spec()); err != nil {
		t.Fatal(err)
	}
	lists(t, r, "s.example", "", "sales-* zoe")
	for _, name := range []string{"gone.example", "f.example"} {
		if _, err := r.Reload(t.Context(), file(name), build); err != nil {
			t.Fatal(err)
		}
	}
	lists(t, r, "f.example", "", "john mary")
	if _, err := r.Delete(t.Context(), "s.example"); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Put(t.Context(), "s.example", settings{}.spec()); err != nil {
		t.Fatal(err)
	}
	lists(t, r, "s.example", "", "")
}

func TestChangeRecipients(t *testing.T) {
	m := newMemory()
	f := settings{To: []string{"a"}, Recipients: []string{"john"}, Aliases: []string{"f2.example"}}
	open(t, m, []*domains.Domain{settings{To: []string{"b"}}.domain("f.example", domains.FromFile)})
	r := open(t, m, []*domains.Domain{f.domain("f.example", domains.FromFile)}) // its epoch is 1
	before := r.Lookup("f.example")
	change := func(name string, add, remove []string, added, removed int) {
		t.Helper()
		a, d, err := r.ChangeRecipients(t.Context(), name, add, remove)
		if err != nil || a != added || d != removed {
			t.Errorf("%d added, %d removed, %v; want %d, %d", a, d, err, added, removed)
		}
	}
	change("f.example", []string{"Mary@F.example", "sales-*", "zoe@f2.example", "ZOE"}, []string{"nobody"}, 3, 0)
	lists(t, r, "f.example", "john", "mary sales-* zoe")
	change("F2.example.", []string{"new"}, []string{"sales-*", "ZOE", "john"}, 1, 2) // an alias, for its domain
	lists(t, r, "f.example", "john", "mary new")
	for _, name := range []string{"f.example", "f2.example"} {
		d := r.Lookup(name)
		if !d.Recipients.Has("new") || !d.Recipients.Has("john") || d.Recipients.Has("zoe") {
			t.Errorf("%s has %q", name, d.Recipients.Entries())
		}
	}
	if d := r.Lookup("f.example"); d.Epoch != before.Epoch || d.Epoch != 1 || d.Destination.String() != "a:25" {
		t.Errorf("more than its recipients changed: %+v", d)
	}
	if before.Recipients.Has("new") {
		t.Error("a domain that was handed out changed")
	}
	r = open(t, m, nil)
	if _, err := r.Put(t.Context(), "f.example", settings{}.spec()); err != nil {
		t.Fatal(err)
	}
	lists(t, r, "f.example", "", "mary new")
	change("f.example", nil, []string{"mary", "new"}, 0, 2)
	if got := r.Lookup("f.example").Recipients; got != nil {
		t.Errorf("an empty list is not nil: %v", got)
	}
}

func TestSetRecipients(t *testing.T) {
	m := newMemory("a.example")
	m.recipients["a.example"] = map[string]bool{"old": true}
	r := open(t, m, nil)
	if n, err := r.SetRecipients(t.Context(), "a.example", []string{"B@a.example", "b", "c*", "a"}); n != 3 || err != nil {
		t.Errorf("%d, %v", n, err)
	}
	lists(t, r, "a.example", "", "a b c*")
	lists(t, open(t, m, nil), "a.example", "", "a b c*")
	if n, err := r.SetRecipients(t.Context(), "a.example", nil); n != 0 || err != nil || r.Lookup("a.example").Recipients != nil {
		t.Errorf("%d, %v", n, err)
	}
}

func TestRecipientsAreRefused(t *testing.T) {
	m := newMemory("a.example")
	r := open(t, m, nil)
	var spec *domains.SpecError
	both := func(name string, entries []string) (errs [3]error) {
		_, _, errs[0] = r.ChangeRecipients(t.Context(), name, append([]string{"good"}, entries...), nil)
		_, _, errs[1] = r.ChangeRecipients(t.Context(), name, []string{"good"}, entries)
		_, errs[2] = r.SetRecipients(t.Context(), name, append([]string{"good"}, entries...))
		return errs
	}
	for _, err := range both("a.example", []string{"jo hn"}) {
		if !errors.As(err, &spec) || !strings.HasPrefix(err.Error(), `"jo hn" is not a local recipient: `) {
			t.Errorf("a bad entry: %v", err)
		}
	}
	for _, err := range both("b.example", []string{"x"}) {
		if !errors.Is(err, domains.ErrNotFound) {
			t.Errorf("no such domain: %v", err)
		}
	}
	patterns := make([]string, domains.MaxPatterns+1)
	for i := range patterns {
		patterns[i] = fmt.Sprintf("p%d*", i)
	}
	for i, err := range both("a.example", patterns) {
		if i != 1 && (!errors.As(err, &spec) || !strings.HasPrefix(err.Error(), "local recipients of a.example: the domain has more than 1000 patterns; ")) {
			t.Errorf("too many: %v", err)
		}
	}
	if _, err := r.SetRecipients(t.Context(), "a.example", []string{"kept"}); err != nil {
		t.Fatal(err)
	}
	m.fails = errors.New("disk full")
	for _, err := range both("a.example", []string{"x"}) {
		if !errors.Is(err, m.fails) {
			t.Errorf("the store's error is lost: %v", err)
		}
	}
	lists(t, r, "a.example", "", "kept")
	if d := r.Lookup("a.example"); d.Recipients.Len() != 1 || len(m.recipients["a.example"]) != 1 {
		t.Errorf("something changed: %q, %v", d.Recipients.Entries(), m.recipients)
	}
}

// BenchmarkChangeRecipientsAmong100000 adds and removes one of a domain's 100,000.
func BenchmarkChangeRecipientsAmong100000(b *testing.B) {
	m := newMemory("a.example")
	entries := make([]string, 100_000)
	for i := range entries {
		entries[i] = fmt.Sprintf("user%06d", i)
	}
	r, err := domains.New(b.Context(), m, m, nil, build)
	if err == nil {
		_, err = r.SetRecipients(b.Context(), "a.example", slices.Clone(entries))
	}
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, _, err := r.ChangeRecipients(b.Context(), "a.example", []string{"new"}, nil); err != nil {
			b.Fatal(err)
		}
		if _, _, err := r.ChangeRecipients(b.Context(), "a.example", nil, []string{"new"}); err != nil {
			b.Fatal(err)
		}
	}
}
