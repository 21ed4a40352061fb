package config

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// TestWhatMayBeAddedTo states which tables a later line may add to (TOML 1.0, "Keys", "Table", "Inline Table",
// "Array of Tables"). want is the line that is refused, 0 where none is.
func TestWhatMayBeAddedTo(t *testing.T) {
	for _, c := range []struct {
		file string
		want int
	}{
		{"a.b = 1\na.c = 2", 0},
		{"a = 1\na.b = 2", 2},
		{"a = 1\n[a]", 2},
		{"a = 1\n[a.b]", 2},
		{"a = []\n[a.b]", 2},
		{"a = [1]\n[[a]]", 2},
		{"a = {}\na.b = 1", 2},
		{"a = {}\n[a.b]", 2},
		{"a = {b.c = 1}\n[a.b]", 2},
		{"[a.b]\n[a]\nc = 1", 0},
		{"[a]\n[a.b]", 0},
		{"[a]\n[a]", 2},
		{"[a.b]\n[a]\nb.c = 1", 3},
		{"a.b = 1\n[a]", 2},
		{"a.b = 1\n[a.c]", 0},
		{"[a]\n[[a]]", 2},
		{"[[a]]\n[a]", 2},
		{"[[a]]\nb = 1\n[[a]]\nb = 1", 0},
		{"[[a]]\n[a.b]\n[[a]]\n[a.b]", 0},
		{"[[a]]\n[a.b]\n[a.b]", 3},
	} {
		p := &problems{doc: document{"c", []byte(c.file)}}
		readTOML(p)
		var want []int
		if c.want > 0 {
			want = []int{c.want}
		}
		var got []int
		for _, f := range p.list {
			got = append(got, p.doc.position(f.off).Line)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%q: problems in the lines %v, want %v: %v", c.file, got, want, p.err())
		}
	}
}

func TestALargeTableIsSearchedByItsIndex(t *testing.T) {
	var file strings.Builder
	for i := range 1000 {
		fmt.Fprintf(&file, "k%d = %d\n", i, i)
	}
	root, whole := readTOML(&problems{doc: document{"c", []byte(file.String())}})
	if !whole || len(root.index) != 1000 {
		t.Fatalf("%d keys in the index", len(root.index))
	}
	for i := range len(root.keys) {
		name := fmt.Sprintf("k%d", i)
		if e, ok := root.find(name); !ok || e.node.text != name[1:] {
			t.Errorf("%s: %+v, %v", name, e, ok)
		}
	}
	if _, ok := root.find("k1000"); ok {
		t.Error("a key is found that there is not")
	}
}
