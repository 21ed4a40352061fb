package logline

import (
	"strconv"
	"unicode"
	"unicode/utf8"
)

// mark says what an octet in a value asks for.
type mark uint8

const (
	needsQuotes mark = 1 << iota // around the value
	needsEscape                  // where there are quotes
	needsRunes                   // it is not ASCII: what it asks for depends on the character
)

// marks has those of each octet as slog's TextHandler sees them: a backslash and DEL alone need no quotes.
var marks = func() (m [256]mark) {
	for c := range m {
		switch {
		case c < ' ', c == '"':
			m[c] = needsQuotes | needsEscape
		case c == ' ', c == '=':
			m[c] = needsQuotes
		case c == '\\', c == 0x7f:
			m[c] = needsEscape
		case c >= utf8.RuneSelf:
			m[c] = needsRunes
		}
	}
	return m
}()

// appendQuoted appends a value, in quotes where it would not be read back as one otherwise.
func appendQuoted[S string | []byte](b []byte, value S) []byte {
	all := mark(0)
	for i := range len(value) {
		all |= marks[value[i]]
	}
	switch {
	case all&needsRunes != 0:
		if !quotesForRunes(string(value)) {
			return append(b, value...)
		}
	case all&needsQuotes == 0 && len(value) > 0:
		return append(b, value...)
	case all&needsEscape == 0:
		b = append(b, '"')
		b = append(b, value...)
		return append(b, '"')
	}
	return strconv.AppendQuote(b, string(value))
}

// quotesForRunes reports whether a value that is not all ASCII needs quotes.
func quotesForRunes(value string) bool {
	for _, r := range value {
		if r < utf8.RuneSelf {
			if marks[r]&needsQuotes != 0 {
				return true
			}
		} else if r == utf8.RuneError || unicode.IsSpace(r) || !unicode.IsPrint(r) {
			return true
		}
	}
	return false
}
