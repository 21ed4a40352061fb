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

// readCSV reads the entries of a file. There are no comments in it: a # may begin a local-part.
func readCSV(r io.Reader, d *domains.Domain, tell Progress) ([]string, error) {
	r, err := textOnly(&withoutMark{r: r})
	if err != nil {
		return nil, err
	}
	in := csv.NewReader(r)
	in.FieldsPerRecord, in.ReuseRecord, in.TrimLeadingSpace = -1, true, true
	names := d.Names()
	var entries []string
	for first := true; ; first = false {
		record, err := in.Read()
		if errors.Is(err, io.EOF) {
			return entries, nil
		}
		if err != nil {
			return nil, csvError(err)
		}
		text := strings.TrimSpace(record[0])
		if text == "" || first && isHeading(text) {
			continue
		}
		line, column := in.FieldPos(0)
		if first && elsewhere(record) {
			return nil, failure(Unusable, "line %d: %v; nothing was imported", line, errElsewhere)
		}
		if len(entries) == maxImport {
			return nil, failure(TooLarge, "line %d: more than %d recipients; import them in parts", line, maxImport)
		}
		entry, err := domains.ParseEntry(text, names...)
		if err != nil {
			return nil, failure(Unusable, "line %d, column %d: %v; nothing was imported", line, column, wrongColumn(orQuoted(err, text, names), record))
		}
		if entries = append(entries, entry); len(entries)%1000 == 0 {
			tell(len(entries), false)
		}
	}
}

// orQuoted says how CSV has an address that lacks the quotes that its local-part must have, where text is one. It is not
// taken for one: more often a name stands before an address, or there are two.
func orQuoted(err error, text string, names []string) error {
	rcpt, wrong := address.Unquoted(text)
	if wrong != nil || strings.HasPrefix(text, `"`) || !slices.Contains(names, rcpt.Domain()) {
		return err
	}
	return fmt.Errorf("%.100q is no address: write one alone; where all before the @ is the local-part, it is %.200s in CSV", text, quoted(rcpt.String()))
}

// quoted writes a field of CSV in quotes.
func quoted(field string) string { return `"` + strings.ReplaceAll(field, `"`, `""`) + `"` }

func isHeading(text string) bool {
	switch strings.ToLower(text) {
	case "recipient", "recipients", "address", "email", "e-mail", "mail", "mailbox":
		return true
	}
	return false
}

// csvError words what is wrong with a file.
func csvError(err error) error {
	if wrong, ok := errors.AsType[*csv.ParseError](err); ok {
		what := "quotes that begin or end in the middle of a field; put all of it in quotes and double those inside"
		if !errors.Is(wrong.Err, csv.ErrBareQuote) && !errors.Is(wrong.Err, csv.ErrQuote) {
			what = wrong.Err.Error()
		}
		return failure(Unusable, "line %d, column %d: %s; nothing was imported", wrong.Line, wrong.Column, what)
	}
	return err // of whoever reads the request
}

// withoutMark leaves out the byte order mark that spreadsheets begin a file with.
type withoutMark struct {
	r     io.Reader
	begun bool
}

func (w *withoutMark) Read(p []byte) (int, error) {
	if w.begun || len(p) < 3 {
		return w.r.Read(p)
	}
	w.begun = true
	n, err := io.ReadAtLeast(w.r, p, 3)
	if errors.Is(err, io.ErrUnexpectedEOF) {
		err = io.EOF
	}
	if n >= 3 && string(p[:3]) == "\ufeff" {
		n = copy(p, p[3:n])
	}
	return n, err
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
