package nexthop

import (
	"strconv"
	"strings"
)

// features are what a hop announced in its last EHLO, as far as a delivery uses it.
type features struct {
	pipelining bool  // RFC 2920
	size       bool  // RFC 1870
	sizeLimit  int64 // octets, 0: none was named
	eightBit   bool  // RFC 6152
	smtputf8   bool  // RFC 6531
	dsn        bool  // RFC 3461
	chunking   bool  // RFC 3030
	binary     bool  // RFC 3030
	xclient    []string
}

// announced reads the extensions of a hop; pipelining says that commands may be sent ahead where the hop takes that.
func announced(extensions map[string]string, pipelining bool) features {
	has := func(keyword string) bool {
		_, ok := extensions[keyword]
		return ok
	}
	limit, err := strconv.ParseInt(extensions["SIZE"], 10, 64)
	if err != nil || limit < 0 {
		limit = 0
	}
	return features{
		pipelining: pipelining && has("PIPELINING"),
		size:       has("SIZE"),
		sizeLimit:  limit,
		eightBit:   has("8BITMIME"),
		smtputf8:   has("SMTPUTF8"),
		dsn:        has("DSN"),
		chunking:   has("CHUNKING"),
		binary:     has("BINARYMIME"),
		xclient:    strings.Fields(strings.ToUpper(extensions["XCLIENT"])),
	}
}
