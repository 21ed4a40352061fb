package gateway

import (
	"strconv"
	"time"

	"callout/internal/smtpwire"
)

// bdat answers BDAT and passes the chunk on (RFC 3030 section 2). The octets of a chunk that can't be taken are read
// and thrown away: they are no commands.
func (c *session) bdat(args []byte) {
	size, last, err := smtpwire.ParseBDAT(args)
	if err != nil {
		c.reply(501, "5.5.4", oneLine(err.Error()))
		if !c.ended {
			c.farewell("4.5.0", "closing: nobody knows where the chunk ends")
		}
		return
	}
	if int64(c.r.Buffered()) < size { // its octets may wait for the replies (RFC 2920 section 3.2)
		if err := c.flush(); err != nil {
			c.lost(err)
			return
		}
	}
	if a, ok := c.refuseChunk(); !ok {
		c.throwAway(size, last, a)
		return
	}
	if !c.halfway() { // Shutdown waits for a message that has begun
		if !c.setReading(true) {
			c.farewell("4.3.2", "shutting down, try again later")
			return
		}
		if a, ok := c.startMessage(true); !ok {
			c.throwAway(size, last, a)
			c.setReading(false)
			return
		}
	}
	c.renewed = time.Time{} // the deadlines of commands and of data are not the same
	c.chunk(size, last)
	c.renewed = time.Time{}
	if !c.halfway() {
		c.setReading(false)
	}
}

// refuseChunk says why a chunk can't be taken; ok is true where it can.
func (c *session) refuseChunk() (a answer, ok bool) {
	if !c.announces("CHUNKING") {
		return ours(502, 5, 1, "BDAT is not offered"), false
	}
	if c.halfway() {
		return answer{}, true
	}
	return c.refuseMessage()
}

// throwAway reads a chunk that can't be taken, and then says so. After the last one the transaction is over.
func (c *session) throwAway(size int64, last bool, a answer) {
	c.renewed = time.Time{} // the deadlines of commands and of data are not the same
	m := &message{c: c, begun: time.Now(), failed: &a, failedAt: time.Now()}
	if err := c.r.Chunk(size, smtpwire.BinaryNewlines, new(smtpwire.NewlineState)).Drain(m.discarded); err != nil {
		c.lost(err)
		return
	}
	c.renewed = time.Time{}
	c.say(a)
	if last {
		c.drop()
	}
}

// chunk passes on a chunk of the transaction's message. A message that has failed says so at each of its chunks.
func (c *session) chunk(size int64, last bool) {
	m := c.tx.message
	newlines := c.Newlines
	if m.binary {
		newlines = smtpwire.BinaryNewlines
	}
	if m.failed == nil && size > c.MaxMessageSize-m.size {
		m.fail(tooLarge)
	}
	if err := m.relay(c.r.Chunk(size, newlines, &m.state)); err != nil {
		c.abandoned(m, err)
		return
	}
	switch {
	case last:
		c.finish(m)
	case m.failed != nil:
		c.say(*m.failed)
	default:
		c.reply(250, "2.0.0", strconv.FormatInt(size, 10)+" octets received")
	}
}
