package smtpwire

import (
	"bytes"
	"math"
)

var (
	errChunkSize = &SyntaxError{"no chunk size"}
	errChunkLast = &SyntaxError{"something other than LAST behind the chunk size"}
)

// ParseBDAT reads the arguments of BDAT: how many octets follow, and whether they are the message's last (RFC 3030
// section 2). After its error, a *SyntaxError, nobody knows how many octets to read before the next command, so the
// connection is of no further use.
func ParseBDAT(args []byte) (size int64, last bool, err error) {
	digits, more, _ := bytes.Cut(args, []byte(" "))
	size, ok := number(digits)
	if !ok || size == math.MaxInt64 {
		return 0, false, errChunkSize
	}
	more = dropSpaces(more)
	if len(more) > 0 && !isWord(more, "LAST") {
		return 0, false, errChunkLast
	}
	return size, len(more) > 0, nil
}
