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
		{"as it was exported", "recipient,origin\njohn@example.com,file\njane@example.com,store\n", "john jane"},
	} {
		for _, r := range []io.Reader{strings.NewReader(tt.file), &trickle{tt.file}} {
			got, err := readCSV(r, d, func(int, bool) {})
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
		{"a name before the address", "john\nJane Roe jane@example.com\n", `line 2, column 1: "Jane Roe jane@example.com" is no address: ` +
			`write one alone; where all before the @ is the local-part, it is """Jane Roe jane""@example.com" in CSV`},
		{"a quote in a field", "john\nja\"ne,x\n", "line 2, column 3: quotes"},
		{"a quote that is not closed", "john\n\"jane\n", "quotes"},
		{"text behind a quote", "\"john\"x\n", "line 1, column 6: quotes"},
	} {
		_, err := readCSV(strings.NewReader(tt.file), d, func(int, bool) {})
		if err == nil || !strings.Contains(err.Error(), tt.want) || !strings.HasSuffix(err.Error(), "; nothing was imported") ||
			KindOf(err) != Unusable || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v; want %q", tt.name, err, tt.want)
		}
	}
	broken := errors.New("connection reset")
	if _, err := readCSV(io.MultiReader(strings.NewReader("john\n"), failing{broken}), d, func(int, bool) {}); !errors.Is(err, broken) {
		t.Errorf("an upload that breaks off: %v", err)
	}
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

// The progress is told while a file is read.
func TestProgressIsTold(t *testing.T) {
	d := &domains.Domain{Name: "example.com"}
	var told []int
	if _, err := readCSV(strings.NewReader(strings.Repeat("john\n", 3500)), d, func(n int, _ bool) { told = append(told, n) }); err != nil {
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
