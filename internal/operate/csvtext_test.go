package operate

import (
	"io"
	"strings"
	"testing"

	"callout/internal/domains"
)

// dripping is text without an end, of which it counts what was taken.
type dripping struct {
	text  string
	taken int
}

func (d *dripping) Read(p []byte) (int, error) {
	n := copy(p, strings.Repeat(d.text, len(p)/len(d.text)))
	d.taken += n
	return n, nil
}

// A row that does not end is not kept until it does, be it one line or, in quotes, many.
func TestARowHasABound(t *testing.T) {
	for name, file := range map[string]string{"a line": "x", "blanks": "  ", "lines in quotes": "x\n", "fields": "x,"} {
		begin := "john\n"
		if name == "lines in quotes" {
			begin += `"`
		}
		rest := &dripping{text: file}
		_, _, err := readCSV(io.MultiReader(strings.NewReader(begin), rest), &domains.Domain{Name: "example.com"}, func(int, bool) {})
		if err == nil || KindOf(err) != Unusable || !strings.Contains(err.Error(), "longer than 65536 octets") {
			t.Errorf("%s: %v", name, err)
		}
		if rest.taken > 3*maxRow {
			t.Errorf("%s: %d octets were read", name, rest.taken)
		}
	}
	var many strings.Builder
	for range 10_000 {
		many.WriteString("john@example.com," + strings.Repeat("x", 100) + "\n")
	}
	if entries, _, err := readCSV(strings.NewReader(many.String()), &domains.Domain{Name: "example.com"}, func(int, bool) {}); err != nil || len(entries) != 10_000 {
		t.Errorf("many short rows: %d, %v", len(entries), err)
	}
}
