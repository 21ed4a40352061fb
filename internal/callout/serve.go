package callout

import (
	"errors"
	"io"
	"os"
	"time"
)

// serve takes questions until the session is spent, broken or was idle for long.
func (s *session) serve() {
	defer s.release()
	defer s.leave()
	for !s.broken && !s.retire && s.rejections < s.rejectMax && s.resets < s.resetMax {
		plan := s.next()
		if plan == nil {
			return
		}
		s.fly(plan)
	}
}

// leave has nobody count on the session any more.
func (s *session) leave() {
	if !s.left {
		s.left = true
		s.pool.ended(s)
	}
}

// next plans the next flight and waits for questions where there are none. It returns nil when the session is to
// end.
func (s *session) next() *plan {
	p, h := s.pool, s.pool.h
	h.mu.Lock()
	defer h.mu.Unlock()
	if !s.opened {
		s.opened = true
		p.opened()
	}
	s.landed()
	idleUntil := time.Now().Add(idleFor)
	for s.due = false; ; {
		wait := p.gatherFor()
		until := idleUntil
		switch {
		case h.starves(p), h.closed && p.front() == nil:
			return nil
		case p.front() != nil && (s.due || wait == 0):
			plan := newPlan(s)
			p.take(plan)
			if len(plan.qs) == 0 {
				return nil // a fresh session has the room that it takes
			}
			s.release()
			return plan
		case p.front() != nil:
			until, s.gathers = time.Now().Add(wait), true
		case h.closed: // nobody waits any more for the one there was
			return nil
		}
		ended := s.idle(until)
		if s.broken || ended && !s.gathers {
			return nil
		}
		s.due, s.gathers = s.due || ended, false
	}
}

// landed notes that the session has no flight under way. The caller holds h.mu.
func (s *session) landed() {
	if s.flying {
		s.flying = false
		s.pool.flying--
	}
}

// idle waits for a question until a time that it reports to have come, or for the end of the session. A question
// that comes while the session is idle wakes it by ending the wait for the connection. The caller holds h.mu.
func (s *session) idle(until time.Time) (ended bool) {
	p, h := s.pool, s.pool.h
	s.conn.SetReadDeadline(until)
	p.idle = append(p.idle, s)
	s.release()
	h.mu.Unlock()
	err := s.r.Wait()
	h.mu.Lock()
	ended = p.dropIdle(s)
	if !errors.Is(err, os.ErrDeadlineExceeded) {
		s.idleEnded(err) // it closed, or spoke unasked: what it says next would be misread as an answer
	}
	return ended
}

// release gives the answers that were held back until the session is free, or ends.
func (s *session) release() {
	for _, give := range s.held {
		give()
	}
	s.held = nil
}

// idleEnded marks the session as one that can't be spoken to any more. The caller holds h.mu.
func (s *session) idleEnded(err error) {
	s.broken = true
	if errors.Is(err, io.EOF) && s.open != nil && s.closedOverRejection() {
		s.pool.h.noteLearned(Rejections, s.rejections, closedWithoutAWord)
	}
	if err == nil {
		s.note("the destination spoke unasked; the session ends")
	} else {
		s.note("the destination closed the idle session")
	}
}

// dropIdle takes a session out of the idle ones and reports whether it was among them. The caller holds p.mu.
func (p *pool) dropIdle(s *session) bool {
	for i, other := range p.idle {
		if other == s {
			p.idle = append(p.idle[:i], p.idle[i+1:]...)
			return true
		}
	}
	return false
}
