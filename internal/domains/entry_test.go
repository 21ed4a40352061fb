package domains_test

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"callout/internal/domains"
)

var names = []string{"example.com", "example.org", "xn--bcher-kva.example"}

func TestParseEntry(t *testing.T) {
	for in, want := range map[string]string{
		"john":                    "john",
		"John.Smith":              "john.smith",
		"john@Example.COM.":       "john",
		"john@example.org":        "john",
		"john@Bücher.example":     "john",
		"jürgen":                  "jürgen",
		"john+tag":                "john+tag",
		"john..smith":             "john..smith",
		`"john..smith"`:           "john..smith",
		`"john"`:                  "john",
		`"John Smith"`:            `"john smith"`,
		`"a@b"@example.com`:       `"a@b"`,
		`"a\"\\b"`:                `"a\"\\b"`,
		"sales-*":                 "sales-*",
		"Sales-*@example.com":     "sales-*",
		"*.dept@example.com":      "*.dept",
		"a***b":                   "a*b",
		"*":                       "*",
		`"sales *"@example.com`:   `"sales *"`,
		`"sales-*"`:               "sales-*",
		"#john":                   "#john",
		"example.com":             "example.com",
		strings.Repeat("a", 255):  strings.Repeat("a", 255),
		`"\*\ \*"@example.com`:    `"* *"`,
		"o'brien@EXAMPLE.org":     "o'brien",
		"a/b=c?d^e_f`g{h|i}j~k!l": "a/b=c?d^e_f`g{h|i}j~k!l",
	} {
		got, err := domains.ParseEntry(in, names...)
		if err != nil || got != want {
			t.Errorf("ParseEntry(%q) = %q, %v; want %q", in, got, err, want)
		}
		if again, err := domains.ParseEntry(got); err != nil || again != got {
			t.Errorf("ParseEntry(%q) = %q, %v; want the same", got, again, err)
		}
	}
}

func TestParseEntryRefuses(t *testing.T) {
	const mend = "; write for example john, sales-* or john@example.com"
	for _, c := range []struct{ in, want string }{
		{"", `"" is not a local recipient: it is empty` + mend},
		{"@example.com", `"@example.com" is not a local recipient: nothing stands before the @` + mend},
		{"john@", `"john@" is not a local recipient: nothing stands after the @` + mend},
		{"john@exa mple.com", `"john@exa mple.com" is not a local recipient: what stands after the @ is not a domain name` + mend},
		{"john@[192.0.2.1]", `"john@[192.0.2.1]" is not a local recipient: what stands after the @ is not a domain name` + mend},
		{"jo hn", `"jo hn" is not a local recipient: a local-part with " " must be in quotes` + mend},
		{"a@b@example.com", `"a@b@example.com" is not a local recipient: a local-part with "@" must be in quotes` + mend},
		{"<john@example.com>", `"<john@example.com>" is not a local recipient: what stands after the @ is not a domain name` + mend},
		{"file:/etc/x", `"file:/etc/x" is not a local recipient: a local-part with ":" must be in quotes` + mend},
		{`"john`, `"\"john" is not a local recipient: the quotes are not closed` + mend},
		{`"john"x`, `"\"john\"x" is not a local recipient: something stands between the quotes and the @` + mend},
		{"a\x00b", `"a\x00b" is not a local recipient: the local-part has a control character` + mend},
		{"a\xffb", `"a\xffb" is not a local recipient: the local-part is not UTF-8` + mend},
		{strings.Repeat("a", 256), `"` + strings.Repeat("a", 100) + `" is not a local recipient: the local-part is longer than 255 octets` + mend},
		{"john@example.net", `"john@example.net" is not at this domain; its names are example.com, example.org, xn--bcher-kva.example: write an address there, or the local-part alone`},
		{"john@sub.example.com", `"john@sub.example.com" is not at this domain; its names are example.com, example.org, xn--bcher-kva.example: write an address there, or the local-part alone`},
	} {
		if got, err := domains.ParseEntry(c.in, names...); err == nil || err.Error() != c.want {
			t.Errorf("ParseEntry(%q) = %q\n got: %v\nwant: %s", c.in, got, err, c.want)
		}
	}
	if _, err := domains.ParseEntry("john@example.com"); err == nil || !strings.Contains(err.Error(), "an address has no place here") {
		t.Errorf("without names: %v", err)
	}
	_, err := domains.ParseEntry("john@example.net", "a.example", "b.example", "c.example", "d.example", "e.example")
	if err == nil || !strings.Contains(err.Error(), "its names are a.example, b.example, c.example and 2 more: ") {
		t.Errorf("many names: %v", err)
	}
}

// What ParseEntry returns it reads again, and a set of it has it.
func TestEntriesAreFixedPoints(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		content := rapid.StringMatching(`[a-zA-Z0-9.!#"\\ @<>äöü*]{1,40}`).Draw(t, "content")
		quoted := `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(content) + `"`
		entry, err := domains.ParseEntry(quoted)
		if err != nil {
			t.Fatalf("ParseEntry(%q): %v", quoted, err)
		}
		if again, err := domains.ParseEntry(entry); err != nil || again != entry {
			t.Fatalf("ParseEntry(%q) = %q, %v", entry, again, err)
		}
		r := recipients(entry)
		for _, local := range []string{quoted, strings.ToUpper(entry), entry} {
			if !strings.ContainsAny(local, "ÄÖÜ") && !r.Has(local) {
				t.Fatalf("%q is not in the set of %q", local, entry)
			}
		}
		if got := r.Entries(); len(got) != 1 || got[0] != entry {
			t.Fatalf("Entries: %q, want %q", got, entry)
		}
	})
}

func FuzzParseEntry(f *testing.F) {
	for _, s := range []string{"john", "a*b@example.com", `"a b"@example.org`, "@", "jo hn", "a@b@c", "**"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		entry, err := domains.ParseEntry(text, names...)
		if err != nil {
			if strings.ContainsAny(err.Error(), "\r\n\x00") {
				t.Fatalf("the error is not one clean line: %q", err)
			}
			return
		}
		if again, err := domains.ParseEntry(entry); err != nil || again != entry {
			t.Fatalf("%q is %q, which is %q, %v", text, entry, again, err)
		}
		if !recipients(entry).Has(entry) {
			t.Fatalf("%q is not in its own set", entry)
		}
	})
}

func BenchmarkParseEntry(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := domains.ParseEntry("John.Smith@example.com", names...); err != nil {
			b.Fatal(err)
		}
	}
}
