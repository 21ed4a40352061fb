package cli

import (
	"bytes"
	"slices"
	"testing"
	"unicode"

	"pgregory.net/rapid"

	"callout/internal/address"
	"callout/internal/domains"
)

func TestCSVIsKnownByItsNameOrTheHeadingOfAnExport(t *testing.T) {
	for _, one := range []struct {
		name, text string
		want       bool
	}{
		{"people.csv", "# People\njohn\n", true}, {"PEOPLE.CSV", "", true}, {"people.txt", "john\n", false}, {"-", "", false},
		{"-", "recipient,origin\njohn@example.com,store\n", true}, {"-", "\ufeffRecipient,x\r\n", true}, {"-", "\"recipient\",\"origin\"\n", true},
		{"-", "recipient\njohn\n", false},               // that may be a local-part
		{"-", "# ours, all\nrecipient\n", false},        // a comment
		{"-", "\"recipient,x\"@example.com\n", false},   // an address
		{"-", "john,jane\n", false},                     // two on a line are an error, not one and a column
		{"-", "recipient # the one, who gets\n", false}, // a comment again
	} {
		if got := isCSV(one.name, []byte(one.text)); got != one.want {
			t.Errorf("%s with %q is CSV: %v", one.name, one.text, got)
		}
	}
}

// Whatever local-parts there are, a file that export writes is read as what it is.
func TestAnExportIsTakenBack(t *testing.T) {
	odd := []rune("recipient,,,\"\"\"'\\##=+-@  |%<>();ä\u00a0\u2003\ufeff")
	rapid.Check(t, func(t *rapid.T) {
		one := rapid.OneOf(rapid.SampledFrom(odd), rapid.Rune().Filter(func(r rune) bool { return !unicode.IsControl(r) }))
		var entries []string
		for range rapid.IntRange(1, 4).Draw(t, "entries") {
			content := rapid.OneOf(rapid.Just("recipient,x"), rapid.Just("recipient"), rapid.Just("#x"), rapid.StringOfN(one, 1, 12, 100)).Draw(t, "content")
			rcpt, err := address.Unquoted(content + "@example.com")
			if err != nil {
				t.Skip(err)
			}
			entry, err := domains.ParseEntry(rcpt.String(), "example.com")
			if err != nil {
				t.Skip(err)
			}
			entries = append(entries, entry)
		}
		var b bytes.Buffer
		if err := writeRecipients(&b, entries); err != nil {
			t.Fatal(err)
		}
		if isCSV("-", b.Bytes()) {
			t.Fatalf("%q is taken for CSV", b.String())
		}
		back, err := readRecipients(b.Bytes(), "-", []string{"example.com"})
		if err != nil || !slices.Equal(back, entries) {
			t.Fatalf("%q came back as %q, %v", entries, back, err)
		}
	})
}
