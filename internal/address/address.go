package address

import (
	"errors"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxLocal is the longest local-part in octets, quotes and backslashes not counted. RFC 5321 section
// 4.5.3.1.1 asks for 64 to be taken; longer ones exist and destinations judge them.
const maxLocal = 255

// Errors for paths that are well-formed and yet have no domain to ask. A caller that serves domains has no
// opinion on them.
var (
	ErrNoDomain = errors.New("address without a domain")            // postmaster, RFC 5321 section 4.5.1
	ErrLiteral  = errors.New("address literal instead of a domain") // user@[192.0.2.1], section 4.1.3
)

// SyntaxError says why an address can't be a recipient anywhere. A front end refuses such an address with
// enhanced status code 5.1.3 (RFC 3463: bad destination mailbox address syntax).
type SyntaxError struct {
	Address string // what was parsed
	Reason  string // what is wrong with it, a few words
}

// Error returns one line with the address quoted as Go quotes strings.
func (e *SyntaxError) Error() string {
	a := e.Address
	if len(a) > 100 {
		a = a[:100] + "…"
	}
	return "address " + strconv.Quote(a) + ": " + e.Reason
}

// Recipient is a normalised recipient. Its zero value is no recipient. Recipients are comparable: equal ones
// are asked with the same octets.
type Recipient struct {
	local  string // as on the wire: a dot-string as it came, or a quoted-string with the fewest escapes
	domain string // lower-case A-labels
}

// Parse reads the mailbox of a forward-path as SMTP carries it: dot-string@domain or quoted-string@domain. A
// quoted local-part that needs no quotes loses them. The error is ErrNoDomain, ErrLiteral or a *SyntaxError.
func Parse(s string) (Recipient, error) {
	if !strings.HasPrefix(s, `"`) {
		return Unquoted(s)
	}
	content, rest, ok := cutQuoted(s)
	if !ok {
		return Recipient{}, &SyntaxError{s, "the quotes are not closed"}
	}
	if rest == "" {
		return Recipient{}, ErrNoDomain
	}
	domain, ok := strings.CutPrefix(rest, "@")
	if !ok {
		return Recipient{}, &SyntaxError{s, "something stands between the quotes and the @"}
	}
	if err := checkLocal(s, content); err != nil {
		return Recipient{}, err
	}
	// Dots that a dot-string may not have stay in their quotes, as they came.
	needsQuotes := !isDotString(content)
	return finish(s, content, domain, needsQuotes)
}

// Unquoted reads a mailbox with its local-part unquoted, as the Postfix policy protocol carries it: whatever
// stands before the last @ is the local-part. Its wire form is quoted where RFC 5321 section 4.1.2 needs it
// because of a character; dots in odd places go as they came. Errors are those of Parse.
func Unquoted(s string) (Recipient, error) {
	at := strings.LastIndexByte(s, '@')
	if at < 0 {
		if s == "" {
			return Recipient{}, &SyntaxError{s, "it is empty"}
		}
		if err := checkLocal(s, s); err != nil {
			return Recipient{}, err
		}
		return Recipient{}, ErrNoDomain
	}
	local := s[:at]
	if err := checkLocal(s, local); err != nil {
		return Recipient{}, err
	}
	return finish(s, local, s[at+1:], !isAtextAndDots(local))
}

// New returns the recipient of a local-part in its wire form and a domain as ParseDomain returns it. It is
// for parts that came from a Recipient, and for random local-parts.
func New(local, domain string) Recipient { return Recipient{local, domain} }

// finish checks the domain and puts the parts together.
func finish(s, local, domain string, quoted bool) (Recipient, error) {
	if strings.HasPrefix(domain, "[") && strings.HasSuffix(domain, "]") {
		return Recipient{}, ErrLiteral
	}
	d, err := ParseDomain(domain)
	if err != nil {
		if domain == "" {
			return Recipient{}, &SyntaxError{s, "nothing stands after the @"}
		}
		return Recipient{}, &SyntaxError{s, "what stands after the @ is not a domain name"}
	}
	if quoted {
		local = quote(local)
	}
	return Recipient{local, d}, nil
}

// checkLocal refuses what no server could be asked.
func checkLocal(s, local string) error {
	switch {
	case local == "":
		return &SyntaxError{s, "nothing stands before the @"}
	case len(local) > maxLocal:
		return &SyntaxError{s, "the local-part is longer than 255 octets"}
	case !utf8.ValidString(local):
		return &SyntaxError{s, "the local-part is not UTF-8"}
	case strings.ContainsFunc(local, unicode.IsControl):
		return &SyntaxError{s, "the local-part has a control character"}
	}
	return nil
}

// Local returns the local-part in its wire form.
func (r Recipient) Local() string { return r.local }

// Domain returns the domain as lower-case A-labels.
func (r Recipient) Domain() string { return r.domain }

// IsZero reports whether r is no recipient.
func (r Recipient) IsZero() bool { return r.domain == "" }

// String returns the mailbox as it goes between the angle brackets of RCPT TO.
func (r Recipient) String() string { return r.local + "@" + r.domain }

// ASCII reports whether the recipient can be asked without SMTPUTF8 (RFC 6531): a domain always can, as
// A-labels, so it is the local-part that tells.
func (r Recipient) ASCII() bool { return isASCII(r.local) }

// Fold returns a local-part with its ASCII letters in lower case. Two local-parts with the same fold are
// spellings of each other.
func Fold(local string) string {
	for i := range len(local) {
		if c := local[i]; 'A' <= c && c <= 'Z' {
			return string(AppendFold(make([]byte, 0, len(local)), local))
		}
	}
	return local
}

// AppendFold appends Fold(local) to b.
func AppendFold(b []byte, local string) []byte {
	for i := range len(local) {
		c := local[i]
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		b = append(b, c)
	}
	return b
}
