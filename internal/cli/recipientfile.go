package cli

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"

	"callout/internal/domains"
)

// Bounds of a file of local recipients: octets, and lines that are named as wrong.
const (
	maxRecipientsFile = 64 << 20
	mostWrongLines    = 10
)

// readRecipients reads a file of local recipients, in the form that recipients = ["file:FILE"] names: one on each line,
// with comments. names are those of the domain. The error has a line for each line of the file that can't be used, ten
// at most.
func readRecipients(r io.Reader, name string, names []string) ([]string, error) {
	data, err := io.ReadAll(io.LimitReader(r, maxRecipientsFile+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("%s: %w", name, plainPathError(err))
	case len(data) > maxRecipientsFile:
		return nil, fmt.Errorf("%s: it is larger than %d MiB; name a smaller one", name, maxRecipientsFile>>20)
	}
	var entries []string
	var wrong []error
	for number, text := range domains.EntryLines(data) {
		entry, err := domains.ParseEntry(text, names...)
		if err == nil {
			entries = append(entries, entry)
			continue
		}
		wrong = append(wrong, fmt.Errorf("%s:%d: %w", name, number, err))
		if len(wrong) == mostWrongLines {
			wrong = append(wrong, fmt.Errorf("%s: and perhaps more", name))
			break
		}
	}
	return entries, errors.Join(wrong...)
}

// writeRecipients writes a file that readRecipients reads.
func writeRecipients(w io.Writer, entries []string) error {
	var b bytes.Buffer
	for _, entry := range entries {
		if strings.HasPrefix(entry, "#") {
			entry = `"` + entry + `"` // no comment
		}
		b.WriteString(entry + "\n")
	}
	_, err := w.Write(b.Bytes())
	return err
}
