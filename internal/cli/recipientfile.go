package cli

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"callout/internal/domains"
)

// Bounds of a file of local recipients: octets, as many as the server takes of CSV, and lines that are named as wrong.
const (
	maxRecipientsFile = 64 << 20
	mostWrongLines    = 10
)

// readFile reads a file within the bound, and what errors call it; - stands for standard input.
func (a *app) readFile(file string) (data []byte, name string, err error) {
	in, name := a.in, "standard input"
	if file != "-" {
		f, err := os.Open(file)
		if err != nil {
			return nil, "", fmt.Errorf("%s: %w", file, plainPathError(err))
		}
		defer f.Close()
		in, name = f, file
	}
	data, err = io.ReadAll(io.LimitReader(in, maxRecipientsFile+1))
	switch {
	case err != nil:
		return nil, "", fmt.Errorf("%s: %w", name, plainPathError(err))
	case len(data) > maxRecipientsFile:
		return nil, "", fmt.Errorf("%s: it is larger than %d MiB; name a smaller one", name, maxRecipientsFile>>20)
	}
	return data, name, nil
}

// isCSV reports whether a file is CSV: it is called so, or begins with the heading of an export. In the other form no line
// has a comma outside quotes.
func isCSV(name string, data []byte) bool {
	if strings.EqualFold(filepath.Ext(name), ".csv") {
		return true
	}
	for _, line := range domains.EntryLines(data) {
		row := columns(line)
		return len(row) > 1 && strings.EqualFold(strings.TrimSpace(row[0]), "recipient")
	}
	return false
}

// columns returns a line as a row of CSV, nil where it is none.
func columns(line string) []string {
	row, _ := csv.NewReader(strings.NewReader(line)).Read()
	return row
}

// readRecipients reads local recipients in the form that recipients = ["file:FILE"] names: one on each line, with comments.
// names are those of the domain. The error has a line for each line of the file that can't be used, ten at most.
func readRecipients(data []byte, name string, names []string) ([]string, error) {
	var entries []string
	var wrong []error
	several := false
	for number, text := range domains.EntryLines(data) {
		entry, err := domains.ParseEntry(text, names...)
		if err == nil {
			entries = append(entries, entry)
			continue
		}
		several = several || len(columns(text)) > 1
		wrong = append(wrong, fmt.Errorf("%s:%d: %w", name, number, err))
		if len(wrong) == mostWrongLines {
			wrong = append(wrong, fmt.Errorf("%s: and perhaps more", name))
			break
		}
	}
	if several {
		wrong = append(wrong, fmt.Errorf("%s: where it is CSV, say so with --csv", name))
	}
	return entries, errors.Join(wrong...)
}

// writeRecipients writes a file that readRecipients reads.
func writeRecipients(w io.Writer, entries []string) error {
	var b bytes.Buffer
	for _, entry := range entries {
		if strings.HasPrefix(entry, "#") || strings.HasPrefix(entry, "\ufeff") || strings.TrimSpace(entry) != entry {
			entry = `"` + entry + `"` // no comment, no byte order mark, and no blanks (of Unicode) that count for nothing
		}
		b.WriteString(entry + "\n")
	}
	_, err := w.Write(b.Bytes())
	return err
}
