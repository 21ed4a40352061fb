package smtpwire

import "bytes"

// Verb is a command that RFC 5321 or an extension names. The zero value is any other word.
type Verb uint8

// The verbs. A server that knows one and does not offer it says 502; a word that is none of them gets 500
// (RFC 5321 section 4.2.4).
const (
	UnknownVerb Verb = iota
	EHLO
	HELO
	MAIL
	RCPT
	DATA
	BDAT // RFC 3030
	RSET
	NOOP
	QUIT
	VRFY
	EXPN
	HELP
	STARTTLS // RFC 3207
	AUTH     // RFC 4954
	ETRN     // RFC 1985
	ATRN     // RFC 2645
	TURN     // these four: RFC 5321 appendix F
	SEND
	SOML
	SAML
	LHLO    // RFC 2033
	BURL    // RFC 4468
	XCLIENT // Postfix's, and others' since
)

var verbNames = [...]string{"UNKNOWN", "EHLO", "HELO", "MAIL", "RCPT", "DATA", "BDAT", "RSET", "NOOP", "QUIT", "VRFY", "EXPN",
	"HELP", "STARTTLS", "AUTH", "ETRN", "ATRN", "TURN", "SEND", "SOML", "SAML", "LHLO", "BURL", "XCLIENT"}

// String returns the verb in capitals, "UNKNOWN" for a word that is none.
func (v Verb) String() string {
	if int(v) >= len(verbNames) {
		return verbNames[UnknownVerb]
	}
	return verbNames[v]
}

// SplitCommand takes a command line without its end apart: the verb, without regard to case, and the arguments,
// which are what follows the spaces behind the verb, white space at the end left out (RFC 5321 section 4.1.1).
// args points into line.
func SplitCommand(line []byte) (verb Verb, args []byte) {
	for len(line) > 0 && (line[len(line)-1] == ' ' || line[len(line)-1] == '\t') {
		line = line[:len(line)-1]
	}
	word := line
	if i := bytes.IndexByte(line, ' '); i >= 0 {
		word, args = line[:i], dropSpaces(line[i:])
	}
	return verbOf(word), args
}

// verbOf looks a word up.
func verbOf(word []byte) Verb {
	var capitals [8]byte
	if len(word) > len(capitals) {
		return UnknownVerb
	}
	for i, c := range word {
		capitals[i] = capital(c)
	}
	switch string(capitals[:len(word)]) {
	case "EHLO":
		return EHLO
	case "HELO":
		return HELO
	case "MAIL":
		return MAIL
	case "RCPT":
		return RCPT
	case "DATA":
		return DATA
	case "BDAT":
		return BDAT
	case "RSET":
		return RSET
	case "NOOP":
		return NOOP
	case "QUIT":
		return QUIT
	case "VRFY":
		return VRFY
	case "EXPN":
		return EXPN
	case "HELP":
		return HELP
	case "STARTTLS":
		return STARTTLS
	case "AUTH":
		return AUTH
	case "ETRN":
		return ETRN
	case "ATRN":
		return ATRN
	case "TURN":
		return TURN
	case "SEND":
		return SEND
	case "SOML":
		return SOML
	case "SAML":
		return SAML
	case "LHLO":
		return LHLO
	case "BURL":
		return BURL
	case "XCLIENT":
		return XCLIENT
	}
	return UnknownVerb
}

// capital returns an ASCII letter as a capital and any other octet as it is.
func capital(c byte) byte {
	if 'a' <= c && c <= 'z' {
		c -= 'a' - 'A'
	}
	return c
}

// isWord reports whether b is the word, which is in capitals, in any ASCII case. Unicode's foldings don't count:
// they would take K for the Kelvin sign.
func isWord(b []byte, word string) bool {
	if len(b) != len(word) {
		return false
	}
	for i, c := range b {
		if capital(c) != word[i] {
			return false
		}
	}
	return true
}

// dropSpaces returns b without the spaces that it begins with.
func dropSpaces(b []byte) []byte {
	for len(b) > 0 && b[0] == ' ' {
		b = b[1:]
	}
	return b
}
