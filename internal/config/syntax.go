package config

import (
	"bytes"
	"strings"
)

// syntaxMends words what the parser says of broken syntax; the first that its message contains counts.
var syntaxMends = []struct {
	message string
	mend    string
	word    bool // it may also be a word without quotes that broke it
}{
	{"expected newline", "only a comment may follow here; put the next key on a line of its own", true},
	{"expected '=' after key", "there is no = after the key; write key = value", false},
	{"to close", "the table's name is not closed; write [name], or [[domain]]", false},
	{"start of key", "a key or a [table] must begin here", false},
	{"expected key but", "a key is missing; write key = value", false},
	{"array is incomplete", "the list is not closed; write ] at its end", false},
	{"',' or ']'", "write a comma between the values of a list, and ] at its end", true},
	{"inline table is incomplete", "the table is not closed; write } at its end", false},
	{"',' or '}'", "write a comma between the keys of a { } table, and } at its end", true},
	{"comma in inline table", "a key is missing before this comma; remove the comma", false},
	{"expected value", "a value is missing; write for example \"text\", 5, true or [\"a\", \"b\"]", true},
	{"start of value", "a value is missing; write for example \"text\", 5, true or [\"a\", \"b\"]", true},
	{"unterminated", "the text is not closed; write a quotation mark at its end", false},
	{"not terminated", "the text is not closed; write three quotation marks at its end", false},
	{"cannot have new lines", "the text is not closed; write a quotation mark at its end", false},
	{"too many quotes", "there are too many quotation marks; write three at the end of the text", false},
	{"escape", "a backslash begins an escape; write \\\\ for a backslash", false},
	{"character after", "a backslash begins an escape; write \\\\ for a backslash", false},
	{"UTF-8", "this is not UTF-8; save the file as UTF-8", false},
	{"carriage return", "a carriage return stands alone here; end lines with a line feed", false},
	{"control character", "a control character stands here; remove it", false},
	{"leading zeroes", "a number has no zeros in front; remove them", false},
	{"nested", "lists and tables stand too deep in each other; write plain ones", false},
	{"", "this is no number; write digits alone, or text in quotes", true},
}

// syntaxMend says in one sentence what is wrong at an offset of the document and what to write instead.
func syntaxMend(data []byte, off int, message string) string {
	for _, s := range syntaxMends {
		if !strings.Contains(message, s.message) {
			continue
		}
		if s.word {
			if mend := wordMend(wordAt(data, off)); mend != "" {
				return mend
			}
		}
		return s.mend
	}
	return message
}

// wordMend says what to write for a value without quotes; "" where there is none.
func wordMend(word string) string {
	switch strings.ToLower(word) {
	case "":
		return ""
	case "true", "yes", "on":
		return word + " is no value; write true"
	case "false", "no", "off":
		return word + " is no value; write false, or \"off\" where text is wanted"
	}
	return "text must be in quotes; write " + show(word)
}

// wordAt returns the word around an offset where it stands as a value without quotes, else "".
func wordAt(data []byte, off int) string {
	start, end := off, off
	for start > 0 && isWordChar(data[start-1]) {
		start--
	}
	for end < len(data) && isWordChar(data[end]) {
		end++
	}
	before := bytes.TrimRight(data[:start], " \t\r\n")
	if start == end || len(before) == 0 || bytes.IndexByte([]byte("=[,"), before[len(before)-1]) < 0 {
		return ""
	}
	return string(data[start:end])
}

// isWordChar reports whether c may be part of a value that someone wrote without quotes.
func isWordChar(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c >= 0x80 ||
		strings.IndexByte("._-+:/@*?&", c) >= 0
}
