package config

import (
	"errors"
	"net/netip"
	"strings"

	"callout/internal/address"
)

// maxName is the longest name that is looked at, in octets: no domain is longer, as U-labels either.
const maxName = 1000

// parseDomainName is address.ParseDomain with an error for people.
func parseDomainName(s string) (string, error) {
	if len(s) <= maxName {
		if name, err := address.ParseDomain(s); err == nil {
			return name, nil
		}
	}
	return "", errors.New(show(s) + ` is not a domain; write for example "example.com"`)
}

// parseHostname reads what EHLO may carry (RFC 5321 section 4.1.1.1): a domain or an address literal.
func parseHostname(s string) (string, error) {
	if literal, ok := addressLiteral(s); ok {
		return literal, nil
	}
	if name, err := parseDomainName(s); err == nil && !strings.Contains(name, "_") {
		return name, nil
	}
	return "", errors.New(show(s) + ` is neither a domain nor an address literal; write for example "filter.example.net"`)
}

// addressLiteral reads [192.0.2.1] and [IPv6:2001:db8::1] (RFC 5321 section 4.1.3).
func addressLiteral(s string) (string, bool) {
	inner, ok := strings.CutPrefix(s, "[")
	if !ok || !strings.HasSuffix(inner, "]") {
		return "", false
	}
	inner = strings.TrimSuffix(inner, "]")
	six := len(inner) > 5 && strings.EqualFold(inner[:5], "IPv6:")
	if six {
		inner = inner[5:]
	}
	ip, err := netip.ParseAddr(inner)
	switch {
	case err != nil || ip.Zone() != "" || ip.Is4() == six:
		return "", false
	case six:
		return "[IPv6:" + ip.String() + "]", true
	}
	return "[" + ip.String() + "]", true
}

// defaultHostname is the machine's name where that could be ours: a domain with a dot.
func defaultHostname(machine string) string {
	name, err := parseHostname(machine)
	if err != nil || !strings.Contains(name, ".") || strings.HasPrefix(name, "[") {
		return "localhost"
	}
	return name
}

// parsePrefix reads the beginning of a random local-part. Postfix refuses local-parts that begin with a
// hyphen, whoever they are for, so a prefix must not.
func parsePrefix(s string) (string, error) {
	const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-"
	if len(s) > 20 || strings.HasPrefix(s, "-") || strings.Trim(s, letters) != "" {
		return "", errors.New(show(s) + ` is no prefix; write at most 20 letters, digits and hyphens, no hyphen first, for example "probe-"`)
	}
	return s, nil
}

// parseDataDir reads the directory that holds the admin socket, whose path has a bound.
func parseDataDir(s string) (string, error) {
	switch {
	case s == "" || strings.IndexByte(s, 0) >= 0:
		return "", errors.New(show(s) + ` is no directory; write for example "/var/lib/callout"`)
	case len(s)+len(adminSocket) > maxSocketPath:
		return "", errors.New(show(s) + " is too long for the socket that is made in it; choose a path of at most 94 octets")
	}
	return s, nil
}

// nearest returns the candidate that a mistyped name most likely means, "" where none is near.
func nearest(name string, candidates []string) string {
	if len(name) > 40 {
		return ""
	}
	name = strings.ReplaceAll(strings.ToLower(name), "-", "_")
	best, bestDistance := "", 1+max(1, len(name)/3)
	for _, c := range candidates {
		if d := distance(name, c); d < bestDistance {
			best, bestDistance = c, d
		}
	}
	return best
}

// distance is the number of letters to insert, delete, replace or swap with their neighbour to turn a into b.
func distance(a, b string) int {
	before, last, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		before, last, row = last, row, before
		row[0] = i + 1
		for j := range len(b) {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			row[j+1] = min(last[j]+cost, last[j+1]+1, row[j]+1)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				row[j+1] = min(row[j+1], before[j-1]+1)
			}
		}
	}
	return row[len(b)]
}
