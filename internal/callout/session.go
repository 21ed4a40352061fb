package callout

import (
	"errors"
	"os"
	"strings"
	"time"
)

const (
	idleFor = 10 * time.Second // a session without a question is kept so long

	// Servers punish clients whose recipients they refuse: cPanel shuts them out and Exchange closes at about
	// the fifth, Postfix slows every error by 1 s from the tenth on. A session ends before that.
	maxRejections        = 4
	maxRejectionsPostfix = 8
	// Postfix counts RSET as junk from the hundredth on.
	maxResets = 80
)

// A flight is to be answered within so long, as far as can be foreseen, so that one question never waits behind
// many: Exchange answers each unknown recipient after 5 s.
const flightTime = 2 * time.Second

// maxDoublings bounds how often the size of a flight is doubled.
const maxDoublings = 6

// session is one connection to a host that takes questions. It belongs to the goroutine that runs pool.work.
type session struct {
	connection
	began  time.Time
	opener *query // the question it was opened for
	opened bool   // the pool counts it as one that takes questions
	flying bool   // it has a flight under way

	answered     int // replies to RCPT
	rejections   int // those that were not 2xx
	resets       int
	open         *transaction // left open by the last flight; nil: none
	gathers      bool         // it is idle, and will look at the queue in a moment
	due          bool         // it is to look at the queue at once
	rejectMax    int          // it ends at so many rejections
	resetMax     int          // likewise
	oneAddress   bool         // it asks one address, and nothing follows that RCPT
	doublings    int          // of the size of its flights
	rejectedLast bool         // the last reply to RCPT was not 2xx
	awaitsReset  bool         // RSET is the command whose reply is awaited
	retire       bool         // it takes no more questions; QUIT is still said
	left         bool         // nobody counts on it any more

	held []func() // give the last answers of a flight, once the session is free again
}

// open makes a session for the question at the head of the queue.
func open(p *pool, q *query) (*session, *Problem) {
	s, problem := tryOpen(p, q, false)
	if p.fallsBack(problem) {
		s, problem = tryOpen(p, q, true)
	}
	return s, problem
}

// tryOpen makes a session, or tells why there is none; plain says to do so without TLS.
func tryOpen(p *pool, q *query, plain bool) (*session, *Problem) {
	s := &session{began: time.Now(), opener: q}
	s.connection = connection{pool: p, host: q.host, trace: q.Trace, timeout: q.Settings.ReplyTimeout}
	problem := s.establish(p.h.pools.ctx, q.Settings, q.othersLeft, plain)
	p.h.pools.metrics.connected(problem)
	if problem == nil {
		s.limit()
		return s, nil
	}
	s.note(problem.Error())
	if s.conn != nil {
		s.broken = s.broken || !problem.listens()
		s.end()
	}
	return nil, problem
}

// limit sets what the session may do to its host before it ends.
func (s *session) limit() {
	h := s.pool.h
	h.mu.Lock()
	defer h.mu.Unlock()
	now := time.Now()
	s.rejectMax = maxRejections
	if strings.Contains(s.greeting.Text(), "Postfix") {
		s.rejectMax = maxRejectionsPostfix
	}
	s.resetMax = maxResets
	if n, ok := h.knows(Rejections, now); ok {
		s.rejectMax = min(s.rejectMax, n-1)
	}
	if n, ok := h.knows(Resets, now); ok {
		s.resetMax = min(s.resetMax, n-1)
	}
	if s.rejectMax < 1 || s.resetMax < 1 {
		s.oneAddress, s.rejectMax, s.resetMax = true, 1, 1
	}
}

// room returns how many RCPTs the next flight may carry. No more than the session may still have refused, doubled
// with each flight in which none was, and no more than will be answered soon. The caller holds h.mu.
func (s *session) room() int {
	n := min((s.rejectMax-s.rejections)<<s.doublings, maxFlight)
	if pace := s.pool.h.pace; pace > 0 {
		n = min(n, max(1, int(flightTime/pace)))
	}
	return n
}

// single reports whether a session is good for one address only, so that a probe and its recipient need two.
func (s *session) single() bool { return s.rejectMax < 2 || s.resetMax < 2 }

// resetsLeft returns how many transactions the session may still begin: each ends in RSET.
func (s *session) resetsLeft() int {
	left := s.resetMax - s.resets
	if s.open != nil {
		left--
	}
	return left
}

// fits reports whether a flight may begin with so many RCPTs, each in a transaction of its own.
func (s *session) fits(rcpts int) bool {
	if s.single() {
		rcpts = 1
	}
	return s.rejectMax-s.rejections >= rcpts && s.resetsLeft() >= rcpts
}

// closes reports whether the destination closes the connection now.
func (s *session) closes() bool {
	s.conn.SetReadDeadline(time.Now().Add(time.Second))
	err := s.r.Wait()
	return err != nil && !errors.Is(err, os.ErrDeadlineExceeded)
}

// end ends the session politely.
func (s *session) end() {
	s.part()
	s.pool.h.pools.log.Debug("session ended", "destination", s.where(), "rcpts", s.answered, "rejections", s.rejections)
}
