package callout

import (
	"container/list"
	"time"
)

// work fills one session slot: it opens a session, has it take questions until it is spent, and opens another
// as long as questions wait that no other slot is about to take.
func (p *pool) work() {
	for {
		if first := p.head(); first != nil {
			began := time.Now()
			s, problem := open(p, first)
			if problem != nil {
				p.openFailed(first, problem, began)
				return
			}
			s.serve()
			s.end()
		} else {
			p.notNeeded()
		}
		if !p.next() {
			return
		}
	}
}

// next reports whether another session is to be opened in the same slot; else the slot is given up.
func (p *pool) next() bool {
	h, now := p.h, time.Now()
	h.mu.Lock()
	p.slots--
	h.slots--
	if !h.starves(p) && p.needs() && p.mayOpen(now) {
		p.slots++
		h.slots++
		p.beginOpening()
		h.mu.Unlock()
		return true
	}
	h.settleRefusal(false)
	lost := h.distribute(now)
	h.mu.Unlock()
	fail(lost)
	return false
}

// notNeeded notes that another session took the question one was to be opened for.
func (p *pool) notNeeded() {
	p.h.mu.Lock()
	defer p.h.mu.Unlock()
	p.endOpening()
	p.unproven--
	p.h.unproven--
}

// opened notes that a session is past EHLO. The caller holds h.mu until the session has looked at the queue: it counts
// as one that will take a question.
func (p *pool) opened() {
	h := p.h
	p.endOpening()
	p.established++
	h.established++
	h.settleRefusal(true)
	if h.state.since.IsZero() {
		h.noteFine() // nothing is known yet; a problem is over when a recipient is answered for
	}
}

// fine notes that the host has answered as it should.
func (p *pool) fine() {
	p.h.mu.Lock()
	defer p.h.mu.Unlock()
	p.h.noteFine()
}

// ended notes that a session is no longer there to take questions: before those it could not answer hear of it, and
// before it says QUIT, for which no question needs to wait.
func (p *pool) ended(s *session) {
	h := p.h
	h.mu.Lock()
	defer h.mu.Unlock()
	s.landed()
	p.established--
	h.established--
	if s.answered == 0 {
		p.unproven--
		h.unproven--
	}
	p.passOn()
}

// openFailed gives the slot up after a session that came to nothing. While other sessions work, the questions
// are theirs. While others are opening, those questions fail that have waited for a whole attempt to connect, or
// for as many attempts as there may be sessions. Else nobody can take them, and all fail with the same problem. The session
// was opened for first, and has told its dialogue to that alone.
func (p *pool) openFailed(first *query, problem *Problem, began time.Time) {
	h, now := p.h, time.Now()
	h.mu.Lock()
	p.slots--
	h.slots--
	p.endOpening()
	p.unproven--
	h.unproven--
	full := h.full(problem)
	if !full {
		p.noteNothing(began, problem)
	}
	lost := p.triedAgain(began)
	switch {
	case p.established > 0:
		p.wakeIdle(1)
	case full:
	default:
		lost = append(lost, p.hopeless(problem, began)...)
	}
	h.settleRefusal(false)
	left := h.distribute(now)
	h.mu.Unlock()
	for _, q := range lost {
		if q != first {
			q.note(h.where(q.host) + ": " + problem.why())
		}
		q.fail(problem)
	}
	fail(left)
}

// triedAgain takes those questions out of the queue that were to have a fresh session: it has come to nothing. The
// caller holds h.mu.
func (p *pool) triedAgain(began time.Time) (lost []*query) {
	var next *list.Element
	for e := p.queue.Front(); e != nil; e = next {
		next = e.Next()
		if q := e.Value.(*query); q.again && !q.queued.After(began) {
			p.queue.Remove(e)
			lost = append(lost, q)
		}
	}
	return lost
}

// hopeless takes those questions out of the queue that have waited long enough. The caller holds h.mu.
func (p *pool) hopeless(problem *Problem, began time.Time) (lost []*query) {
	var next *list.Element
	for e := p.queue.Front(); e != nil; e = next {
		next = e.Next()
		q := e.Value.(*query)
		q.failed++
		if p.opening == 0 || q.failed >= q.Settings.MaxSessions || (problem.Kind == NoConnection && !q.queued.After(began)) {
			p.queue.Remove(e)
			lost = append(lost, q)
		}
	}
	return lost
}

// full reports whether a session was refused because there are as many as the host takes: a 421 or 4xx greeting
// while others work. Where others are only opening, they will show it. The caller holds h.mu.
func (h *host) full(problem *Problem) bool {
	if problem.Stage != StageGreeting || problem.Reply.Class() != 4 || h.established+h.opening == 0 {
		return false
	}
	if h.refused == nil || h.slots < h.refused.sessions {
		h.refused = &refusal{h.slots, problem.Reply.String()}
	}
	if h.established > 0 {
		h.settleRefusal(true)
	}
	return true
}

// settleRefusal learns the number of sessions that a host takes when a refused one had others beside it that
// work, and forgets the refusal when none are left. The caller holds h.mu.
func (h *host) settleRefusal(works bool) {
	if h.refused != nil && works {
		h.noteLearned(Sessions, max(h.refused.sessions, 1), h.refused.reply)
	}
	if works || h.slots == 0 {
		h.refused = nil
	}
}
