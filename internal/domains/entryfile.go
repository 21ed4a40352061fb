package domains

import (
	"bytes"
	"iter"
	"strings"
)

// EntryLines yields what ParseEntry takes of a file of local recipients, with the number of its line from 1: one on
// each line, without blank lines and comments.
func EntryLines(data []byte) iter.Seq2[int, string] {
	data, _ = bytes.CutPrefix(data, []byte("\ufeff")) // Windows editors begin a file so
	return func(yield func(int, string) bool) {
		number := 0
		for line := range bytes.Lines(data) {
			number++
			if text := uncomment(string(bytes.TrimSpace(line))); text != "" && !yield(number, text) {
				return
			}
		}
	}
}

// uncomment returns a line without its comment, which begins at a # that is first or has a blank before it, and not
// in the quotes of a local-part.
func uncomment(line string) string {
	if strings.HasPrefix(line, "#") {
		return ""
	}
	quoted := false
	for i := 0; i < len(line); i++ {
		switch c := line[i]; {
		case c == '\\' && quoted:
			i++
		case c == '"':
			quoted = !quoted
		case c == '#' && !quoted && (line[i-1] == ' ' || line[i-1] == '\t'):
			return strings.TrimSpace(line[:i])
		}
	}
	return line
}
