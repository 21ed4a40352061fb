package domains

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func setOf(t testing.TB, entries ...string) *Recipients {
	t.Helper()
	var b Builder
	for _, text := range entries {
		entry, err := ParseEntry(text)
		if err == nil {
			err = b.Add(entry)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return b.Recipients()
}

func TestHas(t *testing.T) {
	r := setOf(t, "John", `"Mary Jane"`, "a..b", "jürgen", "sales-*", "*.dept", `"x *"`, "m*d*e")
	for local, want := range map[string]bool{
		"john": true, "JOHN": true, "john1": false, "joh": false, "": false,
		`"mary jane"`: true, `"MARY Jane"`: true, "mary": false, `"mary  jane"`: false,
		"a..b": true, `"a..b"`: true, // the forms in which SMTP and the policy protocol carry it
		"jürgen": true, "JüRGEN": true, "JÜRGEN": false, // ASCII case alone
		"sales-": true, "Sales-North": true, `"sales-north @ home"`: true, "sale-north": false, "xsales-": false,
		"it.dept": true, ".dept": true, "dept": false, "it.dept2": false,
		`"x y"`: true, `"x "`: true, "xy": false, `"x\"\\"`: false, `"x \"\\"`: true,
		"mde": true, "made": true, "middle": true, "mdde": true, "mad": false, "em": false,
	} {
		if got := r.Has(local); got != want {
			t.Errorf("Has(%s) = %v", local, got)
		}
	}
	if !setOf(t, "*").Has(`"any thing"`) || !setOf(t, "*").Has("x") {
		t.Error("* stands for everything")
	}
	var none *Recipients
	if none.Has("john") || none.Len() != 0 || none.Entries() != nil {
		t.Error("nil has something")
	}
}

func TestTwoLists(t *testing.T) {
	a, b := setOf(t, "john", "mary", "a*", "b*", `"x y"`), setOf(t, "mary", "zoe", "b*", "c*")
	for _, r := range []*Recipients{both(a, b), both(b, a)} {
		want := []string{`"x y"`, "a*", "b*", "c*", "john", "mary", "zoe"}
		if got := r.Entries(); r.Len() != len(want) || !slices.Equal(got, want) {
			t.Errorf("%d entries: %q, want %q", r.Len(), got, want)
		}
		for _, local := range []string{"john", "mary", "zoe", "a1", "c1", `"X y"`} {
			if !r.Has(local) {
				t.Errorf("%s is missing", local)
			}
		}
		if r.Has("nobody") {
			t.Error("nobody is there")
		}
	}
	if both(nil, nil) != nil || both(a, nil) != a || both(nil, b) != b {
		t.Error("one list alone is that list")
	}
}

func TestBoundsOfAList(t *testing.T) {
	var b Builder
	for i := range MaxPatterns {
		if err := b.Add(fmt.Sprintf("p%d*", i)); err != nil {
			t.Fatal(err)
		}
	}
	if err := b.Add("p0*"); err != nil {
		t.Errorf("one that is there already: %v", err)
	}
	if err := b.Add("one*more"); err == nil || !strings.HasPrefix(err.Error(), "the domain has more than 1000 patterns; ") {
		t.Errorf("a pattern too many: %v", err)
	}
	if !b.Recipients().Has("p999xyz") {
		t.Error("the last pattern is missing")
	}
	b = Builder{}
	for i := range MaxExact {
		b.list.add(fmt.Sprintf("%d", i))
	}
	if err := b.Add("1"); err != nil {
		t.Errorf("one that is there already: %v", err)
	}
	if err := b.Add("x"); err == nil || !strings.HasPrefix(err.Error(), "the domain has more than 1000000 local recipients; ") {
		t.Errorf("an entry too many: %v", err)
	}
}

func TestHasAllocatesNothing(t *testing.T) {
	r := both(setOf(t, "john", "a*b*c"), setOf(t, `"x y"`, "q*"))
	for _, local := range []string{"john", "John", `"X y"`, "aBBc", strings.Repeat("n", 255), `"` + strings.Repeat(`\"`, 255) + `"`} {
		if n := testing.AllocsPerRun(100, func() { r.Has(local) }); n != 0 {
			t.Errorf("Has(%.20q): %v allocations", local, n)
		}
	}
}

// naive says what a pattern means, without a thought of time.
func naive(pattern string, s []byte) bool {
	switch {
	case pattern == "":
		return len(s) == 0
	case pattern[0] == '*':
		return naive(pattern[1:], s) || len(s) > 0 && naive(pattern, s[1:])
	}
	return len(s) > 0 && s[0] == pattern[0] && naive(pattern[1:], s[1:])
}

func TestMatchIsTheNaiveMatch(t *testing.T) {
	pattern, text := rapid.StringMatching(`[ab*]{0,10}`), rapid.StringMatching(`[ab]{0,16}`)
	rapid.Check(t, func(t *rapid.T) {
		p, s := pattern.Draw(t, "pattern"), []byte(text.Draw(t, "text"))
		if got, want := match(p, s), naive(p, s); got != want {
			t.Fatalf("match(%q, %q) = %v, want %v", p, s, got, want)
		}
	})
}

func FuzzMatch(f *testing.F) {
	f.Add("a*b", "ab")
	f.Add("*\x00*\xff", "x\x00y\xff")
	f.Fuzz(func(t *testing.T, p, s string) {
		if len(p) > 12 || len(s) > 24 {
			return // the naive one takes too long
		}
		if got, want := match(p, []byte(s)), naive(p, []byte(s)); got != want {
			t.Fatalf("match(%q, %q) = %v, want %v", p, s, got, want)
		}
	})
}

// TestNoPatternTakesLong has the patterns that blow up a matcher which tries everything. The bound is far above what it
// takes, and far below what 2 to the power of 100 would.
func TestNoPatternTakesLong(t *testing.T) {
	var b Builder
	for i := range MaxPatterns {
		if err := b.Add(strings.Repeat("a*", 100) + fmt.Sprint(i)); err != nil {
			t.Fatal(err)
		}
	}
	begun := time.Now()
	if b.Recipients().Has(strings.Repeat("a", 255)) {
		t.Error("it matches")
	}
	if took := time.Since(begun); took > 10*time.Second {
		t.Errorf("it took %v", took)
	}
}

func BenchmarkHas100000(b *testing.B) {
	var build Builder
	for i := range 100_000 {
		build.list.add(fmt.Sprintf("user%06d", i))
	}
	r := build.Recipients()
	b.ReportAllocs()
	for b.Loop() {
		if !r.Has("User050000") {
			b.Fatal("it is missing")
		}
	}
}
