package callout

import "time"

// A host whose sessions come to nothing is left alone, for longer each time.
const (
	backOffFirst   = time.Second
	backOffLongest = time.Minute
	backOffRefused = 5 * time.Minute // a greeting of 5xx, or a loop: nothing that passes by itself
)

// backOff is for how long a host is left alone. It is active from a session that ended before its first reply to
// RCPT until one has had it; once until has passed, one session at a time tries.
type backOff struct {
	until   time.Time
	step    time.Duration
	at      time.Time // when it was last lengthened
	problem *Problem
}

func (b *backOff) active() bool { return b.problem != nil }

// lengthen leaves the host alone after a session that began at a time and ended in a problem. Sessions that ran
// side by side are one attempt.
func (b *backOff) lengthen(began time.Time, problem *Problem) {
	now := time.Now()
	if b.active() && began.Before(b.at) {
		b.problem = problem
		return
	}
	b.step = min(max(2*b.step, backOffFirst), backOffLongest)
	wait := b.step
	if problem.Kind == Loop || problem.Stage == StageGreeting && problem.Reply.Class() == 5 {
		wait = backOffRefused
	}
	b.until, b.at, b.problem = now.Add(wait), now, problem
}

// refuses reports whether a new question is to be answered unknown at once: the host is left alone, or tried by
// another question. The caller holds h.mu.
func (h *host) refuses(p *pool, q *query, now time.Time) bool {
	return h.back.active() && p.established == 0 && !q.again && (now.Before(h.back.until) || h.unproven > 0)
}

// cameToNothing leaves the host alone after a session that ended before its first reply to RCPT.
func (h *host) cameToNothing(began time.Time, problem *Problem) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.noteNothing(began, problem)
}

func (h *host) noteNothing(began time.Time, problem *Problem) {
	h.noteTrouble(problem)
	h.back.lengthen(began, problem)
}

// leftAlone is a problem for a question that a host was not asked because of it.
func (h *host) leftAlone(now time.Time) *Problem {
	problem := *h.back.problem
	problem.Again = h.back.until
	if problem.Again.Before(now) {
		problem.Again = now
	}
	return &problem
}
