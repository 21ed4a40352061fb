package decisions

import (
	"time"

	"callout/internal/verify"
)

// Describe returns a decision that was made at a time and took so long as Add would have kept it, without a number.
func Describe(q *verify.Question, d *verify.Decision, at time.Time, took time.Duration) Entry {
	p := place{at: at.UnixNano(), took: took}
	if d.Source == verify.FromCache {
		p.age = max(at.Sub(d.Verdict.Asked), 0)
	}
	p.set(q, d, wordsOf(&d.Verdict))
	return p.entry()
}
