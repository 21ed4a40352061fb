package callout

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"os"
	"strings"
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

// session is one connection to a host. It belongs to the goroutine that runs pool.work.
type session struct {
	pool *pool
	conn net.Conn
	r    *smtpwire.Reader
	buf  []byte // commands to be written
	stop func() bool

	pipelining bool // RFC 2920, announced
	smtputf8   bool // RFC 6531, announced
	ehlo       bool // EHLO was taken, so that what is not announced is not there

	trace      func(Line)    // of the question it was opened for
	timeout    time.Duration // for one reply
	answered   int           // replies to RCPT
	rejections int           // those that were not 2xx
	resets     int
	rejectMax  int  // it ends at so many rejections
	retire     bool // it takes no more questions; QUIT is still said
	broken     bool // nothing can be said any more

	held func() // gives the last answer of a flight, once the session is free again
}

// open makes a session for the question at the head of the queue.
func open(p *pool, q *query) (*session, *Problem) {
	s := &session{pool: p, trace: q.Trace, timeout: q.Settings.ReplyTimeout, rejectMax: maxRejections}
	var latest time.Time
	if q.othersLeft {
		latest = time.Now().Add(openAtMost)
	}
	problem := s.connect(q, latest)
	if problem == nil {
		problem = s.greet(q, latest)
	}
	p.pools.metrics.connected(problem)
	if problem == nil {
		return s, nil
	}
	s.note(problem.Error())
	if s.conn != nil {
		s.broken = s.broken || problem.Kind != Refused // a refusal leaves a server that listens
		s.end()
	}
	return nil, problem
}

// connect opens the connection.
func (s *session) connect(q *query, latest time.Time) *Problem {
	ctx, cancel := context.WithTimeout(s.pool.pools.ctx, q.Settings.ConnectTimeout)
	defer cancel()
	if !latest.IsZero() {
		ctx, cancel = context.WithDeadline(ctx, latest)
		defer cancel()
	}
	s.note("connecting to " + s.pool.host.String())
	conn, err := s.pool.pools.dial(ctx, "tcp", s.pool.host.String())
	if err != nil {
		return &Problem{Kind: NoConnection, Stage: StageConnect, Host: s.pool.host, Err: plain(err)}
	}
	s.conn, s.r = conn, smtpwire.NewReader(conn)
	s.stop = context.AfterFunc(s.pool.pools.ctx, func() { conn.Close() })
	return nil
}

// plain leaves out of a dial error what its Problem says already.
func plain(err error) error {
	var op *net.OpError
	if errors.As(err, &op) {
		err = op.Err
	}
	var call *os.SyscallError
	if errors.As(err, &call) {
		err = call.Err
	}
	return err
}

// greet reads the greeting and says EHLO, or HELO where EHLO is refused (RFC 5321 sections 3.1, 3.2 and 4.1.1.1).
func (s *session) greet(q *query, latest time.Time) *Problem {
	greeting, problem := s.read(nil, StageGreeting, latest)
	if problem == nil && greeting.Code != 220 {
		problem = s.unexpected(StageGreeting, greeting)
	}
	if problem != nil {
		return problem
	}
	if strings.Contains(greeting.Text(), "Postfix") {
		s.rejectMax = maxRejectionsPostfix
	}
	hello, problem := s.command(nil, StageEHLO, latest, "EHLO ", q.Settings.Hostname)
	if problem != nil {
		return problem
	}
	if hello.Code == 250 {
		s.ehlo = true
		s.learn(hello)
		return nil
	}
	if hello.Class() == 5 {
		hello, problem = s.command(nil, StageEHLO, latest, "HELO ", q.Settings.Hostname)
		if problem != nil || hello.Code == 250 {
			return problem
		}
	}
	return s.unexpected(StageEHLO, hello)
}

// learn reads the extensions of an EHLO reply.
func (s *session) learn(hello smtpwire.Reply) {
	for _, line := range hello.Lines[1:] {
		keyword, _, _ := strings.Cut(line, " ")
		switch strings.ToUpper(keyword) {
		case "PIPELINING":
			s.pipelining = true
		case "SMTPUTF8":
			s.smtputf8 = true
		}
	}
}

// serve takes questions until the session is spent, broken or was idle for long.
func (s *session) serve() {
	defer s.release()
	defer s.pool.ended()
	for !s.broken && !s.retire && s.rejections < s.rejectMax && s.resets < maxResets {
		qs := s.next()
		if len(qs) == 0 {
			return
		}
		s.fly(qs)
	}
}

// next takes the questions for the next flight and waits for some where there are none. It returns none when
// the session is to end.
func (s *session) next() []*query {
	p := s.pool
	p.mu.Lock()
	defer p.mu.Unlock()
	deadline := time.Now().Add(idleFor)
	for {
		if p.front() != nil {
			qs := p.take(s.room())
			s.release()
			return qs
		}
		if p.closed {
			return nil
		}
		// A question that comes while the session is idle wakes it by ending the wait for the connection.
		s.conn.SetReadDeadline(deadline)
		p.idle = append(p.idle, s)
		s.release()
		p.mu.Unlock()
		err := s.r.Wait()
		p.mu.Lock()
		woken := !p.dropIdle(s)
		if !errors.Is(err, os.ErrDeadlineExceeded) {
			s.idleEnded(err) // it closed, or spoke unasked: what it says next would be misread as an answer
			return nil
		}
		if !woken {
			return nil
		}
	}
}

// release gives the answer that was held back until the session is free, or ends.
func (s *session) release() {
	if s.held != nil {
		s.held()
		s.held = nil
	}
}

// idleEnded marks the session as one that can't be spoken to any more.
func (s *session) idleEnded(err error) {
	s.broken = true
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

// wake ends the wait of an idle session.
func (s *session) wake() { s.conn.SetReadDeadline(time.Unix(1, 0)) }

// room returns how many RCPTs the next flight may carry: one question with its probe, and never more than the
// session may still have refused.
func (s *session) room() int { return min(2, s.rejectMax-s.rejections) }

// end says QUIT where that can still be said (RFC 5321 section 4.1.1.10) and closes the connection.
func (s *session) end() {
	if !s.broken {
		s.timeout = min(s.timeout, quitTimeout)
		s.command(nil, StageRcpt, time.Time{}, "QUIT", "")
	}
	s.stop()
	s.conn.Close()
	s.note("connection closed")
	s.pool.pools.log.Debug("session ended", "destination", s.pool.host.String(),
		"rcpts", s.answered, "rejections", s.rejections)
}

// command writes one command line and reads its reply.
func (s *session) command(q *query, stage Stage, latest time.Time, verb, argument string) (smtpwire.Reply, *Problem) {
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
	if reply.Code == 421 { // RFC 5321 section 3.8: the server closes, whatever was asked
		s.broken = true
		return reply, &Problem{Kind: Closed, Stage: stage, Host: s.pool.host, Reply: reply}
	}
	return reply, nil
}

// lost makes a Problem of a failed read or write; the session can't go on after it.
func (s *session) lost(stage Stage, err error) *Problem {
	s.broken = true
	p := &Problem{Kind: Closed, Stage: stage, Host: s.pool.host, Err: err}
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
)

// unexpected makes a Problem of a reply that refuses the dialogue, or has no place in it.
func (s *session) unexpected(stage Stage, r smtpwire.Reply) *Problem {
	kind := Garbage
	if r.Class() == 4 || r.Class() == 5 {
		kind = Refused
	}
	return &Problem{Kind: kind, Stage: stage, Host: s.pool.host, Reply: r}
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
	if log := s.pool.pools.log; log.Enabled(context.Background(), slog.LevelDebug) {
		log.Debug("dialogue", "destination", s.pool.host.String(), "who", string(dir), "line", text+more)
	}
}

// heard tells every line of a reply.
func (s *session) heard(q *query, r smtpwire.Reply) {
	if s.trace == nil && (q == nil || q.Trace == nil) && !s.pool.pools.log.Enabled(context.Background(), slog.LevelDebug) {
		return
	}
	for _, line := range r.Wire() {
		s.tell(q, FromServer, line, "")
	}
}

// note tells that something happened.
func (s *session) note(text string) { s.tell(nil, Note, text, "") }
