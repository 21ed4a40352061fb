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
	quitTimeout = 5 * time.Second  // for the reply to QUIT
	openAtMost  = 10 * time.Second // connect to EHLO reply, while another host is untried
)

// connection is one connection to a host, as callouts and deliveries have it: commands and replies, and what the host
// announced.
type connection struct {
	pool *pool // whose host and flavour it has
	host Host  // as who opened it names it
	conn net.Conn
	r    *smtpwire.Reader
	buf  []byte      // commands to be written
	stop func() bool // undoes that the end of a context closes the connection

	greeting   smtpwire.Reply
	announced  smtpwire.Reply // to the last EHLO; zero after HELO
	pipelining bool           // RFC 2920, announced
	smtputf8   bool           // RFC 6531, announced
	starttls   bool           // RFC 3207, announced
	ehlo       bool           // EHLO was taken, so that what is not announced is not there

	trace   func(Line)    // of the question it was opened for
	timeout time.Duration // for one reply
	heardAt time.Time     // when the last reply came
	broken  bool          // nothing can be said any more
}

// establish connects, greets and turns encryption on; plain says to do so without TLS. It is bounded by ctx, and where
// another host is left to try by openAtMost.
func (c *connection) establish(ctx context.Context, s *Settings, othersLeft, plain bool) *Problem {
	var latest time.Time
	if othersLeft {
		latest = time.Now().Add(openAtMost)
	}
	if problem := c.connect(ctx, s, latest); problem != nil {
		return problem
	}
	return c.greet(s, latest, plain)
}

// part says QUIT where that can still be said (RFC 5321 section 4.1.1.10) and closes the connection.
func (c *connection) part() {
	if !c.broken {
		c.timeout = min(c.timeout, quitTimeout)
		c.command(nil, StageRcpt, time.Time{}, "QUIT", "")
	}
	c.stop()
	c.conn.Close()
	c.note("connection closed")
}

// command writes one command line and reads its reply. What was said before the command can't be that.
func (c *connection) command(q *query, stage Stage, latest time.Time, verb, argument string) (smtpwire.Reply, *Problem) {
	if c.r.Buffered() > 0 {
		return smtpwire.Reply{}, c.lost(stage, errTooMuch)
	}
	c.say(q, verb, argument)
	if problem := c.flush(stage); problem != nil {
		return smtpwire.Reply{}, problem
	}
	return c.read(q, stage, latest)
}

// say adds a command line to what is to be written.
func (c *connection) say(q *query, verb, argument string) {
	c.buf = append(c.buf, verb...)
	c.buf = append(c.buf, argument...)
	c.buf = append(c.buf, "\r\n"...)
	c.tell(q, FromClient, verb, argument)
}

// flush writes what say has collected.
func (c *connection) flush(stage Stage) *Problem {
	c.conn.SetWriteDeadline(time.Now().Add(c.timeout))
	_, err := c.conn.Write(c.buf)
	c.buf = c.buf[:0]
	if err == nil {
		return nil
	}
	return c.lost(stage, err)
}

// read reads one reply, whole, within the reply timeout and until latest where that is set.
func (c *connection) read(q *query, stage Stage, latest time.Time) (smtpwire.Reply, *Problem) {
	deadline := time.Now().Add(c.timeout)
	if !latest.IsZero() && latest.Before(deadline) {
		deadline = latest
	}
	c.conn.SetReadDeadline(deadline)
	reply, err := c.r.ReadReply()
	if err != nil {
		return reply, c.lost(stage, err)
	}
	c.heard(q, reply)
	c.heardAt = time.Now()
	if reply.Code == 421 { // RFC 5321 section 3.8: the server closes, whatever was asked
		c.broken = true
		return reply, &Problem{Kind: Closed, Stage: stage, Host: c.host, Reply: reply}
	}
	return reply, nil
}

// lost makes a Problem of a failed read or write; the session can't go on after it.
func (c *connection) lost(stage Stage, err error) *Problem {
	c.broken = true
	p := &Problem{Kind: Closed, Stage: stage, Host: c.host, Err: err}
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
func (c *connection) unexpected(stage Stage, r smtpwire.Reply) *Problem {
	kind := Garbage
	if r.Class() == 4 || r.Class() == 5 {
		kind = Refused
	}
	return &Problem{Kind: kind, Stage: stage, Host: c.host, Reply: r}
}

// tell gives a line of the dialogue to who follows it.
func (c *connection) tell(q *query, dir Direction, text, more string) {
	if trace := c.follower(q); trace != nil {
		trace(Line{time.Now(), dir, text + more})
	}
	if log := c.pool.h.pools.log; log.Enabled(context.Background(), slog.LevelDebug) {
		log.Debug("dialogue", "destination", c.where(), "who", string(dir), "line", text+more)
	}
}

// follower returns who follows a line. One that belongs to a question is nobody else's: a session serves questions of
// several domains. One that belongs to none is told to the question that the session was opened for.
func (c *connection) follower(q *query) func(Line) {
	if q != nil {
		return q.Trace
	}
	return c.trace
}

// heard tells every line of a reply.
func (c *connection) heard(q *query, r smtpwire.Reply) {
	if c.follower(q) == nil && !c.pool.h.pools.log.Enabled(context.Background(), slog.LevelDebug) {
		return
	}
	for _, line := range r.Wire() {
		c.tell(q, FromServer, line, "")
	}
}

// note tells that something happened.
func (c *connection) note(text string) { c.tell(nil, Note, text, "") }
