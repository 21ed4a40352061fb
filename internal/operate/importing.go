package operate

import (
	"context"
	"fmt"
	"io"

	"callout/internal/access"
)

// maxImport bounds the entries of one import.
const maxImport = 1_000_000

// Progress is told how far an import has come: entries read, or with stored set that they are being written.
type Progress func(read int, storing bool)

// ImportRecipients reads local recipients from CSV and adds them to a domain, or with replace puts them in place of those
// that were added at run time: all of them, or none. The first column counts, and a first row that says "recipient",
// "address" or "email" is a heading; there are no comments. An error names line and column. A file without any takes no place.
func (k *Desk) ImportRecipients(ctx context.Context, who *access.Actor, domain string, r io.Reader, replace bool, tell Progress) (RecipientsChanged, error) {
	d, err := k.writable(ctx, who, importRecipients, domain)
	if err != nil {
		return RecipientsChanged{}, err
	}
	entries, err := readCSV(r, d, tell)
	if err != nil {
		return RecipientsChanged{}, err
	}
	if replace && len(entries) == 0 {
		return RecipientsChanged{}, errEmptyList
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

// ExportRecipients writes the local recipients of a domain as CSV: a heading, and an address and where it is from in each
// row. A pattern is written like any other entry. ImportRecipients takes back exactly what was written.
func (k *Desk) ExportRecipients(ctx context.Context, who *access.Actor, domain string, w io.Writer) error {
	d, err := k.domain(ctx, who, see, domain)
	if err != nil {
		return err
	}
	file, stored, ok := k.domains.LocalRecipients(d.Name)
	if !ok {
		return notServed(d.Name)
	}
	return writeCSV(w, mainName(d), file, stored)
}
