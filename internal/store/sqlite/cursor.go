package sqlite

import (
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"hash/crc32"

	"callout/internal/address"
	"callout/internal/store"
)

// A cursor is a place between two rows, from which a page can be read in either direction: a checksum, by which a
// mangled one is told from a good one, on which side of a local-part it is, and that local-part.
const (
	before byte = '<'
	behind byte = '>'
)

// placeBeyond returns the place beyond a local-part, in the direction that is read: before it where that is back. That
// behind it has an octet more: no other of the same fold is between the two.
func placeBeyond(local string, back bool) bound {
	at := bound{[]byte(address.Fold(local)), []byte(local)}
	if !back {
		at.spelling = append(at.spelling, 0)
	}
	return at
}

// cursor returns the cursor of a place that placeBeyond returned for the same direction.
func (b bound) cursor(back bool) string {
	side, local := before, b.spelling
	if !back {
		side, local = behind, local[:len(local)-1]
	}
	text := append([]byte{0, 0, 0, 0, side}, local...)
	binary.BigEndian.PutUint32(text, crc32.ChecksumIEEE(text[4:]))
	return base64.RawURLEncoding.EncodeToString(text)
}

// parseCursor returns the place of a cursor.
func parseCursor(cursor string) (bound, error) {
	b, err := base64.RawURLEncoding.Strict().DecodeString(cursor)
	if err != nil || len(b) < 5 || crc32.ChecksumIEEE(b[4:]) != binary.BigEndian.Uint32(b) || b[4] != before && b[4] != behind {
		return bound{}, fmt.Errorf("%w: pass on the one that the page before came with", store.ErrCursor)
	}
	return placeBeyond(string(b[5:]), b[4] == before), nil
}
