package operate

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"

	"callout/internal/access"
	"callout/internal/domains"
)

// maxImport bounds the entries of one import.
const maxImport = 1_000_000

// Progress is told how far an import has come: entries read, or with stored set that they are being written.
type Progress func(read int, storing bool)

// ImportRecipients reads local recipients from CSV and adds them to a domain, or with replace puts them in place of those
// that were added at run time: all of them, or none. The first column counts, and a first row that says "recipient",
// "address" or "email" is a heading. An error names line and column.
func (k *Desk) ImportRecipients(ctx context.Context, who *access.Actor, domain string, r io.Reader, replace bool, tell Progress) (RecipientsChanged, error) {
	d, err := k.writable(ctx, who, importRecipients, domain)
	if err != nil {
		return RecipientsChanged{}, err
	}
	entries, err := readCSV(r, d, tell)
	if err != nil {
		return RecipientsChanged{}, err
	}
	tell(len(entries), true)
	done := RecipientsChanged{Domain: mainName(d)}
	if replace {
		_, before, _ := k.domains.LocalRecipients(d.Name)
		n, err := k.domains.SetRecipients(ctx, d.Name, entries)
		if err != nil {
			return done, err
		}
		done.Added, done.Removed = difference(before, entries, n)
	} else if done.Added, done.Removed, err = k.domains.ChangeRecipients(ctx, d.Name, entries, nil); err != nil {
		return done, err
	}
	k.done(ctx, who, importRecipients, mainName(d), fmt.Sprintf("%d read, %d added, %d removed", len(entries), done.Added, done.Removed))
	return done, nil
}

// difference counts what n entries brought and took in place of those before.
func difference(before, entries []string, n int) (added, removed int) {
	kept := make(map[string]bool, len(before))
	for _, e := range before {
		kept[e] = false
	}
	stay := 0
	for _, e := range entries {
		if seen, there := kept[e]; there && !seen {
			kept[e] = true
			stay++
		}
	}
	return n - stay, len(before) - stay
}

// readCSV reads the entries of a file.
func readCSV(r io.Reader, d *domains.Domain, tell Progress) ([]string, error) {
	in := csv.NewReader(&withoutMark{r: r})
	in.FieldsPerRecord, in.ReuseRecord, in.TrimLeadingSpace, in.Comment = -1, true, true, '#'
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
		if len(entries) == maxImport {
			return nil, failure(TooLarge, "line %d: more than %d recipients; import them in parts", line, maxImport)
		}
		entry, err := domains.ParseEntry(text, names...)
		if err != nil {
			return nil, failure(Unusable, "line %d, column %d: %v; nothing was imported", line, column, err)
		}
		if entries = append(entries, entry); len(entries)%1000 == 0 {
			tell(len(entries), false)
		}
	}
}

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

// ExportRecipients writes the local recipients of a domain as CSV: a heading, and an address and where it is from in each
// row. A pattern is written like any other entry.
func (k *Desk) ExportRecipients(ctx context.Context, who *access.Actor, domain string, w io.Writer) error {
	d, err := k.domain(ctx, who, see, domain)
	if err != nil {
		return err
	}
	file, stored, ok := k.domains.LocalRecipients(d.Name)
	if !ok {
		return notServed(d.Name)
	}
	out := csv.NewWriter(w)
	_ = out.Write([]string{"recipient", "origin"}) // an error stays, and Flush meets it again
	for _, part := range []struct {
		origin  string
		entries []string
	}{{"file", file}, {"store", stored}} {
		for _, e := range part.entries {
			_ = out.Write([]string{e + "@" + mainName(d), part.origin})
		}
	}
	out.Flush()
	return out.Error()
}
