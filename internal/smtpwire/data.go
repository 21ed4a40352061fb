package smtpwire

import (
	"bufio"
	"errors"
	"io"
)

// DataReader gives the octets of a message that comes with DATA: the dots that were added taken away, up to the line
// of a single dot (RFC 5321 section 4.5.2). Only CRLF.CRLF ends the data, or .CRLF at its very start. A dot is one
// that was added only where it follows a CRLF that came, or begins the data: a line that begins behind a bare CR or
// LF keeps its dot and never ends anything. NUL and octets above ASCII pass.
//
// Nothing is kept but what the Reader has buffered, so a line may be of any length up to MaxDataLine.
type DataReader struct {
	br       *bufio.Reader
	newlines Newlines
	at       line   // behind the clear octets
	clear    int    // octets at the front of the buffer that pass as they are
	owed     []byte // the rest of the CRLF that stands for a bare newline
	draining bool
	refused  error // why no more of the message is given
	end      error // io.EOF behind the last dot, or the connection's error
}

// Data returns a reader of the message that follows. Nothing else may be read until it came to its end, by Read or
// Drain. BinaryNewlines is not for DATA, and taken as RejectBare.
func (r *Reader) Data(newlines Newlines) *DataReader {
	return &DataReader{br: r.br, newlines: newlines}
}

// Read gives the next octets of the message. It waits only where it has nothing to give. The error is
//   - io.EOF when the data has ended and all of it was given;
//   - ErrBareNewline (RejectBare) or ErrDataLine where the message can't be passed on: it is the answer of every
//     further call, and Drain reads the rest;
//   - io.ErrUnexpectedEOF when the connection ended in the data, or the connection's error. Then no command can follow.
func (d *DataReader) Read(p []byte) (n int, err error) {
	for n < len(p) {
		switch {
		case d.refused != nil:
			return n, unless(n, d.refused)
		case len(d.owed) > 0:
			c := copy(p[n:], d.owed)
			d.owed = d.owed[c:]
			n += c
		case d.clear > 0:
			w, _ := d.br.Peek(min(d.clear, len(p)-n))
			n += copy(p[n:], w)
			d.discard(len(w))
		case d.end != nil:
			return n, unless(n, d.end)
		case !d.advance(n == 0):
			return n, nil
		}
	}
	return n, nil
}

// Drain reads on to the end of the data and gives nothing; progress is called before each wait, with how many octets
// were read since. It does not bound how much that is; the connection's deadline does. The error is io.ErrUnexpectedEOF when the connection ended before, or the connection's.
func (d *DataReader) Drain(progress func(octets int)) error {
	d.draining, d.owed = true, nil
	for d.end == nil {
		n := d.clear
		d.discard(n)
		progress(n)
		d.advance(true)
	}
	if errors.Is(d.end, io.EOF) {
		return nil
	}
	return d.end
}

// discard takes n clear octets out of the buffer.
func (d *DataReader) discard(n int) {
	d.br.Discard(n) // they are in the buffer: it can't fail
	d.clear -= n
}

// advance deals with what comes next, once all that was clear has been taken: it clears octets, or takes a dot or a
// bare newline, or finds the end. It returns false where it would have to wait for octets and is not to.
func (d *DataReader) advance(wait bool) bool {
	if !d.need(1, wait) {
		return d.end != nil
	}
	w, _ := d.br.Peek(d.br.Buffered())
	if !d.at.open && w[0] == '.' {
		return d.dot(wait)
	}
	if d.clear = d.at.plain(w, true); d.clear > 0 {
		if d.at.long && !d.draining {
			d.refused = ErrDataLine
		}
		return true
	}
	if w[0] == 0 { // at the start of a line
		d.at.add(1)
		d.clear = 1
		return true
	}
	if w[0] == '\r' && len(w) == 1 { // its LF may be on its way
		return d.need(2, wait) || d.end != nil
	}
	d.bare()
	return true
}

// dot deals with a dot at the start of a line: it ends the data or is taken away.
func (d *DataReader) dot(wait bool) bool {
	if !d.need(2, wait) {
		return d.end != nil
	}
	w, _ := d.br.Peek(2)
	if w[1] == '\r' {
		if !d.need(3, wait) {
			return d.end != nil
		}
		if w, _ = d.br.Peek(3); w[2] == '\n' {
			d.br.Discard(3)
			d.end = io.EOF
			return true
		}
	}
	d.br.Discard(1)
	d.at.open = true
	return true
}

// bare deals with a bare CR or LF. What follows it is no start of a line in the sense of section 4.5.2.
func (d *DataReader) bare() {
	if d.newlines != NormalizeBare && !d.draining {
		d.refused = ErrBareNewline
		return
	}
	d.br.Discard(1)
	d.at.end(1)
	d.at.open = true
	if !d.draining {
		d.owed = crlf
	}
}

// need sees to it that n octets are buffered. It returns false where they are not there and it is not to wait, or
// where the connection fails.
func (d *DataReader) need(n int, wait bool) bool {
	if d.br.Buffered() >= n {
		return true
	}
	if wait {
		_, err := d.br.Peek(n)
		d.end = cutOff(err)
		return err == nil
	}
	return false
}

// unless returns err where n is 0: what was read is given before the error.
func unless(n int, err error) error {
	if n > 0 {
		return nil
	}
	return err
}

// cutOff returns err, and io.ErrUnexpectedEOF for io.EOF.
func cutOff(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}
