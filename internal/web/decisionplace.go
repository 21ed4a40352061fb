package web

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/base64"
	"encoding/binary"
	"strconv"
)

// decisionPlaces names places in the log of decisions to browsers: where a page ends and its tail goes on. The last decision of all
// may be of a domain that is not theirs, and its number is when it was made, so a place is encrypted and looks different each time.
// It is good until the server ends.
type decisionPlaces struct{ sealed cipher.AEAD }

func newDecisionPlaces() decisionPlaces {
	key := make([]byte, 16)
	_, _ = rand.Read(key) // which never fails
	block, err := aes.NewCipher(key)
	if err != nil {
		panic(err) // of a key of another length
	}
	sealed, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		panic(err) // of another cipher
	}
	return decisionPlaces{sealed}
}

// after names the place behind the decision of a number.
func (p decisionPlaces) after(number uint64) string {
	return base64.RawURLEncoding.EncodeToString(p.sealed.Seal(nil, nil, binary.BigEndian.AppendUint64(nil, number), nil))
}

// number returns the number of the decision before a place, which can also be that number itself, as one that they were told has.
// It is 0, for now, where none is named, and before all others where the place is of a server that has ended.
func (p decisionPlaces) number(place string) uint64 {
	if place == "" {
		return 0
	}
	if n, err := strconv.ParseUint(place, 10, 64); err == nil {
		return n
	}
	named, err := base64.RawURLEncoding.DecodeString(place)
	if err == nil {
		named, err = p.sealed.Open(nil, nil, named, nil)
	}
	if err != nil {
		return 1
	}
	return binary.BigEndian.Uint64(named)
}
