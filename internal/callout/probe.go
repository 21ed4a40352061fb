package callout

import (
	"crypto/rand"

	"callout/internal/address"
)

// A random local-part has 20 characters, which is 36^19 * 26 of them: nobody has that mailbox.
const (
	probeLength  = 20
	probeLetters = "abcdefghijklmnopqrstuvwxyz"
	probeChars   = probeLetters + "0123456789"
)

// RandomRecipient returns an address of the domain that nobody has, drawn anew from crypto/rand: prefix and
// 20 lower-case letters and digits, beginning with a letter.
func RandomRecipient(prefix, domain string) address.Recipient {
	var raw [probeLength * 2]byte
	b := make([]byte, 0, len(prefix)+probeLength)
	b = append(b, prefix...)
	for {
		rand.Read(raw[:]) // never fails (crypto/rand)
		for _, x := range raw {
			set := probeChars
			if len(b) == len(prefix) {
				set = probeLetters
			}
			if limit := 256 - 256%len(set); int(x) >= limit {
				continue // keeps every character equally likely
			}
			b = append(b, set[int(x)%len(set)])
			if len(b) == len(prefix)+probeLength {
				return address.New(string(b), domain)
			}
		}
	}
}
