package address

import (
	"errors"
	"strings"

	"golang.org/x/net/idna"
)

// maxDomain is the longest domain in octets, as A-labels without the trailing dot (RFC 1035 section 2.3.4).
const maxDomain = 253

// errDomain is the one thing that is said of a malformed domain; who calls knows which one it was.
var errDomain = errors.New("not a domain name")

// uLabels turns U-labels into A-labels as IDNA2008 does (RFC 5891), with the mapping of UTS 46 that people's
// keyboards need. Host names with underscores exist, so letters, digits and hyphens are checked by isLDH.
var uLabels = idna.New(idna.MapForLookup(), idna.BidiRule(), idna.Transitional(false), idna.StrictDomainName(false))

// ParseDomain returns a domain as lower-case A-labels without a trailing dot. It takes ASCII letters, digits,
// hyphens and underscores in labels of 1 to 63 octets, 253 octets in all, and U-labels that IDNA2008 allows.
func ParseDomain(s string) (string, error) {
	s = strings.TrimSuffix(s, ".")
	if !isASCII(s) {
		a, err := uLabels.ToASCII(s)
		if err != nil {
			return "", errDomain
		}
		s = a
	}
	if !isLDH(s) {
		return "", errDomain
	}
	return strings.ToLower(s), nil
}

// isLDH reports whether s is one or more labels of letters, digits, hyphens and underscores, none beginning
// or ending with a hyphen, and not an IPv4 address.
func isLDH(s string) bool {
	if s == "" || len(s) > maxDomain {
		return false
	}
	digits := false
	for label := range strings.SplitSeq(s, ".") {
		if label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' {
			return false
		}
		digits = true
		for i := range len(label) {
			c := label[i]
			switch {
			case '0' <= c && c <= '9':
			case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', c == '-', c == '_':
				digits = false
			default:
				return false
			}
		}
	}
	return !digits // a last label of digits alone is no top-level domain (RFC 3696 section 2)
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}
