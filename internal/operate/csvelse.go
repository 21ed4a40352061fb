package operate

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// firstColumn says how a file is to be that has its recipients elsewhere.
const firstColumn = "put addresses in the first column, separated by commas; a heading may be recipient, address or email"

// errEmptyList refuses to take a whole list away by a file that has nothing to put in its place: more often it is the wrong one.
var errEmptyList = &Error{Kind: Unusable, Detail: "the file has no recipients; nothing was changed"}

// textOnly refuses what is no text: the files of spreadsheets themselves (ZIP archives begin so), and UTF-16.
func textOnly(r io.Reader) (io.Reader, error) {
	in := bufio.NewReader(r)
	head, _ := in.Peek(512) // an error comes again from Read
	if bytes.HasPrefix(head, []byte("PK\x03\x04")) || bytes.IndexByte(head, 0) >= 0 {
		return nil, failure(Unusable, "this is no CSV file; save it as CSV; nothing was imported")
	}
	return in, nil
}

// elsewhere reports whether a first row is a heading which says that recipients stand in another column than the first.
func elsewhere(record []string) bool {
	return slices.ContainsFunc(record[1:], func(s string) bool { return isHeading(strings.TrimSpace(s)) })
}

// wrongColumn adds to what is wrong with the first field of a row how the file is to be, where that may be it.
func wrongColumn(err error, record []string) error {
	other := strings.ContainsAny(record[0], ";\t") || slices.ContainsFunc(record[1:], func(s string) bool { return strings.Contains(s, "@") })
	if !other {
		return err
	}
	return fmt.Errorf("%w; %s", err, firstColumn)
}

// errElsewhere is what is wrong with a first row whose heading says that recipients stand elsewhere.
var errElsewhere = errors.New("the heading says that recipients are in another column; " + firstColumn)
