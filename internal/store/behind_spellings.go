package store

import "slices"

// MaxSpellings is how many verdicts of one recipient are kept and returned: who asks for JOHN, JOHn, JOhn and
// so on gets no more room than that. The oldest invalid ones go first.
const MaxSpellings = 16

// Fold returns a local-part with its ASCII letters in lower case: what all of its spellings have in common.
// Other octets stay as they are, whatever they encode.
func Fold(local string) string {
	for i := range len(local) {
		if c := local[i]; 'A' <= c && c <= 'Z' {
			return fold(local, i)
		}
	}
	return local
}

// fold lowers the ASCII letters of s from octet i on.
func fold(s string, i int) string {
	b := []byte(s)
	for ; i < len(b); i++ {
		if 'A' <= b[i] && b[i] <= 'Z' {
			b[i] += 'a' - 'A'
		}
	}
	return string(b)
}

// newestFirst orders the verdicts of one recipient.
func newestFirst(a, b Verdict) int { return b.Asked.Compare(a.Asked) }

// Newest sorts the verdicts of one recipient, newest first, and cuts them to MaxSpellings.
func Newest(found []Verdict) []Verdict {
	slices.SortStableFunc(found, newestFirst)
	for len(found) > MaxSpellings {
		i := len(found) - 1
		for i > 0 && found[i].Status == Valid {
			i--
		}
		if found[i].Status == Valid {
			i = len(found) - 1
		}
		found = slices.Delete(found, i, i+1)
	}
	return found
}
