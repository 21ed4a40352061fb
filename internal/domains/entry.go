package domains

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"callout/internal/address"
)

// ParseEntry reads one local recipient: an address at one of names, which are lower-case A-labels, a local-part
// alone, or either with * in its local-part, which stands for any octets: that is a pattern, so a local-part with
// a literal * can't be listed by itself. Where RFC 5321 section 4.1.2 wants a local-part quoted, so does ParseEntry.
//
// It returns the local-part in its wire form with its ASCII letters in lower case; entries for the same local-parts
// are equal. The error quotes the text and says what to write.
func ParseEntry(text string, names ...string) (entry string, err error) {
	rcpt, err := address.Parse(text)
	switch {
	case errors.Is(err, address.ErrNoDomain):
		rcpt, err = address.Parse(text + "@" + anyDomain)
	case err == nil && !slices.Contains(names, rcpt.Domain()):
		return "", notAt(text, names)
	}
	if err != nil {
		why := "what stands after the @ is not a domain name"
		if syntax, ok := errors.AsType[*address.SyntaxError](err); ok {
			why = syntax.Reason
		}
		return "", notEntry(text, why)
	}
	entry = rcpt.Local()
	if entry[0] == '"' {
		if text[0] != '"' {
			return "", notEntry(text, fmt.Sprintf("a local-part with %q must be in quotes", needsQuotes(entry)))
		}
		entry = wireForm(string(appendContent(nil, entry))) // odd dots need no quotes, as in the policy protocol
	}
	for strings.Contains(entry, "**") {
		entry = strings.ReplaceAll(entry, "**", "*")
	}
	return strings.Clone(address.Fold(entry)), nil // a clone: not the whole line is to be kept
}

// anyDomain makes an address of a local-part, for the address package to look at.
const anyDomain = "example.com"

// notEntry words the error for a text that is no local recipient.
func notEntry(text, why string) error {
	return fmt.Errorf("%.100q is not a local recipient: %s; write for example john, sales-* or john@example.com", text, why)
}

// notAt words the error for an address of another domain.
func notAt(text string, names []string) error {
	const most = 3
	shown := strings.Join(names[:min(len(names), most)], ", ")
	if len(names) > most {
		shown += fmt.Sprintf(" and %d more", len(names)-most)
	}
	if shown == "" {
		return notEntry(text, "an address has no place here")
	}
	return fmt.Errorf("%.100q is not at this domain; its names are %s: write an address there, or the local-part alone", text, shown)
}

// appendContent appends what a local-part in its wire form stands for: without quotes and escapes, and with its
// ASCII letters in lower case.
func appendContent(b []byte, local string) []byte {
	if len(local) < 2 || local[0] != '"' {
		return address.AppendFold(b, local)
	}
	inner := local[1 : len(local)-1]
	for i := 0; i < len(inner); i++ {
		c := inner[i]
		if c == '\\' && i+1 < len(inner) {
			i++
			c = inner[i]
		}
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		b = append(b, c)
	}
	return b
}

// needsQuotes returns the first character for which a quoted local-part has its quotes.
func needsQuotes(entry string) string {
	for _, c := range string(appendContent(nil, entry)) {
		if one, err := address.Unquoted("a" + string(c) + "@" + anyDomain); err == nil && one.Local()[0] == '"' {
			return string(c)
		}
	}
	return entry
}

// wireForm is the entry of a content.
func wireForm(content string) string {
	rcpt, err := address.Unquoted(content + "@" + anyDomain)
	if err != nil {
		return content // it came from no ParseEntry; shown as it is
	}
	if rcpt.Local() == content {
		return content // the octets that are kept already
	}
	return rcpt.Local()
}
