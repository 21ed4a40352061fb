package nexthop

import (
	"errors"
	"strconv"
	"sync"

	"callout/internal/callout"
	"callout/internal/smtpwire"
)

const (
	chunkSize = 64 << 10
	headSize  = len("BDAT 65536 LAST\r\n")

	// So many chunks may be without a reply at a hop that takes pipelining.
	maxUnanswered = 4
)

// chunks writes a message in chunks of its own (RFC 3030 section 2).
type chunks struct {
	s          *session
	buf        *[headSize + chunkSize]byte // room for BDAT and its arguments, then the octets
	n          int                         // octets collected
	unanswered int
	refused    smtpwire.Reply // to a chunk
}

var chunkBuffers = sync.Pool{New: func() any { return new([headSize + chunkSize]byte) }}

func newChunks(s *session) *chunks {
	return &chunks{s: s, buf: chunkBuffers.Get().(*[headSize + chunkSize]byte)}
}

func (c *chunks) free() {
	if c.buf != nil {
		chunkBuffers.Put(c.buf)
		c.buf = nil
	}
}

var errChunkRefused = errors.New("the hop refused a part of the message")

// Write collects octets and sends a chunk whenever there is more than one.
func (c *chunks) Write(p []byte) (written int, err error) {
	for len(p) > 0 {
		if c.n == chunkSize {
			if err := c.pass(); err != nil {
				return written, err
			}
		}
		k := copy(c.buf[headSize+c.n:], p)
		c.n += k
		written += k
		p = p[k:]
	}
	return written, nil
}

// pass sends a chunk that is not the last, and reads replies where as many are due as may be.
func (c *chunks) pass() error {
	if err := c.send(""); err != nil {
		return err
	}
	c.unanswered++
	most := 0
	if c.s.takes.pipelining {
		most = maxUnanswered
	}
	return c.hear(most)
}

// last sends the last chunk. Those before it are answered by then: what was refused in part is not to be ended.
func (c *chunks) last() error {
	if err := c.hear(0); err != nil {
		return err
	}
	if c.s.spoke() {
		return errTooMuch
	}
	return c.send(" LAST")
}

// send writes one chunk, in one piece with the command that begins it.
func (c *chunks) send(last string) error {
	var room [headSize]byte
	head := strconv.AppendInt(append(room[:0], "BDAT "...), int64(c.n), 10)
	head = append(append(head, last...), '\r', '\n')
	begin := headSize - len(head)
	copy(c.buf[begin:], head)
	_, err := c.s.Write(c.buf[begin : headSize+c.n])
	c.n = 0
	return err
}

// hear reads replies to chunks until so many at most are due.
func (c *chunks) hear(most int) error {
	for c.unanswered > most {
		reply, problem := c.s.read(callout.StageData, blockTimeout)
		if problem != nil {
			c.refused = problem.Reply
			return problem
		}
		c.unanswered--
		if reply.Class() != 2 {
			c.refused = reply
			return errChunkRefused
		}
	}
	return nil
}
