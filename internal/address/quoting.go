package address

import "strings"

// isDotString reports whether a local-part can stand without quotes: atoms of atext with single dots between
// (RFC 5321 section 4.1.2; above ASCII by RFC 6531 section 3.3).
func isDotString(local string) bool {
	return isAtextAndDots(local) && local[0] != '.' && local[len(local)-1] != '.' && !strings.Contains(local, "..")
}

// isAtextAndDots reports whether a local-part has no character that needs quotes.
func isAtextAndDots(local string) bool {
	for i := range len(local) {
		if !isAtext(local[i]) && local[i] != '.' {
			return false
		}
	}
	return local != ""
}

// isAtext is atext of RFC 5322 section 3.2.3; octets above ASCII belong to UTF8-non-ascii of RFC 6531.
func isAtext(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c >= 0x80 ||
		strings.IndexByte("!#$%&'*+-/=?^_`{|}~", c) >= 0
}

// quote returns a quoted-string with the fewest escapes.
func quote(content string) string {
	var b strings.Builder
	b.Grow(len(content) + 2)
	b.WriteByte('"')
	for i := range len(content) {
		if c := content[i]; c == '"' || c == '\\' {
			b.WriteByte('\\')
		}
		b.WriteByte(content[i])
	}
	b.WriteByte('"')
	return b.String()
}

// cutQuoted takes the quoted-string at the start of s apart: its content without escapes, and what follows.
func cutQuoted(s string) (content, rest string, ok bool) {
	var b strings.Builder
	for i := 1; i < len(s); i++ {
		switch s[i] {
		case '"':
			return b.String(), s[i+1:], true
		case '\\':
			i++
			if i == len(s) {
				return "", "", false
			}
			b.WriteByte(s[i])
		default:
			b.WriteByte(s[i])
		}
	}
	return "", "", false
}
