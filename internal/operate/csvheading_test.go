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

// Of a row with several recipients the first must not be taken alone: the others would be refused from then on.
func TestNoRecipientInAnotherColumnIsLost(t *testing.T) {
	d := &domains.Domain{Name: "example.com", Aliases: []string{"xn--mller-kva.example"}}
	for _, tt := range []struct{ file, where string }{
		{"a@example.com;b@example.com;c@example.com\n", "line 1, column 15: \"b@example.com\" is in another column"},
		{"a@example.com,b@example.com\n", "line 1, column 15: "},
		{"a@example.com, B@Example.COM\n", "line 1, column 16: "},
		{"a,x\nb@example.com,,b@müller.example\n", "line 2, column 16: "},
		{"a,Ann <ann@example.com>\n", "line 1, column 3: "},
		{"a,\"see b@other.test, c@example.com.\"\n", "line 1, column 3: "},
		{"a,\"\"\"b c\"\"@example.com\"\n", "line 1, column 3: "},
		{"a,x\n,b@example.com\n", "line 2, column 2: "},
		{"email\na@example.com,b@example.com\n", "line 2, column 15: "},
		{"email,,\na@example.com,b@example.com\n", "line 2, column 15: "},
		{"email,note\na,x@example.com\nb,,c@example.com\n", "line 3, column 4: "},
		{"email,email 2\na,b@example.com\n", "line 2, column 3: "},
		{"email;b@example.com\n", "line 1, column 7: "},
		{"Konto;Ziel\na;b@example.com\n", "line 2, column 3: "},
	} {
		_, _, err := readCSV(strings.NewReader(tt.file), d, func(int, bool) {})
		if err == nil || !strings.HasPrefix(err.Error(), tt.where) || !strings.Contains(err.Error(), firstColumn) || KindOf(err) != Unusable {
			t.Errorf("%q: %v; want %s", tt.file, err, tt.where)
		}
	}
	for _, file := range []string{
		"recipient,forward-to\na,b@example.com\n", "E-Mail;Name;Vertretung\na;Ann;b@example.com\n",
		"a,b@other.test\n", "a,b@sub.example.com\n", "a,b@example.com.test\n", "a,@example.com\n", "a,all @example.com\n", "a,room 5 @ example.com\n", "a,example.com\n",
	} {
		if got, _, err := readCSV(strings.NewReader(file), d, func(int, bool) {}); err != nil || strings.Join(got, " ") != "a" {
			t.Errorf("%q: %q %v", file, got, err)
		}
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
