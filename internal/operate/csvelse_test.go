package operate

import (
	"strings"
	"testing"

	"callout/internal/domains"
)

func TestAFileWithItsRecipientsElsewhereSaysHowToPutThem(t *testing.T) {
	d := &domains.Domain{Name: "example.com"}
	for name, file := range map[string]string{
		"another column":           "John Smith,john@example.com\n",
		"another column, headed":   "id,email\n1,john@example.com\n",
		"semicolons":               "john@example.com;John Smith\n",
		"semicolons, headed":       "email;name\njohn@example.com;John Smith\n",
		"tabs":                     "john@example.com\tJohn Smith\n",
		"a second row of the same": "jane\nJohn Smith,john@example.com\n",
	} {
		_, err := readCSV(strings.NewReader(file), d, func(int, bool) {})
		if err == nil || !strings.Contains(err.Error(), firstColumn+"; nothing was imported") || !strings.HasPrefix(err.Error(), "line ") || KindOf(err) != Unusable {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := readCSV(strings.NewReader("a b\n"), d, func(int, bool) {}); err == nil || strings.Contains(err.Error(), firstColumn) {
		t.Errorf("one that is wrong by itself: %v", err)
	}
	if got, err := readCSV(strings.NewReader("email,address\njohn,Main Street;2\n"), d, func(int, bool) {}); err != nil || len(got) != 1 {
		t.Errorf("other columns count: %q %v", got, err)
	}
}

func TestWhatIsNoTextIsNoCSV(t *testing.T) {
	d := &domains.Domain{Name: "example.com"}
	for name, file := range map[string]string{"a spreadsheet": "PK\x03\x04\x14\x00", "a short one": "PK\x03\x04", "UTF-16": "\xff\xfej\x00o\x00h\x00n\x00"} {
		if _, err := readCSV(strings.NewReader(file), d, func(int, bool) {}); err == nil || err.Error() != "this is no CSV file; save it as CSV; nothing was imported" || KindOf(err) != Unusable {
			t.Errorf("%s: %v", name, err)
		}
	}
	if got, err := readCSV(&trickle{"PK\njohn\n"}, d, func(int, bool) {}); err != nil || len(got) != 2 {
		t.Errorf("%q %v", got, err)
	}
}
