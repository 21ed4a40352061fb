package operate

import (
	"errors"
	"io"
	"slices"
	"strings"
	"testing"

	"callout/internal/domains"
)

func TestCSVIsRead(t *testing.T) {
	d := &domains.Domain{Name: "example.com", Aliases: []string{"example.org"}}
	for _, tt := range []struct{ name, file, want string }{
		{"one a line", "john\njane\n", "john jane"},
		{"windows", "\ufeffRecipient,Name\r\njohn,John Smith\r\njane@example.org,\r\n", "john jane"},
		{"no end of line", "john", "john"},
		{"nothing", "", ""},
		{"a mark alone", "\ufeff", ""},
		{"blank lines and more columns", "john,1,2,3\n\n,x\n jane ,4\n", "john jane"},
		{"a # is no comment", "#sales\n#ops@example.com\n", "#sales #ops"},
		{"quotes of CSV and of a local-part", "\"\"\"john smith\"\"@example.com\"\nsales-*\n", `"john smith" sales-*`},
		{"a heading only at the top", "email\njohn\nemail\n", "john email"},
		{"semicolons", "E-Mail;Name\njohn;\"Smith, John\"\njane@example.com;\n", "john jane"},
		{"semicolons without a heading", "john@example.com;John Smith\njane;\n", "john jane"},
		{"a comma within quotes beside semicolons", "john;\"Smith, John\"\njane;\n", "john jane"},
		{"a semicolon within quotes", "\"\"\"a;b\"\"\"\njane\n", "\"a;b\" jane"},
		{"semicolons beside commas", "john,a;b\njane,c\n", "john jane"},
		{"CR alone", "john,John\rjane,Jane\r", "john jane"},
		{"CR alone, with a mark and a heading", "\ufeffrecipient;name\r\rjohn;John\rjane;Jane", "john jane"},
		{"CR alone within quotes", "john,\"a\rb\"\rjane,x\r", "john jane"},
		{"ends of line of all kinds", "john\rjane\r\nmary\nzoe\r\r\nadam", "john jane mary zoe adam"},
		{"as it was exported", "recipient,origin\njohn@example.com,file\njane@example.com,store\n", "john jane"},
	} {
		for _, r := range []io.Reader{strings.NewReader(tt.file), &trickle{tt.file}} {
			got, _, err := readCSV(r, d, func(int, bool) {})
			if err != nil || strings.Join(got, " ") != tt.want {
				t.Errorf("%s: %q %v; want %q", tt.name, got, err, tt.want)
			}
		}
	}
}

// trickle gives an octet at a time.
type trickle struct{ left string }

func (r *trickle) Read(p []byte) (int, error) {
	if r.left == "" {
		return 0, io.EOF
	}
	n := copy(p[:1], r.left)
	r.left = r.left[n:]
	return n, nil
}

func TestBadCSVIsNamedByLineAndColumn(t *testing.T) {
	d := &domains.Domain{Name: "example.com"}
	for _, tt := range []struct{ name, file, want string }{
		{"an address elsewhere", "john\njane@example.net\n", "line 2, column 1: \"jane@example.net\" is not at this domain"},
		{"no recipient", "john\n\n  a b\n", "line 3, column 3: \"a b\" is not a local recipient"},
		{"a comment", "# ours\njohn\n", "line 1, column 1: \"# ours\" is not a local recipient"},
		{"a name before the address", "john\nJane Roe jane@example.com\n", `line 2, column 1: "Jane Roe jane@example.com" is not one address; ` +
			`write the address alone, or put its local-part in quotes`},
		{"Latin-1", "john\nm\xfcller@example.com\n", `line 2, column 1: "m\xfcller@example.com" is not in UTF-8; save the file as CSV UTF-8`},
		{"a line after CR LF", "john\r\n\r\n x@example.net\r\n", "line 3, column 2: "},
		{"a line after CRs", "john\r\rjane,\"c\rd\"\r x@example.net\r", "line 5, column 2: "},
		{"a quote in a field", "john\nja\"ne,x\n", "line 2, column 3: quotes"},
		{"a quote that is not closed", "john\n\"jane\n", "inside; what follows was not read; "},
		{"text behind a quote", "\"john\"x\nx@example.net\n", "line 1, column 6: quotes that begin or end in the middle of a field; " +
			"put all of it in quotes and double those inside; what follows was not read; "},
	} {
		_, _, err := readCSV(strings.NewReader(tt.file), d, func(int, bool) {})
		if err == nil || !strings.Contains(err.Error(), tt.want) || !strings.HasSuffix(err.Error(), "; nothing was imported") ||
			KindOf(err) != Unusable || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v; want %q", tt.name, err, tt.want)
		}
	}
	broken := errors.New("connection reset")
	if _, _, err := readCSV(io.MultiReader(strings.NewReader("john\n"), failing{broken}), d, func(int, bool) {}); !errors.Is(err, broken) {
		t.Errorf("an upload that breaks off: %v", err)
	}
}

// All that is wrong is named at once, up to a bound.
func TestSeveralWrongRowsAreNamed(t *testing.T) {
	d := &domains.Domain{Name: "example.com"}
	const foreign = "x@example.net\n"
	for name, tt := range map[string]struct {
		file  string
		lines []int
		more  bool
		says  string
	}{
		"some":                    {"john\n" + foreign + "jane\n" + foreign + "a b\n", []int{2, 4, 5}, false, "3 rows can't be used; nothing was imported; the first is line 2, column 1: "},
		"a quote among others":    {foreign + "ja\"ne\n" + foreign, []int{1, 2, 3}, false, "3 rows can't be used"},
		"a quote that has no end": {foreign + "\"ja\"ne\n" + foreign, []int{1, 2}, true, "at least 2 rows can't be used"},
		"as many as are named":    {strings.Repeat(foreign, maxWrong) + "john\n", numbers(maxWrong), false, "20 rows can't be used"},
		"more than that":          {strings.Repeat(foreign, maxWrong+1), numbers(maxWrong), true, "at least 20 rows can't be used"},
		"very many, and no end":   {strings.Repeat(foreign, 1000) + "\"", numbers(maxWrong), true, "at least 20 rows can't be used"},
		"a column that may be it": {"John Smith,john@example.com\nJane Roe,jane@example.com\n", []int{1, 2}, false, "2 rows can't be used"},
		"a single one":            {"john\n" + foreign, []int{2}, false, "line 2, column 1: "},
	} {
		_, _, err := readCSV(strings.NewReader(tt.file), d, func(int, bool) {})
		wrong, ok := errors.AsType[*RowsError](err)
		if !ok {
			t.Errorf("%s: %v", name, err)
			continue
		}
		var lines []int
		for i, row := range wrong.Rows {
			lines = append(lines, row.Line)
			if strings.Contains(row.Text, firstColumn) != (i == 0 && name == "a column that may be it") {
				t.Errorf("%s: how the file is to be is not said once: %s", name, row.Text)
			}
		}
		if !slices.Equal(lines, tt.lines) || wrong.More != tt.more || !strings.HasPrefix(err.Error(), tt.says) || KindOf(err) != Unusable || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: lines %v, more: %v, %v", name, lines, wrong.More, err)
		}
	}
}

// numbers returns 1 to n.
func numbers(n int) (all []int) {
	for i := range n {
		all = append(all, i+1)
	}
	return all
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

// The progress is told while a file is read.
func TestProgressIsTold(t *testing.T) {
	d := &domains.Domain{Name: "example.com"}
	var told []int
	if _, _, err := readCSV(strings.NewReader(strings.Repeat("john\n", 3500)), d, func(n int, _ bool) { told = append(told, n) }); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(told, []int{1000, 2000, 3000}) {
		t.Errorf("%v", told)
	}
}

func TestDifference(t *testing.T) {
	for _, tt := range []struct {
		before, entries []string
		n               int
		added, removed  int
	}{
		{nil, []string{"a", "b", "a"}, 2, 2, 0},
		{[]string{"a", "b"}, []string{"b", "c", "b"}, 2, 1, 1},
		{[]string{"a"}, nil, 0, 0, 1},
	} {
		if added, removed := difference(tt.before, tt.entries, tt.n); added != tt.added || removed != tt.removed {
			t.Errorf("%q -> %q: %d added, %d removed; want %d, %d", tt.before, tt.entries, added, removed, tt.added, tt.removed)
		}
	}
}
