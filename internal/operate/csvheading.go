package operate

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"callout/internal/address"
)

// headings are the words above a column of recipients. All but the last are seldom anybody's local-part.
var headings = []string{"recipient", "recipients", "address", "email", "e-mail", "mailbox", "email address", "e-mail address", commonName}

// commonName is a heading that is a common local-part as well.
const commonName = "mail"

// beside are words above other columns, of spreadsheets and of directories.
var beside = []string{
	"name", "first name", "last name", "full name", "display name", "firstname", "lastname", "displayname", "user", "username", "login",
	"origin", "comment", "comments", "note", "notes", "description", "department", "id", "uid", "cn", "sn", "dn", "givenname",
}

// Headings returns the words that a first row may have for a heading, in lower case.
func Headings() []string { return slices.Clone(headings) }

// HeadingText says that a first row was taken for a heading, of which all must hear: it might have been a recipient.
func HeadingText(word string) string { return fmt.Sprintf("row 1 (%q) was taken as a heading", word) }

// isHeading reports whether a first row is a heading, and no recipient. The word that is a common local-part is one only where
// another heading stands beside it.
func isHeading(record []string) bool {
	word := label(record[0])
	if word == commonName {
		return slices.ContainsFunc(record[1:], func(s string) bool {
			return slices.Contains(headings, label(s)) || slices.Contains(beside, label(s))
		})
	}
	return slices.Contains(headings, word)
}

// elsewhere reports whether a first row is a heading which says that recipients stand in another column than the first.
func elsewhere(record []string) bool {
	return slices.ContainsFunc(record[1:], func(s string) bool { return slices.Contains(headings, label(s)) })
}

// stray returns which field of a row, from 1, has a recipient that would be lost, as in a list with several in a row: an address
// at one of names, where the columns of a heading do not say that they hold something else. It is 0 for none.
func stray(record, columns, names []string) int {
	for i := 1; i < len(record); i++ {
		if holdsAddress(record[i], names) && !(i < len(columns) && besideRecipients(columns[i])) {
			return i
		}
	}
	return 0
}

// besideRecipients reports whether a heading names a column, and not as one of recipients, such as the second of "email,email 2".
func besideRecipients(column string) bool {
	word := strings.TrimRight(label(column), " _-#0123456789")
	return word != "" && !slices.Contains(headings, word)
}

// holdsAddress reports whether a field has an address at one of names, alone or among other text.
func holdsAddress(field string, names []string) bool {
	for i, c := range field {
		if c != '@' || i == 0 || strings.IndexByte(" \t\n,;", field[i-1]) >= 0 {
			continue
		}
		text := field[i+1:]
		if end := strings.IndexFunc(text, outsideDomain); end >= 0 {
			text = text[:end]
		}
		domain, err := address.ParseDomain(strings.TrimRight(text, ".-_")) // that may end a sentence
		if err == nil && slices.Contains(names, domain) {
			return true
		}
	}
	return false
}

// outsideDomain reports whether no domain name has a character, be it in A-labels or U-labels.
func outsideDomain(c rune) bool {
	return !unicode.In(c, unicode.L, unicode.M, unicode.N) && !strings.ContainsRune(".-_。", c)
}

func label(field string) string { return strings.ToLower(strings.TrimSpace(field)) }

// firstColumn says how a file is to be that has its recipients elsewhere.
const firstColumn = "put one address in a row, in the first column, with commas or semicolons between columns; " +
	"a heading may be recipient, address or email, and names the others"

// errElsewhere is what is wrong with a first row whose heading says that recipients stand elsewhere.
var errElsewhere = errors.New("the heading says that recipients are in another column; " + firstColumn)

// wrongColumn adds to what is wrong with the first field of a row how the file is to be, where that may be it.
func wrongColumn(err error, record []string) error {
	other := strings.ContainsAny(record[0], ";\t") || slices.ContainsFunc(record[1:], func(s string) bool { return strings.Contains(s, "@") })
	if !other {
		return err
	}
	return fmt.Errorf("%w; %s", err, firstColumn)
}
