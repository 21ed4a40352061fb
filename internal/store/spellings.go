package store

import "slices"

// MaxSpellings is how many verdicts of one recipient are kept and returned: who asks for JOHN, JOHn, JOhn and
// so on gets no more room than that. The oldest invalid ones go first.
const MaxSpellings = 16

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
