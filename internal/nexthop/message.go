package nexthop

import (
	"bufio"
	"context"
	"errors"
	"io"
	"sync"
	"time"

	"callout/internal/callout"
	"callout/internal/smtpwire"
)

// message is the message of a delivery while it is passed on, by DATA or by BDAT.
type message struct {
	ctx   context.Context
	stop  func() bool         // undoes that the end of ctx closes the connection
	dots  *smtpwire.DotWriter // DATA; nil with BDAT
	out   *bufio.Writer       // under dots
	bdat  *chunks             // BDAT; nil with DATA
	early smtpwire.Reply
	err   error // of the first Write that failed
}

// bufferSize is that of what is collected for one write of a message that goes by DATA.
const bufferSize = 32 << 10

var buffers = sync.Pool{New: func() any { return bufio.NewWriterSize(nil, bufferSize) }}

// Start begins the message, which may have recipients that were refused but none that is still to be asked. chunks says to use
// BDAT where the hop has CHUNKING, which a binary message needs; else it is DATA. The reply is the hop's to DATA, zero with
// BDAT. Anything but 354 or zero: no message can follow, and Release may. The end of ctx cuts the message until Finish.
func (d *Delivery) Start(ctx context.Context, chunks bool) (smtpwire.Reply, error) {
	s := d.s
	if s == nil || s.broken || d.message != nil || d.accepted == 0 {
		return smtpwire.Reply{}, asError(ctx, &callout.Problem{Kind: callout.Closed, Stage: callout.StageData, Host: d.host, Err: errNoTransaction, Delivery: true})
	}
	m := &message{ctx: ctx, stop: s.watch(ctx)}
	if s.takes.chunking && (chunks || d.envelope.Params.Body == smtpwire.BodyBinary) {
		m.bdat = newChunks(s)
		d.message = m
		return smtpwire.Reply{}, nil
	}
	reply, problem := s.command(callout.StageData, dataTimeout, "DATA")
	if problem == nil && reply.Code != 354 && reply.Class() < 4 {
		problem = s.unexpected(callout.StageData, reply)
	}
	if problem != nil || reply.Code != 354 {
		m.stop()
		if problem == nil {
			d.answered(reply)
		}
		d.broke(ctx, problem)
		return reply, asError(ctx, problem)
	}
	m.out = buffers.Get().(*bufio.Writer)
	m.out.Reset(s)
	m.dots = smtpwire.NewDotWriter(m.out)
	d.message = m
	return reply, nil
}

var errNoTransaction = errors.New("there is no transaction that takes a message")

// Write sends octets of the message (CRLF lines, not stuffed) in bounded pieces. After an error, which may be that the hop has
// replied early, only Cut may follow.
func (d *Delivery) Write(p []byte) (int, error) {
	m := d.message
	if m == nil || d.ended {
		return 0, errNoTransaction
	}
	if m.err != nil {
		return 0, m.err
	}
	n, err := m.writer().Write(p)
	if err != nil {
		m.err = d.failed(err)
		return n, m.err
	}
	return n, nil
}

func (m *message) writer() io.Writer {
	if m.bdat != nil {
		return m.bdat
	}
	return m.dots
}

// EarlyReply returns a 4xx or 5xx, but for 421, that came before the end of the message, where that is why a Write failed; zero
// for none.
func (d *Delivery) EarlyReply() smtpwire.Reply {
	if d.message == nil {
		return smtpwire.Reply{}
	}
	return d.message.early
}

// failed makes an error of what a write of the message met. Why a hop does not take the rest it may have said before it closed.
func (d *Delivery) failed(err error) error {
	m, s := d.message, d.s
	if errors.Is(err, smtpwire.ErrBareNewline) || errors.Is(err, smtpwire.ErrHiddenDot) {
		s.broken = true // what was written can't be ended
		return err
	}
	if m.bdat != nil && !m.bdat.refused.IsZero() {
		m.early = m.bdat.refused
	} else if m.ctx.Err() == nil {
		m.early = s.lastWords()
	}
	problem := s.lost(callout.StageData, err)
	if !m.early.IsZero() {
		problem = s.unexpected(callout.StageData, m.early)
	}
	d.broke(m.ctx, problem)
	if m.early.Code == 421 {
		m.early = smtpwire.Reply{} // it is about the session
	}
	return asError(m.ctx, problem)
}

// lastWords returns the refusal that a hop sent before it stopped to read; zero for none. What was sent is there already.
func (s *session) lastWords() smtpwire.Reply {
	s.link.Conn.SetReadDeadline(time.Now().Add(time.Second))
	for {
		reply, err := s.link.Reader.ReadReply()
		if err != nil {
			return smtpwire.Reply{}
		}
		if reply.Class() >= 4 {
			return reply
		}
	}
}

// Finish ends the message, by a line of one dot or the last chunk, and returns the final reply. The session is kept for the next
// message. The error, a *callout.Problem but for misuse, says that what became of the message is not known, or that it was not
// passed on whole.
func (d *Delivery) Finish(ctx context.Context) (smtpwire.Reply, error) {
	m := d.message
	if m == nil || d.ended {
		return smtpwire.Reply{}, errNoTransaction
	}
	if m.err != nil {
		d.Cut()
		return smtpwire.Reply{}, m.err
	}
	stop := d.s.watch(ctx)
	reply, err := d.finish()
	if !stop() || !m.stop() { // the connection is closed
		d.s.broken = true
	}
	if err != nil && ctx.Err() != nil {
		err = asError(ctx, nil)
	}
	d.end(d.hops.keep)
	return reply, err
}

func (d *Delivery) finish() (smtpwire.Reply, error) {
	m, s := d.message, d.s
	if err := m.end(s); err != nil {
		err = d.failed(err)
		if !m.early.IsZero() {
			return m.early, nil
		}
		return smtpwire.Reply{}, err
	}
	reply, problem := d.finalReply()
	if problem != nil {
		d.broke(m.ctx, problem)
		return smtpwire.Reply{}, asError(m.ctx, problem)
	}
	d.answered(reply)
	s.dirty = m.bdat != nil && reply.Class() != 2
	if reply.Class() == 2 {
		s.rejections, s.resets = 0, 0
	}
	return reply, nil
}

// end writes what ends the message, unless the hop has answered it already: whatever that was an answer to, it was not the
// message.
func (m *message) end(s *session) error {
	if m.bdat != nil {
		return m.bdat.last()
	}
	if s.spoke() {
		return errTooMuch
	}
	if err := m.dots.Close(); err != nil {
		return err
	}
	return m.out.Flush()
}

// spoke reports whether something has come that was not read, as far as that can be told: within TLS it may be none of SMTP's.
func (s *session) spoke() bool {
	return s.link.Reader.Buffered() > 0 || !s.link.TLS && hasSomething(s.link.Conn)
}

// finalReply reads the reply to the message. A hop that speaks LMTP has one for each recipient that it took (RFC 2033 section
// 4.2); were there several, a refusal would outrank the others.
func (d *Delivery) finalReply() (final smtpwire.Reply, problem *callout.Problem) {
	replies := 1
	if d.LMTP() {
		replies = d.accepted
	}
	for range replies {
		reply, problem := d.s.read(callout.StageData, finalTimeout)
		if problem == nil && reply.Class() == 3 {
			problem = d.s.unexpected(callout.StageData, reply)
		}
		if problem != nil {
			return reply, problem
		}
		if final.Class() < reply.Class() {
			final = reply
		}
	}
	return final, nil
}

// free gives back what the message needed, and undoes that the end of its context closes the connection.
func (m *message) free() {
	m.stop()
	if m.out != nil {
		m.out.Reset(nil)
		buffers.Put(m.out)
		m.out, m.dots = nil, nil
	}
	if m.bdat != nil {
		m.bdat.free()
	}
}
