package callout

import (
	"errors"
	"syscall"
	"time"
)

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

// backOffOver returns what a problem has left alone: the host, or, where it is the domain's own settings that the
// host does not take (tls, mail_from, source), only those who share them. The caller holds h.mu.
func (p *pool) backOffOver(problem *Problem) *backOff {
	if problem.Stage == StageSTARTTLS || problem.Stage == StageMail || errors.Is(problem.Err, syscall.EADDRNOTAVAIL) {
		return &p.back
	}
	return &p.h.back
}

// backOff returns the one that lasts longer. The caller holds h.mu.
func (p *pool) backOff() *backOff {
	if p.back.active() && (!p.h.back.active() || p.back.until.After(p.h.back.until)) {
		return &p.back
	}
	return &p.h.back
}

// refuses reports whether a new question is to be answered unknown at once: the host is left alone, or tried by
// another question. The caller holds h.mu.
func (p *pool) refuses(q *query, now time.Time) bool {
	switch {
	case p.proven() > 0 || !p.backOff().active():
		return false
	case p.tried(): // one that is to have a fresh session may take one that is opening
		return !q.again || p.opening == 0
	}
	return !q.again && (now.Before(p.h.back.until) || now.Before(p.back.until))
}

// tried reports whether a session tries the host again after a problem: that is one at a time. The caller holds h.mu.
func (p *pool) tried() bool {
	return p.h.back.active() && p.h.unproven > 0 || p.back.active() && p.unproven > 0
}

// cameToNothing leaves the host alone after a session that ended before its first reply to RCPT.
func (p *pool) cameToNothing(began time.Time, problem *Problem) {
	p.h.mu.Lock()
	defer p.h.mu.Unlock()
	p.noteNothing(began, problem)
}

func (p *pool) noteNothing(began time.Time, problem *Problem) {
	p.h.noteTrouble(problem)
	p.backOffOver(problem).lengthen(began, problem)
}

// leftAlone is a problem for a question that a host was not asked because of it.
func (p *pool) leftAlone(now time.Time) *Problem {
	back := p.backOff()
	problem := back.problem.ofAnother()
	problem.NotAsked, problem.Delivery = true, false
	problem.Since, problem.Again = back.at, back.until
	if problem.Again.Before(now) {
		problem.Again = now
	}
	return problem
}

// leaves returns the problem for which a host is left alone now, nil where it is not.
func (p *pool) leaves(now time.Time) *Problem {
	p.h.mu.Lock()
	defer p.h.mu.Unlock()
	if back := p.backOff(); back.active() && now.Before(back.until) {
		return p.leftAlone(now)
	}
	return nil
}

// linkFailed leaves a host alone after a Link that could not be opened. A 4xx greeting may be about the number of sessions,
// which is for callouts to find out.
func (p *pool) linkFailed(began time.Time, problem *Problem) {
	if problem.Stage == StageGreeting && problem.Reply.Class() == 4 {
		return
	}
	p.cameToNothing(began, problem)
}

// linked ends what was held against a host up to EHLO: a Link came past that.
func (p *pool) linked() {
	h := p.h
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, back := range []*backOff{&h.back, &p.back} {
		if back.active() && back.problem.Stage <= StageSTARTTLS {
			*back = backOff{}
		}
	}
	if h.state.problem == nil || h.state.problem.Stage <= StageSTARTTLS {
		h.noteFine()
	}
}
