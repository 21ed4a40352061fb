package domains_test

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"

	"callout/internal/domains"
)

func file(names ...string) []*domains.Domain {
	var list []*domains.Domain
	for _, name := range names {
		list = append(list, &domains.Domain{Name: name, Origin: domains.FromFile})
	}
	return list
}

func open(t *testing.T, m *memory, file []*domains.Domain) *domains.Registry {
	t.Helper()
	r, err := domains.New(t.Context(), m, m, file, build)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// serves fails the test unless exactly these are served: name, a slash, and file or store.
func serves(t *testing.T, r *domains.Registry, want ...string) {
	t.Helper()
	var got []string
	for _, d := range r.All() {
		got = append(got, d.Name+"/"+d.Origin.String())
		if r.Lookup(d.Name) != d {
			t.Errorf("Lookup(%q) differs from All", d.Name)
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("served: %q, want %q", got, want)
	}
}

func TestFileAndStoreAreServed(t *testing.T) {
	r := open(t, newMemory("s.example", "a.example"), file("m.example", "z.example"))
	serves(t, r, "a.example/store", "m.example/file", "s.example/store", "z.example/file")
	if d := r.Lookup("other.example"); d != nil {
		t.Errorf("an unknown domain is served: %v", d)
	}
	if names := r.Shadowed(); names != nil {
		t.Errorf("shadowed: %q", names)
	}
}

func TestPutIsStoredAndServed(t *testing.T) {
	m := newMemory()
	r := open(t, m, nil)
	spec := []byte(`one`)
	if created, err := r.Put(t.Context(), "ExAmple.COM.", spec); err != nil || !created {
		t.Fatalf("Put: %v, %v", created, err)
	}
	spec[0] = 'X' // the caller's own again
	if got := string(m.domains["example.com"]); got != "one" {
		t.Errorf("stored: %q", got)
	}
	if got, ok := r.Spec("example.com"); !ok || string(got) != "one" {
		t.Errorf("Spec: %q, %v", got, ok)
	}
	before := r.Lookup("example.com")
	if created, err := r.Put(t.Context(), "example.com", []byte(`two`)); err != nil || created {
		t.Fatalf("second Put: %v, %v", created, err)
	}
	if before.Settings.ProbePrefix != "one" || r.Lookup("example.com").Settings.ProbePrefix != "two" {
		t.Error("Put must make a new domain and leave the old one as it was")
	}
	serves(t, r, "example.com/store")
}

func TestPutRefuses(t *testing.T) {
	m := newMemory("kept.example")
	r := open(t, m, file("file.example"))
	for _, c := range []struct{ name, spec, want string }{
		{"FILE.example", "x", "domain file.example: it is in the configuration file; change it there and reload"},
		{"exa mple", "x", `domain "exa mple": not a domain name; write for example example.com`},
		{"kept.example", "bad words", "domain kept.example: bad words"},
	} {
		if _, err := r.Put(t.Context(), c.name, []byte(c.spec)); err == nil || err.Error() != c.want {
			t.Errorf("Put(%q): %v, want %s", c.name, err, c.want)
		}
	}
	if _, err := r.Put(t.Context(), "file.example", nil); !errors.Is(err, domains.ErrReadOnly) {
		t.Errorf("not ErrReadOnly: %v", err)
	}
	serves(t, r, "file.example/file", "kept.example/store")
	if len(m.domains) != 1 || string(m.domains["kept.example"]) != "of the store" {
		t.Errorf("the store has %q", m.domains)
	}
}

// Of those who add a domain at the same time one does; what is there already stays as it is.
func TestAddIsOfWhoComesFirst(t *testing.T) {
	m := newMemory("kept.example", "file.example")
	r := open(t, m, file("file.example"))
	const n = 20
	errs := make(chan error, n)
	for i := range n {
		go func() { errs <- r.Add(t.Context(), "New.example", fmt.Appendf(nil, "spec%d", i)) }()
	}
	added := 0
	for range n {
		if err := <-errs; err == nil {
			added++
		} else if !errors.Is(err, domains.ErrThere) {
			t.Error(err)
		}
	}
	if added != 1 {
		t.Errorf("%d of them added it", added)
	}
	if _, err := r.Put(t.Context(), "kept.example", settings{Aliases: []string{"alias.example"}}.spec()); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"kept.example", "file.example", "new.example", "alias.example"} {
		if err := r.Add(t.Context(), name, []byte("other")); !errors.Is(err, domains.ErrThere) || err.Error() != "domain "+name+": it is served already" {
			t.Errorf("%s: %v", name, err)
		}
		if string(m.domains[name]) == "other" {
			t.Errorf("%s is another now", name)
		}
	}
	serves(t, r, "file.example/file", "kept.example/store", "new.example/store")
}

func TestDelete(t *testing.T) {
	m := newMemory("a.example", "b.example")
	m.generation = 41
	r := open(t, m, file("file.example"))
	if generation, err := r.Delete(t.Context(), "A.example"); err != nil || generation != 42 {
		t.Errorf("Delete: %d, %v", generation, err)
	}
	if _, ok := r.Spec("a.example"); ok {
		t.Error("its settings are still there")
	}
	if _, err := r.Delete(t.Context(), "a.example"); !errors.Is(err, domains.ErrNotFound) {
		t.Errorf("second Delete: %v", err)
	}
	if _, err := r.Delete(t.Context(), "file.example"); !errors.Is(err, domains.ErrReadOnly) {
		t.Errorf("Delete of a domain of the file: %v", err)
	}
	serves(t, r, "b.example/store", "file.example/file")

	delete(m.domains, "b.example") // by other hands
	if _, err := r.Delete(t.Context(), "b.example"); !errors.Is(err, domains.ErrNotFound) {
		t.Errorf("Delete of a domain that the store lost: %v", err)
	}
	serves(t, r, "file.example/file")
}

func TestNothingChangesWhenTheStoreRefuses(t *testing.T) {
	m := newMemory("a.example")
	r := open(t, m, nil)
	before := r.Lookup("a.example")
	m.fails = errors.New("disk full")
	_, putNew := r.Put(t.Context(), "b.example", []byte("new"))
	_, putOld := r.Put(t.Context(), "a.example", []byte("new"))
	_, del := r.Delete(t.Context(), "a.example")
	for _, err := range []error{putNew, putOld, del} {
		if !errors.Is(err, m.fails) {
			t.Errorf("the store's error is lost: %v", err)
		}
	}
	serves(t, r, "a.example/store")
	if r.Lookup("a.example") != before {
		t.Error("the domain was replaced")
	}
	if spec, _ := r.Spec("a.example"); string(spec) != "of the store" {
		t.Errorf("Spec: %q", spec)
	}
	if _, err := domains.New(t.Context(), m, m, nil, build); err == nil ||
		err.Error() != "read the stored domains: disk full" {
		t.Errorf("New: %v", err)
	}
}

func TestTheFileHidesTheStore(t *testing.T) {
	m := newMemory("both.example")
	r := open(t, m, file("both.example", "file.example"))
	serves(t, r, "both.example/file", "file.example/file")
	if names := r.Shadowed(); !slices.Equal(names, []string{"both.example"}) {
		t.Errorf("shadowed: %q", names)
	}
	if _, ok := r.Spec("both.example"); ok {
		t.Error("Spec speaks of settings that are not served")
	}
	removed, err := r.Reload(t.Context(), file("new.example"), build)
	if err != nil || !slices.Equal(removed, []string{"file.example"}) {
		t.Errorf("Reload: %q, %v", removed, err)
	}
	serves(t, r, "both.example/store", "new.example/file")
	if names := r.Shadowed(); names != nil {
		t.Errorf("shadowed: %q", names)
	}
}

func TestReloadBuildsStoredDomainsAnew(t *testing.T) {
	r := open(t, newMemory("a.example"), nil)
	removed, err := r.Reload(t.Context(), nil, func(name string, spec []byte) (*domains.Domain, error) {
		return build(name, append([]byte("again "), spec...))
	})
	if err != nil || removed != nil {
		t.Fatalf("Reload: %q, %v", removed, err)
	}
	if got := r.Lookup("a.example").Settings.ProbePrefix; got != "again of the store" {
		t.Errorf("built from %q", got)
	}
	if _, err := r.Put(t.Context(), "b.example", []byte("b")); err != nil {
		t.Fatal(err)
	}
	if got := r.Lookup("b.example").Settings.ProbePrefix; got != "again b" {
		t.Errorf("Put builds as before the reload: %q", got)
	}
}

func TestAStoredDomainThatCantBeBuilt(t *testing.T) {
	const want = "stored domain b.example: bad key, bad value; start the version of callout that stored it, " +
		"or put the domain into the configuration file, which then counts"
	m := newMemory("a.example")
	m.domains["b.example"] = []byte("bad key\nbad value")
	if _, err := domains.New(t.Context(), m, m, nil, build); err == nil || err.Error() != want {
		t.Errorf("New: %v, want %s", err, want)
	}
	r := open(t, m, file("b.example")) // the mend that the error names
	serves(t, r, "a.example/store", "b.example/file")
	if _, err := r.Reload(t.Context(), file("c.example"), build); err == nil || err.Error() != want {
		t.Errorf("Reload: %v, want %s", err, want)
	}
	serves(t, r, "a.example/store", "b.example/file") // nothing changed
	if _, err := r.Put(t.Context(), "c.example", nil); err != nil {
		t.Errorf("the file of the failed reload counts: %v", err)
	}
}

func TestLookupsNeverWaitNorMiss(t *testing.T) {
	r := open(t, newMemory("kept.example"), nil)
	done := make(chan struct{})
	var changes, lookups sync.WaitGroup
	for i := range 4 {
		changes.Go(func() {
			name := fmt.Sprintf("d%d.example", i)
			for range 50 {
				if _, err := r.Put(t.Context(), name, []byte("x")); err != nil || r.Lookup(name) == nil {
					t.Errorf("%s is not served after Put: %v", name, err)
				}
				if _, err := r.Delete(t.Context(), name); err != nil || r.Lookup(name) != nil {
					t.Errorf("%s is served after Delete: %v", name, err)
				}
			}
		})
	}
	changes.Go(func() {
		for range 50 {
			if _, err := r.Reload(t.Context(), file("file.example"), build); err != nil {
				t.Error(err)
			}
		}
	})
	changes.Go(func() {
		for i := range 50 {
			if _, _, err := r.ChangeRecipients(t.Context(), "kept.example", []string{fmt.Sprint(i)}, nil); err != nil ||
				!r.Lookup("kept.example").Recipients.Has(fmt.Sprint(i)) {
				t.Errorf("recipient %d is not served: %v", i, err)
			}
		}
	})
	for range 2 {
		lookups.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
				}
				if r.Lookup("kept.example") == nil || len(r.All()) == 0 {
					t.Error("a domain that nobody touched is missing")
				}
				r.Spec("kept.example")
				r.Shadowed()
				r.LocalRecipients("kept.example")
			}
		})
	}
	changes.Wait()
	close(done)
	lookups.Wait()
	serves(t, r, "file.example/file", "kept.example/store")
}

func TestLookupAllocatesNothing(t *testing.T) {
	r := open(t, newMemory("a.example"), nil)
	if n := testing.AllocsPerRun(100, func() { r.Lookup("a.example"); r.Lookup("b.example") }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// full has a registry of 100,000 domains.
func full(b *testing.B) *domains.Registry {
	names := make([]string, 100_000)
	for i := range names {
		names[i] = fmt.Sprintf("d%06d.example", i)
	}
	m := newMemory(names...)
	r, err := domains.New(b.Context(), m, m, nil, build)
	if err != nil {
		b.Fatal(err)
	}
	return r
}

func BenchmarkPutAmong100000(b *testing.B) {
	r := full(b)
	for b.Loop() {
		if _, err := r.Put(b.Context(), "new.example", []byte("x")); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkLookupAmong100000(b *testing.B) {
	r := full(b)
	b.ReportAllocs()
	for b.Loop() {
		r.Lookup("d050000.example")
	}
}
