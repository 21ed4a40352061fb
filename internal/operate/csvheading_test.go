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
		"semicolons, headed":       "Name;E-Mail\nJohn Smith;john@example.com\n",
		"semicolons further down":  "jane\njohn@example.com;John Smith\n",
		"tabs":                     "john@example.com\tJohn Smith\n",
		"a second row of the same": "jane\nJohn Smith,john@example.com\n",
	} {
		_, _, err := readCSV(strings.NewReader(file), d, func(int, bool) {})
		if err == nil || !strings.Contains(err.Error(), firstColumn) || !strings.Contains(err.Error(), "; nothing was imported") || !strings.HasPrefix(err.Error(), "line ") || KindOf(err) != Unusable {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, _, err := readCSV(strings.NewReader("a b\n"), d, func(int, bool) {}); err == nil || strings.Contains(err.Error(), firstColumn) {
		t.Errorf("one that is wrong by itself: %v", err)
	}
	if got, _, err := readCSV(strings.NewReader("email,address\njohn,Main Street;2\n"), d, func(int, bool) {}); err != nil || len(got) != 1 {
		t.Errorf("other columns count: %q %v", got, err)
	}
}

func TestWhatIsNoTextIsNoCSV(t *testing.T) {
	d := &domains.Domain{Name: "example.com"}
	for name, file := range map[string]string{"a spreadsheet": "PK\x03\x04\x14\x00", "a short one": "PK\x03\x04", "UTF-16": "\xff\xfej\x00o\x00h\x00n\x00"} {
		if _, _, err := readCSV(strings.NewReader(file), d, func(int, bool) {}); err == nil || err.Error() != "this is no CSV file; save it as CSV UTF-8; nothing was imported" || KindOf(err) != Unusable {
			t.Errorf("%s: %v", name, err)
		}
	}
	if got, _, err := readCSV(&trickle{"PK\njohn\n"}, d, func(int, bool) {}); err != nil || len(got) != 2 {
		t.Errorf("%q %v", got, err)
	}
}

func TestNoRecipientIsTakenForAHeading(t *testing.T) {
	d := &domains.Domain{Name: "example.com"}
	for _, tt := range []struct{ file, heading, want string }{
		{"email\njohn\n", "email", "john"},
		{"E-Mail;Name\njohn;John\n", "E-Mail", "john"},
		{"\n\nRecipients\njohn\n", "Recipients", "john"},
		{"Email Address,Name\njohn,John\n", "Email Address", "john"},
		{"mail\ninfo\n", "", "mail info"},
		{"mail,Mail Room\ninfo,Front Desk\n", "", "mail info"},
		{"mail,,\ninfo,,\n", "", "mail info"},
		{"mail,name\ninfo,Front Desk\n", "mail", "info"},
		{"mail,uid,cn\ninfo,7,Front Desk\n", "mail", "info"},
		{"email@example.com\n", "", "email"},
		{"\"\"\"email\"\"\"\n", "", "email"}, // so that it is one
		{"name\njohn\n", "", "name john"},
		{"john\nemail\n", "", "john email"},
	} {
		got, heading, err := readCSV(strings.NewReader(tt.file), d, func(int, bool) {})
		if err != nil || strings.Join(got, " ") != tt.want || heading != tt.heading {
			t.Errorf("%q: %q, heading %q, %v", tt.file, got, heading, err)
		}
	}
}
