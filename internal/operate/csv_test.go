package operate

import (
	"bytes"
	"encoding/csv"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"pgregory.net/rapid"

	"callout/internal/address"
	"callout/internal/domains"
)

// written returns the rows of what writeCSV makes of entries, and what readCSV makes of that.
func written(t interface{ Fatalf(string, ...any) }, entries ...string) (cells, back []string) {
	d := &domains.Domain{Name: "example.com"}
	var b bytes.Buffer
	if err := writeCSV(&b, d.Name, nil, entries); err != nil {
		t.Fatalf("%v", err)
	}
	back, _, err := readCSV(bytes.NewReader(b.Bytes()), d, func(int, bool) {})
	if err != nil {
		t.Fatalf("%q is not taken back: %v", b.String(), err)
	}
	rows, err := csv.NewReader(&b).ReadAll()
	if err != nil {
		t.Fatalf("%v", err)
	}
	for _, row := range rows[1:] {
		cells = append(cells, row[0])
	}
	return cells, back
}

// odd are characters that mean something to CSV, to spreadsheets, to SMTP or to people.
var odd = []rune("ab*.,;\"'\\#=+-@＝＋ |%<>()\u00a0\u2028\ufeff\u200bäé中")

func TestWhatIsExportedIsTakenBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		one := rapid.OneOf(rapid.SampledFrom(odd), rapid.Rune().Filter(func(r rune) bool { return !unicode.IsControl(r) && utf8.ValidRune(r) }))
		var entries []string
		for range rapid.IntRange(1, 5).Draw(t, "entries") {
			content := rapid.StringOfN(one, 1, 20, 200).Draw(t, "content")
			rcpt, err := address.Unquoted(content + "@example.com")
			if err != nil {
				t.Fatalf("%q: %v", content, err)
			}
			entry, err := domains.ParseEntry(rcpt.String(), "example.com")
			if err != nil {
				t.Fatalf("%q: %v", rcpt, err)
			}
			entries = append(entries, entry)
		}
		cells, back := written(t, entries...)
		if !slices.Equal(back, entries) {
			t.Fatalf("%q came back as %q", entries, back)
		}
		for _, cell := range cells {
			if strings.ContainsAny(strings.TrimFunc(cell, unicode.IsSpace)[:1], "=+-@") || strings.HasPrefix(cell, "＝") {
				t.Fatalf("a spreadsheet takes %q for a formula", cell)
			}
		}
	})
}

func TestNoSpreadsheetTakesAnExportForFormulas(t *testing.T) {
	for entry, want := range map[string]string{
		"john": "john@example.com", "#sales": "#sales@example.com", "*": "*@example.com", "jürgen": "jürgen@example.com", "é": "é@example.com",
		"=cmd|'/c'!a0": `"=cmd|'/c'!a0"@example.com`, "+1": `"+1"@example.com`, "-x": `"-x"@example.com`, `"@sum(1)"`: `"@sum(1)"@example.com`,
		"＝x": `"＝x"@example.com`, "\u00a0=x": "\"\u00a0=x\"@example.com", "-*": `"-*"@example.com`,
	} {
		if cells, back := written(t, entry); cells[0] != want || back[0] != entry {
			t.Errorf("%q is written as %q and comes back as %q; want %q", entry, cells[0], back[0], want)
		}
	}
}

func TestWhatIsChangedIsToldInOrder(t *testing.T) {
	want := `+"a" +"b" +"c" +"d" +"e" … -"x"`
	for range 20 {
		if got := brief([]string{"a", "b", "c", "d", "e", "f"}, []string{"x"}); got != want {
			t.Fatalf("%s; want %s", got, want)
		}
	}
}
