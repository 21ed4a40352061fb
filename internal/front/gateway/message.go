package gateway

import (
	"errors"
	"io"
	"sync"
	"time"

	"callout/internal/smtpwire"
)

// message is one message on its way from the client to the next hop. What makes it fail cuts the delivery session, so
// that the next hop is left with half a message and never with its end; the rest that the client sends is thrown away.
type message struct {
	c        *session
	tx       *transaction
	begun    time.Time
	size     int64 // octets that came
	chunks   bool  // it comes with BDAT
	binary   bool  // BODY=BINARYMIME: its octets are passed on as they are
	asData   bool  // the next hop takes it with DATA
	state    smtpwire.NewlineState
	fields   received
	failed   *answer // why it can't be passed on
	failedAt time.Time
}

// source is where the octets of a message come from: DATA, or a chunk of BDAT. Both give none that is not fit to be
// passed on.
type source interface {
	io.Reader
	Drain(progress func(octets int)) error
}

// pieces are what messages are passed on in.
var pieces = sync.Pool{New: func() any { return new([32 << 10]byte) }}

// startMessage begins a message at the next hop, with the Received field in front. Where it can't, the answer says why, and
// ok is false.
func (c *session) startMessage(chunks bool) (a answer, ok bool) {
	tx := c.tx
	reply, err := tx.delivery.Start(c.ctx, chunks)
	switch {
	case err != nil:
		tx.breaks(connectionLost.after(err))
		return *tx.broken, false
	case !reply.IsZero() && reply.Code != 354:
		a = theirs(reply, "")
		tx.refused(a)
		return a, false
	}
	m := &message{
		c: c, tx: tx, begun: time.Now(), chunks: chunks,
		binary: tx.params.Body == smtpwire.BodyBinary, asData: !reply.IsZero(),
	}
	tx.message = m
	m.write(m.trace())
	return answer{}, true
}

// relay passes on what a source gives, up to its end. The error is the client's connection's: nothing can be read
// from it any more, and nothing of the message is left at the next hop.
func (m *message) relay(src source) error {
	piece := pieces.Get().(*[32 << 10]byte)
	defer pieces.Put(piece)
	for m.failed == nil {
		m.await()
		n, err := src.Read(piece[:])
		m.take(piece[:n])
		switch {
		case err == nil:
		case errors.Is(err, io.EOF):
			return nil
		case errors.Is(err, smtpwire.ErrBareNewline):
			m.fail(bareNewline)
		case errors.Is(err, smtpwire.ErrDataLine):
			m.fail(lineTooLong)
		default:
			m.tx.cut()
			return err
		}
	}
	return src.Drain(m.discarded)
}

// discarded counts octets that were thrown away, and gives the client its time for more: a message that has failed is
// heard to its end, so that the client hears why.
func (m *message) discarded(octets int) {
	m.size += int64(octets)
	m.await()
}

// What is wrong with messages.
var (
	bareNewline = ours(550, 5, 2, "bare CR or LF in the message: lines end with CRLF")
	hiddenDot   = ours(550, 5, 2, "NUL before a dot at the start of a line")
	lineTooLong = ours(554, 6, 0, "line of the message too long")
	tooLarge    = ours(552, 3, 4, "message too large")
	tooManyHops = ours(554, 4, 6, "too many Received fields: the message goes round in a loop")
	noLineEnd   = ours(554, 6, 3, "the last line lacks CRLF, and the next hop takes no BDAT")
)

// take passes octets on, unless they are too many.
func (m *message) take(p []byte) {
	if len(p) == 0 {
		return
	}
	m.size += int64(len(p))
	m.fields.scan(p)
	switch {
	case m.size > m.c.MaxMessageSize:
		m.fail(tooLarge)
	case m.fields.n > mostReceived:
		m.fail(tooManyHops)
	default:
		m.write(p)
	}
}

// write gives octets to the next hop. One that has had enough may have said why.
func (m *message) write(p []byte) {
	_, err := m.tx.delivery.Write(p)
	switch {
	case err == nil:
		return
	case errors.Is(err, smtpwire.ErrHiddenDot):
		m.fail(hiddenDot)
		return
	}
	early := m.tx.delivery.EarlyReply()
	if early.Class() == 4 || early.Class() == 5 {
		m.fail(theirs(early, ""))
		return
	}
	m.fail(connectionLost.after(err))
}

// fail says that the message will not be passed on, and sees to it that it is not.
func (m *message) fail(why answer) {
	m.failed, m.failedAt = &why, time.Now()
	m.tx.cut()
}

// finish ends a message that has come whole and returns what became of it: what the next hop says.
func (m *message) finish() answer {
	if m.chunks && m.failed == nil {
		switch {
		case !m.binary && m.state.Finish() != nil:
			m.fail(bareNewline)
		case m.asData && !m.state.EndsWithCRLF():
			m.fail(noLineEnd)
		}
	}
	if m.failed != nil {
		return *m.failed
	}
	reply, err := m.tx.delivery.Finish(m.c.ctx)
	m.tx.delivery = nil // it is the hop's again, or gone
	if err != nil {
		return connectionLost.after(err)
	}
	return theirs(reply, "")
}

// await gives the client its time to send the next octets. Each octet renews it, but a client that is slow on the
// whole is not waited for longer than its octets at the least rate would take.
func (m *message) await() {
	c, now := m.c, time.Now()
	if now.Sub(c.renewed) < renewEvery {
		return
	}
	c.renewed = now
	c.conn.SetReadDeadline(m.mustEnd(now.Add(c.DataTimeout)).Add(renewEvery))
}

// mustEnd returns by, or when the client is too slow on the whole where that is earlier. What is thrown away may take
// a session's time and no longer: it need not have an end.
func (m *message) mustEnd(by time.Time) time.Time {
	if rate := int64(m.c.MinDataRate); rate > 0 {
		by = earlier(by, m.begun.Add(m.c.DataTimeout+time.Duration(m.size/rate)*time.Second))
	}
	if m.failed != nil {
		by = earlier(by, m.failedAt.Add(m.c.SessionTimeout))
	}
	return by
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}
