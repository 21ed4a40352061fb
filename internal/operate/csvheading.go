package operate

import (
	"errors"
	"fmt"
	"slices"
	"strings"
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

func label(field string) string { return strings.ToLower(strings.TrimSpace(field)) }

// firstColumn says how a file is to be that has its recipients elsewhere.
const firstColumn = "put addresses in the first column, with commas or semicolons between columns; a heading may be recipient, address or email"

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
