package callout

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"os"
	"time"

	"callout/internal/smtpwire"
)

const (
	idleFor     = 10 * time.Second // a session without a question is kept so long
	quitTimeout = 5 * time.Second  // for the reply to QUIT
	openAtMost  = 10 * time.Second // connect to EHLO reply, while another host is untried

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

// session is one connection to a host. It belongs to the goroutine that runs pool.work.
type session struct {
	pool   *pool
	began  time.Time
	host   Host // as the question names it that it was opened for
	conn   net.Conn
	r      *smtpwire.Reader
	buf    []byte // commands to be written
	stop   func() bool
	opened bool // the pool counts it as one that takes questions
	flying bool // it has a flight under way

	pipelining bool // RFC 2920, announced
	smtputf8   bool // RFC 6531, announced
	starttls   bool // RFC 3207, announced
	ehlo       bool // EHLO was taken, so that what is not announced is not there

	trace        func(Line)    // of the question it was opened for
	timeout      time.Duration // for one reply
	answered     int           // replies to RCPT
	rejections   int           // those that were not 2xx
	resets       int
	open         *transaction // left open by the last flight; nil: none
	gathers      bool         // it is idle, and will look at the queue in a moment
	due          bool         // it is to look at the queue at once
	rejectMax    int          // it ends at so many rejections
	resetMax     int          // likewise
	oneAddress   bool         // it asks one address, and nothing follows that RCPT
	doublings    int          // of the size of its flights
	heardAt      time.Time    // when the last reply came
	rejectedLast bool         // the last reply to RCPT was not 2xx
	awaitsReset  bool         // RSET is the command whose reply is awaited
	retire       bool         // it takes no more questions; QUIT is still said
	broken       bool         // nothing can be said any more
	left         bool         // nobody counts on it any more

	held []func() // give the last answers of a flight, once the session is free again
}

// open makes a session for the question at the head of the queue.
func open(p *pool, q *query) (*session, *Problem) {
	s, problem := tryOpen(p, q, false)
	if problem != nil && problem.Kind == TLS && p.fallsBack() {
		p.h.learn(NoTLS, 0, problem.words())
		s, problem = tryOpen(p, q, true)
	}
	return s, problem
}

// tryOpen makes a session, or tells why there is none; plain says to do so without TLS.
func tryOpen(p *pool, q *query, plain bool) (*session, *Problem) {
	s := &session{pool: p, began: time.Now(), host: q.host, trace: q.Trace, timeout: q.Settings.ReplyTimeout}
	var latest time.Time
	if q.othersLeft {
		latest = time.Now().Add(openAtMost)
	}
	problem := s.connect(q, latest)
	if problem == nil {
		problem = s.greet(q, latest, plain)
	}
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
	s.rejectMax = max(s.rejectMax, maxRejections)
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

// end says QUIT where that can still be said (RFC 5321 section 4.1.1.10) and closes the connection.
func (s *session) end() {
	if !s.broken {
		s.timeout = min(s.timeout, quitTimeout)
		s.command(nil, StageRcpt, time.Time{}, "QUIT", "")
	}
	s.stop()
	s.conn.Close()
	s.note("connection closed")
	s.pool.h.pools.log.Debug("session ended", "destination", s.where(), "rcpts", s.answered, "rejections", s.rejections)
}

// command writes one command line and reads its reply. What was said before the command can't be that.
func (s *session) command(q *query, stage Stage, latest time.Time, verb, argument string) (smtpwire.Reply, *Problem) {
	if s.r.Buffered() > 0 {
		return smtpwire.Reply{}, s.lost(stage, errTooMuch)
	}
	s.say(q, verb, argument)
	if problem := s.flush(stage); problem != nil {
		return smtpwire.Reply{}, problem
	}
	return s.read(q, stage, latest)
}

// say adds a command line to what is to be written.
func (s *session) say(q *query, verb, argument string) {
	s.buf = append(s.buf, verb...)
	s.buf = append(s.buf, argument...)
	s.buf = append(s.buf, "\r\n"...)
	s.tell(q, FromClient, verb, argument)
}

// flush writes what say has collected.
func (s *session) flush(stage Stage) *Problem {
	s.conn.SetWriteDeadline(time.Now().Add(s.timeout))
	_, err := s.conn.Write(s.buf)
	s.buf = s.buf[:0]
	if err == nil {
		return nil
	}
	return s.lost(stage, err)
}

// read reads one reply, whole, within the reply timeout and until latest where that is set.
func (s *session) read(q *query, stage Stage, latest time.Time) (smtpwire.Reply, *Problem) {
	deadline := time.Now().Add(s.timeout)
	if !latest.IsZero() && latest.Before(deadline) {
		deadline = latest
	}
	s.conn.SetReadDeadline(deadline)
	reply, err := s.r.ReadReply()
	if err != nil {
		return reply, s.lost(stage, err)
	}
	s.heard(q, reply)
	s.heardAt = time.Now()
	if reply.Code == 421 { // RFC 5321 section 3.8: the server closes, whatever was asked
		s.broken = true
		return reply, &Problem{Kind: Closed, Stage: stage, Host: s.host, Reply: reply}
	}
	return reply, nil
}

// lost makes a Problem of a failed read or write; the session can't go on after it.
func (s *session) lost(stage Stage, err error) *Problem {
	s.broken = true
	p := &Problem{Kind: Closed, Stage: stage, Host: s.host, Err: err}
	var notReply *smtpwire.ReplyError
	switch {
	case errors.Is(err, os.ErrDeadlineExceeded):
		p.Kind, p.Err = Timeout, errNoReply
	case errors.As(err, &notReply), errors.Is(err, smtpwire.ErrLineTooLong):
		p.Kind = Garbage
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		p.Err = errClosed
	}
	return p
}

var (
	errNoReply = errors.New("no reply in time")
	errClosed  = errors.New("the destination closed the connection")
	errTooMuch = &smtpwire.ReplyError{Reason: "the destination says more than it was asked"}
)

// unexpected makes a Problem of a reply that refuses the dialogue, or has no place in it.
func (s *session) unexpected(stage Stage, r smtpwire.Reply) *Problem {
	kind := Garbage
	if r.Class() == 4 || r.Class() == 5 {
		kind = Refused
	}
	return &Problem{Kind: kind, Stage: stage, Host: s.host, Reply: r}
}

// tell gives a line of the dialogue to who follows it: the question the session was opened for, or else the
// one that the line belongs to.
func (s *session) tell(q *query, dir Direction, text, more string) {
	trace := s.trace
	if trace == nil && q != nil {
		trace = q.Trace
	}
	if trace != nil {
		trace(Line{time.Now(), dir, text + more})
	}
	if log := s.pool.h.pools.log; log.Enabled(context.Background(), slog.LevelDebug) {
		log.Debug("dialogue", "destination", s.where(), "who", string(dir), "line", text+more)
	}
}

// heard tells every line of a reply.
func (s *session) heard(q *query, r smtpwire.Reply) {
	if s.trace == nil && (q == nil || q.Trace == nil) && !s.pool.h.pools.log.Enabled(context.Background(), slog.LevelDebug) {
		return
	}
	for _, line := range r.Wire() {
		s.tell(q, FromServer, line, "")
	}
}

// note tells that something happened.
func (s *session) note(text string) { s.tell(nil, Note, text, "") }
