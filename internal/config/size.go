package config

import (
	"errors"
	"math"
	"strconv"
	"strings"
)

var (
	errNoSize     = errors.New("not a size")
	errNoSizeUnit = errors.New("a size without a unit")
)

// sizeUnits are the units of sizes; those of powers of two come first, for showSize.
var sizeUnits = []struct {
	name   string
	octets int64
}{{"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10}, {"GB", 1e9}, {"MB", 1e6}, {"KB", 1e3}, {"B", 1}}

// parseSize reads a whole number with a unit, "50MiB", in octets. The unit may be in any case, with a blank before it.
func parseSize(s string) (int64, error) {
	digits := s[:len(s)-len(strings.TrimLeft(s, "0123456789"))]
	unit := strings.TrimPrefix(s[len(digits):], " ")
	n, err := strconv.ParseInt(digits, 10, 64)
	if err != nil {
		return 0, errNoSize
	}
	if digits == s {
		return 0, errNoSizeUnit
	}
	for _, u := range sizeUnits {
		if !strings.EqualFold(unit, u.name) {
			continue
		}
		if n > math.MaxInt64/u.octets {
			return math.MaxInt64, nil // out of any range
		}
		return n * u.octets, nil
	}
	return 0, errNoSize
}

// showSize writes a size as short as it can be read.
func showSize(n int64) string {
	for _, u := range sizeUnits[:3] {
		if n >= u.octets && n%u.octets == 0 {
			return strconv.FormatInt(n/u.octets, 10) + u.name
		}
	}
	return strconv.FormatInt(n, 10) + "B"
}

// size takes a size within bounds, in octets: text with a unit, or a whole number.
func size(least, most int64, at func(target) *int64) takes {
	words := "a size from \"" + showSize(least) + "\" to \"" + showSize(most) + "\", or a number of octets"
	return takes{words: words, read: func(r reading) {
		n, ok := r.size()
		switch {
		case !ok:
		case n < least:
			r.fail("%s is too small; write %s", r.node.show(), words)
		case n > most:
			r.fail("%s is too large; write %s", r.node.show(), words)
		default:
			*at(r.to) = n
		}
	}}
}

// size reads a size of any number of octets.
func (r reading) size() (octets int64, ok bool) {
	switch r.node.kind {
	case isWhole:
		octets, _ = r.node.whole() // the nearest that fits, where it does not
		return octets, true
	case isText:
		octets, err := parseSize(r.node.text)
		if err == errNoSizeUnit {
			r.fail("%s has no unit; write for example %s, or the number of octets without quotes", r.node.show(), r.key.def)
			return 0, false
		}
		if err == nil {
			return octets, true
		}
	}
	r.fail("%s is not a size; write for example %s", r.node.show(), r.key.def)
	return 0, false
}
