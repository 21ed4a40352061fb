package domains_test

import (
	"errors"
	"slices"
	"testing"

	"callout/internal/domains"
)

// has fails the test unless the names, aliases too, are served for the domain of: "" for none.
func has(t *testing.T, r *domains.Registry, of string, names ...string) {
	t.Helper()
	for _, name := range names {
		got := ""
		if d := r.Lookup(name); d != nil {
			got = d.Names()[0]
			if d.Name != name || (d.AliasOf != "") != (got != name) {
				t.Errorf("Lookup(%q) is %q, an alias of %q", name, d.Name, d.AliasOf)
			}
		}
		if got != of {
			t.Errorf("%s is served for %q, want %q", name, got, of)
		}
	}
}

func TestAliasesAreServed(t *testing.T) {
	m := newMemory()
	m.domains["s.example"] = settings{Aliases: []string{"s2.example"}, To: []string{"mx.s.example"}}.spec()
	f := settings{Aliases: []string{"f3.example", "f2.example"}, To: []string{"mx.f.example"}, Recipients: []string{"john"}}
	r := open(t, m, []*domains.Domain{f.domain("f.example", domains.FromFile)})
	serves(t, r, "f.example/file", "s.example/store")
	has(t, r, "f.example", "f.example", "f2.example", "f3.example")
	has(t, r, "s.example", "s.example", "s2.example")
	d, alias := r.Lookup("f.example"), r.Lookup("f2.example")
	if alias.Destination.String() != d.Destination.String() || !alias.Recipients.Has("john") || alias.Origin != d.Origin {
		t.Errorf("%+v shares not all with %+v", alias, d)
	}
	if want := []string{"f.example", "f3.example", "f2.example"}; !slices.Equal(alias.Names(), want) || !slices.Equal(d.Names(), want) {
		t.Errorf("names: %q, %q", alias.Names(), d.Names())
	}
	if r.Shadowed() != nil {
		t.Errorf("shadowed: %q", r.Shadowed())
	}
	removed, err := r.Reload(t.Context(), nil, build)
	if err != nil || !slices.Equal(removed, []string{"f.example", "f2.example", "f3.example"}) {
		t.Errorf("removed: %q, %v", removed, err)
	}
}

func TestPutAndDeleteTakeAliasesWithThem(t *testing.T) {
	r := open(t, newMemory(), nil)
	put := func(aliases ...string) {
		t.Helper()
		if _, err := r.Put(t.Context(), "a.example", settings{Aliases: aliases}.spec()); err != nil {
			t.Fatal(err)
		}
	}
	put("b.example", "c.example")
	has(t, r, "a.example", "b.example", "c.example")
	put("c.example", "d.example") // its own alias again is no collision
	has(t, r, "", "b.example")
	has(t, r, "a.example", "c.example", "d.example")
	_, err := r.Delete(t.Context(), "c.example")
	const want = "domain c.example: it is an alias of a.example; take it out of the aliases there"
	if err == nil || err.Error() != want || !errors.Is(err, domains.ErrNotFound) {
		t.Errorf("Delete of an alias: %v", err)
	}
	if _, err := r.Delete(t.Context(), "a.example"); err != nil {
		t.Fatal(err)
	}
	has(t, r, "", "a.example", "c.example", "d.example")
	put("c.example")
}

func TestANameHasOneDomain(t *testing.T) {
	m := newMemory()
	m.domains["s.example"] = settings{Aliases: []string{"s2.example"}}.spec()
	r := open(t, m, []*domains.Domain{settings{Aliases: []string{"f2.example"}}.domain("f.example", domains.FromFile)})
	for _, c := range []struct{ name, alias, want string }{
		{"n.example", "s.example", `domain n.example: aliases: "s.example" is a domain of its own; remove one of the two`},
		{"n.example", "f.example", `domain n.example: aliases: "f.example" is a domain of its own; remove one of the two`},
		{"n.example", "s2.example", `domain n.example: aliases: "s2.example" is an alias of s.example already; remove one of the two`},
		{"n.example", "f2.example", `domain n.example: aliases: "f2.example" is an alias of f.example already; remove one of the two`},
		{"s2.example", "n.example", `domain s2.example: it is an alias of s.example; take it out of the aliases there first`},
	} {
		_, err := r.Put(t.Context(), c.name, settings{Aliases: []string{c.alias}}.spec())
		if _, ok := errors.AsType[*domains.SpecError](err); !ok || err.Error() != c.want {
			t.Errorf("Put: %v, want %s", err, c.want)
		}
	}
	if _, err := r.Put(t.Context(), "f2.example", nil); !errors.Is(err, domains.ErrReadOnly) {
		t.Errorf("Put of an alias of the file: %v", err)
	}
	if len(m.domains) != 1 {
		t.Errorf("the store has %q", m.domains)
	}
}

func TestTheFileGoesBeforeTheStoreAndADomainBeforeAnAlias(t *testing.T) {
	m := newMemory()
	m.domains["x.example"] = []byte("bad: it is hidden, so nobody builds it")
	m.domains["a.example"] = settings{Aliases: []string{"y.example", "b.example", "c.example", "f.example"}}.spec()
	m.domains["b.example"] = settings{Aliases: []string{"c.example", "d.example"}}.spec()
	file := []*domains.Domain{settings{Aliases: []string{"x.example", "y.example"}}.domain("f.example", domains.FromFile)}
	r := open(t, m, file)
	has(t, r, "f.example", "f.example", "x.example", "y.example")
	has(t, r, "a.example", "a.example", "c.example")
	has(t, r, "b.example", "b.example", "d.example")
	if got := r.Shadowed(); !slices.Equal(got, []string{"b.example", "c.example", "f.example", "x.example", "y.example"}) {
		t.Errorf("shadowed: %q", got)
	}
	if got := r.Lookup("a.example").Aliases; !slices.Equal(got, []string{"c.example"}) {
		t.Errorf("aliases that are served: %q", got)
	}

	// What the file drops comes back, whole.
	m.domains["x.example"] = nil
	delete(m.domains, "x.example")
	r = open(t, m, file)
	if _, err := r.Reload(t.Context(), nil, build); err != nil {
		t.Fatal(err)
	}
	has(t, r, "a.example", "y.example", "f.example", "c.example")
	if got := r.Shadowed(); !slices.Equal(got, []string{"b.example", "c.example"}) {
		t.Errorf("shadowed: %q", got)
	}
	// Put of the domain without the alias in question ends its claim.
	if _, err := r.Put(t.Context(), "a.example", settings{}.spec()); err != nil || !slices.Equal(r.Shadowed(), []string{"c.example"}) {
		t.Errorf("shadowed after Put: %q, %v", r.Shadowed(), err)
	}
}
