package storetest

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"callout/internal/store"
)

// same reports whether two verdicts are equal, with times to the millisecond.
func same(a, b store.Verdict) bool {
	equal := func(a, b time.Time) bool { return a.UnixMilli() == b.UnixMilli() }
	if !equal(a.Asked, b.Asked) || !equal(a.Expires, b.Expires) {
		return false
	}
	a.Asked, a.Expires, b.Asked, b.Expires = time.Time{}, time.Time{}, time.Time{}, time.Time{}
	return a == b
}

// sameFact reports the same of two facts. A zero time is only equal to a zero time.
func sameFact(a, b store.DomainFact) bool {
	if !a.Asked.Equal(b.Asked) || !a.Expires.Equal(b.Expires) || !a.Rejected.Equal(b.Rejected) {
		return false
	}
	a.Asked, a.Expires, a.Rejected = b.Asked, b.Expires, b.Rejected
	return a == b
}

func verdictIsKeptWhole(t *testing.T, open Place) {
	s := opened(t, open)
	check(t, s.Write(t.Context(), store.Batch{}))
	wantLookup(t, s, domain, "john")
	v := store.Verdict{
		Domain: domain, Local: "John", Status: store.Invalid,
		Asked:   time.Date(2026, 3, 14, 15, 9, 26, 535_897_932, time.FixedZone("", 3600)),
		Expires: time.Date(2026, 3, 14, 17, 9, 26, 999_999_999, time.UTC),
		Code:    599, Enhanced: "5.999.999", Text: "no such user", Host: "[2001:db8::1]:2525",
	}
	bare := store.Verdict{Domain: "b.example", Local: "x", Status: store.Valid, Code: 200}
	write(t, s, v, bare)
	for range 2 {
		if found := wantLookup(t, s, domain, "john", "John"); len(found) == 1 && !same(found[0], v) {
			t.Errorf("found %+v, want %+v", found[0], v)
		}
		if found := wantLookup(t, s, "b.example", "x", "x"); len(found) == 1 && !same(found[0], bare) {
			t.Errorf("found %+v, want %+v", found[0], bare)
		}
		wantLookup(t, s, "c.example", "john")
		wantLookup(t, s, domain, "joh")
		wantLookup(t, s, domain, "john1")
		s = reopened(t, open, s)
	}
}

func verdictReplaces(t *testing.T, open Place) {
	s := opened(t, open)
	other := invalid("john")
	other.Domain = "b.example"
	write(t, s, invalid("john"), other)
	write(t, s, valid("john"))
	older := valid("john")
	older.Code, older.Asked = 251, noon.Add(-time.Hour)
	twice := older
	twice.Code = 252
	write(t, s, older, twice)
	if found := wantLookup(t, s, domain, "john", "john"); len(found) == 1 && !same(found[0], twice) {
		t.Errorf("found %+v, want the one written last, %+v", found[0], twice)
	}
	if found := wantLookup(t, s, "b.example", "john", "john"); len(found) == 1 && !same(found[0], other) {
		t.Errorf("the other domain has %+v", found[0])
	}
	wantList(t, s, store.Query{}, "john")
}

func spellingsTogether(t *testing.T, open Place) {
	s := opened(t, open)
	at := func(local string, minute int) store.Verdict {
		v := invalid(local)
		v.Asked = noon.Add(time.Duration(minute) * time.Minute)
		return v
	}
	write(t, s, at("john", 1), at("JOHN", 3), at("John", 2), at("johnny", 4), at("joh", 4),
		at("MÜLLER", 1), at("MüLLER", 2), at("müller", 3))
	for _, local := range []string{"john", "John", "jOHN"} {
		wantLookup(t, s, domain, local, "JOHN", "John", "john")
	}
	// Only ASCII letters have two cases here.
	wantLookup(t, s, domain, "Müller", "müller", "MüLLER")
	wantLookup(t, s, domain, "mÜller", "MÜLLER")
}

// spelling returns the i-th ASCII-case spelling of administrator.
func spelling(i int) string {
	b := []byte("administrator")
	for bit := range b {
		if i>>bit&1 == 1 {
			b[bit] -= 'a' - 'A'
		}
	}
	return string(b)
}

func spellingsBounded(t *testing.T, open Place) {
	s := opened(t, open)
	const spellings = 40
	var want []string
	for i := range spellings {
		v := invalid(spelling(i))
		v.Asked = noon.Add(time.Duration(i) * time.Minute)
		write(t, s, v)
		want = append([]string{v.Local}, want...)
	}
	wantLookup(t, s, domain, "administrator", want[:store.MaxSpellings]...)
	good := valid("ADMINISTRATOR")
	good.Asked = noon.Add(-time.Hour)
	write(t, s, good)
	for i := range spellings {
		v := invalid(spelling(i))
		v.Asked = noon.Add(time.Duration(i) * time.Hour)
		write(t, s, v)
	}
	found, err := s.Lookup(t.Context(), domain, "administrator")
	check(t, err)
	if got := locals(found); len(got) != store.MaxSpellings || !slices.Contains(got, good.Local) {
		t.Errorf("invalid spellings push the valid one out: %q", got)
	}
}

func factsAreKept(t *testing.T, open Place) {
	s := opened(t, open)
	wantFact(t, s, domain, 0)
	f := store.DomainFact{
		Domain: domain, CatchAll: true, Asked: noon.Add(7 * time.Millisecond), Expires: noon.Add(time.Hour),
		Code: 250, Enhanced: "2.1.5", Text: "whatever", Host: "mx.a.example:25",
	}
	f.Rejected, f.Turned = noon.Add(-time.Minute), true
	other := store.DomainFact{Domain: "b.example", Code: 550}
	undecided := store.DomainFact{Domain: "c.example", Rejected: noon, Expires: noon.Add(time.Hour)}
	both := store.Batch{Verdicts: []store.Verdict{valid("john")}, Facts: []store.DomainFact{f, other, undecided}}
	check(t, s.Write(t.Context(), both))
	for range 2 {
		for _, want := range []store.DomainFact{f, other, undecided} {
			got, ok, err := s.DomainFact(t.Context(), want.Domain)
			check(t, err)
			if !ok || !sameFact(got, want) {
				t.Errorf("DomainFact = %+v, %v; want %+v", got, ok, want)
			}
		}
		wantFact(t, s, "b.example", 550)
		wantLookup(t, s, domain, "john", "john")
		s = reopened(t, open, s)
	}
	f.CatchAll, f.Turned, f.Code, f.Rejected = false, false, 551, noon
	writeFacts(t, s, f)
	wantFact(t, s, domain, 551)
	if got, _, _ := s.DomainFact(t.Context(), domain); !sameFact(got, f) {
		t.Errorf("a fact that is replaced is %+v, want %+v", got, f)
	}
}

func passedGenerations(t *testing.T, open Place) {
	s := opened(t, open)
	old, oldFact := valid("john"), store.DomainFact{Domain: domain, Code: 250}
	fresh, freshFact := invalid("john"), store.DomainFact{Domain: domain, Code: 550}
	for _, clear := range []func(context.Context) (uint64, error){
		func(ctx context.Context) (uint64, error) { return s.ClearDomain(ctx, domain) }, s.ClearAll,
	} {
		g, err := clear(t.Context())
		check(t, err)
		write(t, s, old)
		writeFacts(t, s, oldFact)
		wantLookup(t, s, domain, "john")
		wantList(t, s, store.Query{})
		wantFact(t, s, domain, 0)
		fresh.Generation, freshFact.Generation = g, g
		for _, b := range []store.Batch{
			{Verdicts: []store.Verdict{fresh}, Facts: []store.DomainFact{freshFact}},
			{Verdicts: []store.Verdict{old}, Facts: []store.DomainFact{oldFact}},
		} {
			check(t, s.Write(t.Context(), b))
		}
		if found := wantLookup(t, s, domain, "john", "john"); len(found) == 1 && !same(found[0], fresh) {
			t.Errorf("found %+v, want %+v", found[0], fresh)
		}
		wantFact(t, s, domain, 550)
		old, oldFact.Generation = fresh, g
	}
	// An old row is no reason to fail the others of its batch.
	other := valid("jane")
	other.Generation = generation(t, s, domain)
	old.Generation = 0
	write(t, s, old, other)
	wantLookup(t, s, domain, "jane", "jane")
}

func oddTexts(t *testing.T, open Place) {
	s := opened(t, open)
	odd := []string{
		"\x00", "a\x00b", "a\x00c", `"a b"@x`, `o'brien`, `a"b`, `100%`, `a_b`, `a\b`, "ü", "\xff\xfe", "\xc3", "名前",
		" ", "a\r\nb", strings.Repeat("x", 255), "--", "; drop table verdicts", "*", "?", "[a]",
	}
	for i, text := range odd {
		long := strings.Repeat(text, 2000/len(text))
		v := store.Verdict{Domain: domain, Local: text, Status: store.Valid, Code: 250, Enhanced: "2.0.0", Text: long,
			Host: fmt.Sprintf("mx%d.example:25", i)}
		write(t, s, v)
		if found := wantLookup(t, s, domain, text, text); len(found) == 1 && !same(found[0], v) {
			t.Errorf("found %+v, want %+v", found[0], v)
		}
		writeFacts(t, s, store.DomainFact{Domain: domain, Text: long})
		if f, _, err := s.DomainFact(t.Context(), domain); err != nil || f.Text != long {
			t.Errorf("fact with text %q, %v; want %q", f.Text, err, long)
		}
	}
	s = reopened(t, open, s)
	sorted := slices.Sorted(slices.Values(odd))
	wantList(t, s, store.Query{Limit: 2}, sorted...)
	for _, text := range odd {
		var want []string
		for _, local := range sorted {
			if strings.Contains(local, text) {
				want = append(want, local)
			}
		}
		wantList(t, s, store.Query{Text: text}, want...)
		if n, err := s.ClearRecipient(t.Context(), domain, text); n != 1 || err != nil {
			t.Errorf("ClearRecipient(%q) = %d, %v", text, n, err)
		}
		sorted = slices.DeleteFunc(sorted, func(s string) bool { return s == text })
		wantList(t, s, store.Query{Limit: 1000}, sorted...)
	}
}
