package sqlite

import (
	"bytes"
	"slices"

	"callout/internal/address"
	"callout/internal/store"
)

// bound is a place in the order of a listing.
type bound struct{ fold, spelling []byte }

// last is behind every local-part.
var last = bytes.Repeat([]byte{0xff}, 4096)

func (b bound) compare(other bound) int {
	if c := bytes.Compare(b.fold, other.fold); c != 0 {
		return c
	}
	return bytes.Compare(b.spelling, other.spelling)
}

// bounds returns the place of the first row that a page may have, and that before which its last one is.
func bounds(q store.Query) (low, high bound, err error) {
	prefix := []byte(address.Fold(q.Prefix))
	low, high = bound{prefix, []byte{}}, bound{after(prefix), []byte{}}
	if q.Cursor == "" {
		return low, high, nil
	}
	at, err := parseCursor(q.Cursor)
	switch {
	case err != nil:
		return low, high, err
	case q.Back && at.compare(high) < 0:
		high = at
	case !q.Back && at.compare(low) > 0:
		low = at
	}
	return low, high, nil
}

// after returns the first fold behind all that begin with prefix.
func after(prefix []byte) []byte {
	for i := len(prefix) - 1; i >= 0; i-- {
		if prefix[i] < 0xff {
			next := slices.Clone(prefix[:i+1])
			next[i]++
			return next
		}
	}
	return last
}
