package callout

import (
	"slices"
	"time"
)

// Where flights have many questions, those that come while other sessions are at work gather for half as long as a
// flight takes, or for gatherAtMost, before an idle session takes them: one flight of many costs the host and us far
// less than many flights, and nobody waits for long, or at all where there are few questions.
const gatherAtMost = 5 * time.Millisecond

// many is how many questions make a flight of many, and how many it has before they are divided among the sessions
// that are free.
const many = 5

// gatherFor returns how long questions are to gather. The caller holds h.mu.
func (p *pool) gatherFor() time.Duration {
	if p.flying == 0 || p.asked < many || p.h.closed || p.queue.Len() >= maxFlight {
		return 0
	}
	return min(p.took/2, gatherAtMost)
}

// wakeIdle has an idle session look at the queue that has room for rcpts: at once, or when its questions have
// gathered. It reports whether there was one. The caller holds h.mu.
func (p *pool) wakeIdle(rcpts int) bool {
	gather := p.gatherFor() > 0
	for i := len(p.idle) - 1; i >= 0; i-- {
		if s := p.idle[i]; s.fits(rcpts) {
			if !s.gathers || !gather {
				s.due = !gather
				p.wake(i)
			}
			return true
		}
	}
	return false
}

// wakeSpent has an idle session look whether it is still needed. The caller holds h.mu.
func (p *pool) wakeSpent() bool {
	last := len(p.idle) - 1
	if last < 0 {
		return false
	}
	p.idle[last].due = true
	p.wake(last)
	return true
}

// wake ends the wait of an idle session by ending that for its connection.
func (p *pool) wake(i int) {
	s := p.idle[i]
	p.idle = slices.Delete(p.idle, i, i+1)
	s.conn.SetReadDeadline(time.Unix(1, 0))
}

// take removes the questions for a flight from the head of the queue. Where there are many it leaves their share to
// the sessions that are free. The caller holds h.mu.
func (p *pool) take(plan *plan) {
	free := p.established - p.flying - 1 // the others that will look at the queue, or can be woken to
	for _, s := range p.idle {
		if !s.fits(1) {
			free--
		}
	}
	share := max(many, (p.queue.Len()+free)/(1+free))
	for q := p.front(); q != nil && len(plan.qs) < share && plan.add(q); q = p.front() {
		p.queue.Remove(p.queue.Front())
	}
	if len(plan.qs) > 0 {
		plan.s.flying = true
		p.flying++
		p.passOn()
	}
}

// passOn has another session take what one has left in the queue. The caller holds h.mu.
func (p *pool) passOn() {
	q := p.front()
	if q == nil {
		return
	}
	for i := len(p.idle) - 1; i >= 0; i-- {
		if s := p.idle[i]; s.fits(q.rcpts()) {
			s.due = true
			p.wake(i)
			return
		}
	}
	if p.needs() && p.mayOpen(time.Now()) {
		p.start()
	}
}
