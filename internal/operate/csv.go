package operate

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"callout/internal/address"
	"callout/internal/domains"
)

// readCSV reads the entries of a file, and its heading, "" for none. There are no comments in it: a # may begin a local-part.
func readCSV(r io.Reader, d *domains.Domain, tell Progress) (entries []string, heading string, err error) {
	file, err := textOnly(&withoutMark{r: r})
	if err != nil {
		return nil, "", err
	}
	row := &boundedRow{r: &lineEnds{r: file}}
	in := csv.NewReader(row)
	in.Comma = separator(file)
	in.FieldsPerRecord, in.ReuseRecord, in.TrimLeadingSpace = -1, true, true
	names, wrong := d.Names(), &RowsError{undone: notImported}
	var columns []string // the heading's
	for first := true; !wrong.More; first = false {
		record, err := in.Read()
		row.size = 0
		if errors.Is(err, io.EOF) {
			break
		}
		if errors.Is(err, errLongRow) {
			return nil, "", failure(Unusable, "%v; is it the right file? %s", err, notImported)
		}
		if err != nil {
			if err = wrong.addCSV(err); err != nil {
				return nil, "", err // of whoever reads the request
			}
			continue
		}
		line, column := in.FieldPos(0)
		text, other := strings.TrimSpace(record[0]), stray(record, columns, names)
		switch {
		case first && other == 0 && isHeading(record):
			heading, columns = text, slices.Clone(record)
			continue
		case first && elsewhere(record):
			return nil, "", failure(Unusable, "line %d: %v; %s", line, errElsewhere, notImported)
		case text == "" && other == 0:
			continue
		case len(entries) == maxImport:
			return nil, "", failure(TooLarge, "line %d: more than %d recipients; import them in parts", line, maxImport)
		}
		entry, err := readEntry(text, names)
		if other > 0 && (err == nil || text == "") {
			line, column = in.FieldPos(other)
			err = fmt.Errorf("%.100q is in another column than the first, and no heading says what for", record[other])
		}
		if err != nil {
			if wrong.Rows == nil { // said once
				err = wrongColumn(err, record)
			}
			wrong.add(line, column, err.Error())
			continue
		}
		if entries = append(entries, entry); len(entries)%1000 == 0 {
			tell(len(entries), false)
		}
	}
	if wrong.Rows != nil {
		return nil, "", wrong
	}
	return entries, heading, nil
}

const notImported = "nothing was imported"

// readEntry reads one recipient. More often than a local-part that lacks its quotes, what has a blank is a name before an
// address, or two of them.
func readEntry(text string, names []string) (string, error) {
	if !utf8.ValidString(text) {
		return "", fmt.Errorf("%.100q is not in UTF-8; save the file as CSV UTF-8", text)
	}
	entry, err := domains.ParseEntry(text, names...)
	if err == nil || strings.HasPrefix(text, `"`) {
		return entry, err
	}
	if rcpt, wrong := address.Unquoted(text); wrong == nil && slices.Contains(names, rcpt.Domain()) {
		return "", fmt.Errorf("%.100q is not one address; write the address alone, or put its local-part in quotes", text)
	}
	return "", err
}

// addCSV names a row whose quotes are wrong. What follows one is read on, but where a field in quotes does not end as it should:
// then it is not known where the next row begins. Other errors are returned.
func (e *RowsError) addCSV(err error) error {
	wrong, ok := errors.AsType[*csv.ParseError](err)
	if !ok {
		return err
	}
	what := "quotes that begin or end in the middle of a field; put all of it in quotes and double those inside"
	bare := errors.Is(wrong.Err, csv.ErrBareQuote)
	if !bare && !errors.Is(wrong.Err, csv.ErrQuote) {
		what = wrong.Err.Error()
	}
	if !bare {
		what += "; what follows was not read"
	}
	e.add(wrong.Line, wrong.Column, what)
	e.More = e.More || !bare
	return nil
}

// writeCSV writes the local recipients of a domain.
func writeCSV(w io.Writer, domain string, file, stored []string) error {
	out := csv.NewWriter(w)
	_ = out.Write([]string{"recipient", "origin"}) // an error stays, and Flush meets it again
	for _, part := range []struct {
		origin  string
		entries []string
	}{{"file", file}, {"store", stored}} {
		for _, e := range part.entries {
			_ = out.Write([]string{plain(e) + "@" + domain, part.origin})
		}
	}
	out.Flush()
	return out.Error()
}

// plain returns an entry so that no spreadsheet takes it for a formula: these begin with = + - or @, in some places with
// their wide forms, and blanks may stand before. In quotes it is the same local-part (RFC 5321 section 4.1.2), and text.
func plain(entry string) string {
	first, _ := utf8.DecodeRuneInString(entry)
	if strings.ContainsRune("=+-@", first) || first >= utf8.RuneSelf && !unicode.IsLetter(first) {
		return `"` + entry + `"` // it has none of its own, and so nothing to be escaped
	}
	return entry
}
