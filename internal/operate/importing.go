package operate

import (
	"context"
	"fmt"
	"io"
	"strings"

	"callout/internal/access"
)

// maxImport bounds the entries of one import.
const maxImport = 1_000_000

// Progress is told how far an import has come: entries read, or with stored set that they are being written.
type Progress func(read int, storing bool)

// Bounds on imports under way, in all and of one user, whichever way they come.
const (
	maxImports     = 8
	maxImportsEach = 2
)

// AdmitImport lets somebody take in a large body; leave is to be called once it has been read. Of what is more than 8 at a time in
// all, or 2 of one user, the error is of the kind Busy. ImportRecipients does this itself.
func (k *Desk) AdmitImport(who *access.Actor) (leave func(), err error) {
	return k.imports.Admit(who.Name)
}

// ImportRecipients reads local recipients from CSV and adds them to a domain, or with replace puts them in place of those
// that were added at run time: all of them, or none. The first column counts, and a first row that says "recipient",
// "address" or "email" is a heading, of which the answer tells; there are no comments. A *RowsError names rows that can't be
// used. A file without any takes no place.
func (k *Desk) ImportRecipients(ctx context.Context, who *access.Actor, domain string, r io.Reader, replace bool, tell Progress) (RecipientsChanged, error) {
	d, err := k.writable(ctx, who, importRecipients, domain)
	if err != nil {
		return RecipientsChanged{}, err
	}
	leave, err := k.AdmitImport(who)
	if err != nil {
		return RecipientsChanged{}, err
	}
	defer leave()
	entries, heading, err := readCSV(r, d, tell)
	if err != nil {
		return RecipientsChanged{}, err
	}
	if who, err = k.Still(who); err != nil { // the file may have taken long to come
		return RecipientsChanged{}, err
	}
	if d, err = k.writable(ctx, who, importRecipients, domain); err != nil {
		return RecipientsChanged{}, err
	}
	if replace && len(entries) == 0 {
		return RecipientsChanged{}, errEmptyList
	}
	tell(len(entries), true)
	done := RecipientsChanged{Domain: mainName(d), Heading: heading}
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

// AddRecipientLines adds the local recipients of a text, one on each line, to a domain: all of them, or none. Blank lines count
// for nothing. A *RowsError names lines that can't be used.
func (k *Desk) AddRecipientLines(ctx context.Context, who *access.Actor, domain, text string) (RecipientsChanged, error) {
	d, err := k.writable(ctx, who, changeRecipients, domain)
	if err != nil {
		return RecipientsChanged{}, err
	}
	var entries []string
	names, wrong := d.Names(), &RowsError{undone: "nothing was added"}
	number := 0
	for line := range strings.Lines(text) {
		number++
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		entry, err := readEntry(line, names)
		if err != nil {
			wrong.add(number, 0, err.Error())
		}
		if wrong.More {
			break
		}
		entries = append(entries, entry)
	}
	if wrong.Rows != nil {
		return RecipientsChanged{}, wrong
	}
	return k.ChangeRecipients(ctx, who, domain, entries, nil)
}

// errEmptyList refuses to take a whole list away by a file that has nothing to put in its place: more often it is the wrong one.
var errEmptyList = &Error{Kind: Unusable, Detail: "the file has no recipients; nothing was changed"}

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
