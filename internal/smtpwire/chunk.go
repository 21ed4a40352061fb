package smtpwire

import (
	"bufio"
	"io"
)

// ChunkReader gives the octets of one chunk of a message that comes with BDAT (RFC 3030 section 2). Its length is
// known, so nothing in it ends it and dots mean nothing.
type ChunkReader struct {
	br    *bufio.Reader
	state *NewlineState
	left  int64  // octets of the chunk that are not taken out of the buffer
	clear int    // the first of them that pass as they are
	owed  []byte // the rest of a CRLF that is still to be given
	end   error  // the connection's
}

// Chunk returns a reader of the next n octets. Nothing else may be read until it came to its end, by Read or Drain.
// state is that of the message, the same for all its chunks, as is newlines.
func (r *Reader) Chunk(n int64, newlines Newlines, state *NewlineState) *ChunkReader {
	state.newlines = newlines
	return &ChunkReader{br: r.br, state: state, left: n}
}

// Read gives the next octets of the message. It waits only where it has nothing to give. The error is
//   - io.EOF when all n octets were read and given. A CR at their end is given with the LF that the next chunk begins
//     with (RejectBare), or was given as CRLF, and that LF is left out (NormalizeBare);
//   - ErrBareNewline (RejectBare) or ErrDataLine where the message can't be passed on: it is the answer of every
//     further call, for later chunks of the message too, and Drain reads the rest of each;
//   - io.ErrUnexpectedEOF when the connection ended in the chunk, or the connection's error. Then no command can follow.
func (c *ChunkReader) Read(p []byte) (n int, err error) {
	if c.state.newlines == BinaryNewlines {
		return c.readBinary(p)
	}
	for n < len(p) {
		switch {
		case c.state.refused != nil:
			return n, unless(n, c.state.refused)
		case len(c.owed) > 0:
			k := copy(p[n:], c.owed)
			c.owed = c.owed[k:]
			n += k
		case c.clear > 0:
			w, _ := c.br.Peek(min(c.clear, len(p)-n))
			n += copy(p[n:], w)
			c.clear -= len(w)
			c.take(len(w))
		case c.end != nil:
			return n, unless(n, c.end)
		case c.left <= 0:
			return n, unless(n, io.EOF)
		case !c.advance(n == 0):
			return n, nil
		}
	}
	return n, nil
}

// Drain reads on to the end of the chunk and gives nothing; progress is called before each wait, with how many octets
// were read since. The error is io.ErrUnexpectedEOF when the connection
// ended before, or the connection's.
func (c *ChunkReader) Drain(progress func(octets int)) error {
	c.owed, c.clear = nil, 0
	for n := 0; c.left > 0 && c.end == nil; {
		progress(n)
		if n = 0; c.wait() {
			n = int(min(c.left, int64(c.br.Buffered())))
			c.take(n)
		}
	}
	return c.end
}

// advance deals with what comes next, once all that was clear has been taken. It returns false where it would have
// to wait for octets and is not to.
func (c *ChunkReader) advance(wait bool) bool {
	if c.br.Buffered() == 0 && (!wait || !c.wait()) {
		return c.end != nil
	}
	w, _ := c.br.Peek(int(min(c.left, int64(c.br.Buffered()))))
	s := c.state
	if s.cr {
		c.complete(w[0] == '\n')
	} else if c.clear = s.at.plain(w, false); c.clear == 0 {
		c.bare(w)
	}
	if s.at.long && s.refused == nil {
		s.refused = ErrDataLine
	}
	return true
}

// bare deals with the CR or LF that w begins with and that is bare as far as w shows.
func (c *ChunkReader) bare(w []byte) {
	s := c.state
	if w[0] == '\r' && len(w) == 1 { // its LF may be on its way, or begin the next chunk
		s.cr = true
		s.at.add(1)
	} else if s.newlines == RejectBare {
		s.refused = ErrBareNewline
		return
	}
	c.take(1)
	if s.newlines == NormalizeBare {
		c.owed = crlf
		s.at.end(1)
	}
}

// complete deals with the CR that was the last octet, now that it is known whether an LF follows it.
func (c *ChunkReader) complete(byLF bool) {
	s := c.state
	s.cr = false
	if byLF {
		c.take(1)
	}
	switch {
	case s.newlines == NormalizeBare: // CRLF was given for the CR
	case byLF:
		s.at.end(1)
		c.owed = crlf
	default:
		s.refused = ErrBareNewline
	}
}

// readBinary gives octets as they come.
func (c *ChunkReader) readBinary(p []byte) (int, error) {
	switch {
	case len(p) == 0:
		return 0, nil
	case c.end != nil:
		return 0, c.end
	case c.left <= 0:
		return 0, io.EOF
	}
	n, err := c.br.Read(p[:min(c.left, int64(len(p)))])
	c.left -= int64(n)
	c.end = cutOff(err)
	if s := c.state; n > 0 {
		before := s.cr
		if n > 1 {
			before = p[n-2] == '\r'
		}
		s.at.open = !before || p[n-1] != '\n'
		s.cr = p[n-1] == '\r'
	}
	return n, unless(n, c.end)
}

// take takes n octets of the chunk out of the buffer.
func (c *ChunkReader) take(n int) {
	c.br.Discard(n) // they are in the buffer: it can't fail
	c.left -= int64(n)
}

// wait blocks until an octet is buffered. It returns false where the connection fails.
func (c *ChunkReader) wait() bool {
	_, err := c.br.Peek(1)
	c.end = cutOff(err)
	return err == nil
}
