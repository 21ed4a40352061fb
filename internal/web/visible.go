package web

import (
	"fmt"
	"html/template"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Visible returns what a stranger sent with everything written out that would hide, reorder or break a line of it:
// controls, bidirectional overrides, zero-width characters, octets that are not UTF-8. ⟨U+202E⟩ stands for the
// right-to-left override, ⟨FF⟩ for the octet 255.
func Visible(s string) string {
	if plain(s) {
		return s
	}
	var b strings.Builder
	each(s, func(piece string, odd bool) {
		if odd {
			piece = "⟨" + piece + "⟩"
		}
		b.WriteString(piece)
	})
	return b.String()
}

// visibleHTML is Visible for templates: what was written out stands apart by its looks too.
func visibleHTML(s string) template.HTML {
	if plain(s) {
		return template.HTML(template.HTMLEscapeString(s))
	}
	var b strings.Builder
	each(s, func(piece string, odd bool) {
		if odd {
			b.WriteString(`<span class="odd">⟨` + piece + `⟩</span>`)
			return
		}
		b.WriteString(template.HTMLEscapeString(piece))
	})
	return template.HTML(b.String())
}

// each hands out s in pieces: text as it is, and the names of odd characters.
func each(s string, take func(piece string, odd bool)) {
	from := 0
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		if name, odd := oddName(r, s[i:i+size]); odd && !groups(s, i) {
			if from < i {
				take(s[from:i], false)
			}
			take(name, true)
			from = i + size
		}
		i += size
	}
	if from < len(s) {
		take(s[from:], false)
	}
}

// groups says whether a thin space stands at i between two digits, where Number puts it: it is seen as a space there.
func groups(s string, i int) bool {
	after := i + len(thin)
	return strings.HasPrefix(s[i:], thin) && i > 0 && isDigit(s[i-1]) && after < len(s) && isDigit(s[after])
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

// plain says whether nothing in s is odd; most of what is shown is ASCII.
func plain(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] >= 0x7f {
			return !strings.ContainsFunc(s, oddRune) && utf8.ValidString(s)
		}
	}
	return true
}

func oddName(r rune, octets string) (string, bool) {
	switch {
	case r == utf8.RuneError && len(octets) == 1:
		return fmt.Sprintf("%02X", octets[0]), true
	case oddRune(r):
		return fmt.Sprintf("U+%04X", r), true
	}
	return "", false
}

// oddRune is true for what is not seen as itself: controls (Cc), formats (Cf: bidirectional marks and overrides, zero
// width, BOM, soft hyphen, tags), separators of lines, variation selectors and fillers, and every space but the common one.
func oddRune(r rune) bool {
	switch {
	case r >= ' ' && r < 0x7f:
		return false
	case unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp, unicode.Zs, unicode.Co, unicode.Cs):
		return true
	case unicode.Is(unicode.Variation_Selector, r), unicode.Is(unicode.Other_Default_Ignorable_Code_Point, r):
		return true
	}
	return false
}
