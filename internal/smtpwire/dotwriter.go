package smtpwire

import (
	"errors"
	"io"
)

var (
	dot     = []byte(".")
	lastDot = []byte(".\r\n")

	errDataEnded = errors.New("message data was ended before")
)

// DotWriter writes a message for DATA: a dot that begins a line is doubled, and a line of a single dot ends it (RFC
// 5321 section 4.5.2). It takes CRLF as line end and nothing else, so that no octets of a message can end it at a
// server that is less strict.
type DotWriter struct {
	w   io.Writer
	at  line
	cr  bool // the last octet was a CR
	nul bool // the line has nothing but NULs so far
	err error
}

// NewDotWriter returns a writer that writes to w. w has to be buffered: it gets lines and dots apart. Flushing it is
// for the caller.
func NewDotWriter(w io.Writer) *DotWriter { return &DotWriter{w: w} }

// Write writes octets of the message, which need not be whole lines. The error is ErrBareNewline for a CR or LF that
// is not part of CRLF, ErrHiddenDot, or w's; after it the message can't be ended any more.
func (d *DotWriter) Write(p []byte) (n int, err error) {
	for n < len(p) && d.err == nil {
		k := d.next(p[n:])
		if d.err == nil {
			d.write(p[n : n+k])
			n += k
		}
	}
	return n, d.err
}

// Close ends the message: CRLF where its last line has none yet, and the line of a single dot. It leaves w open. The
// error is that of an earlier Write, in which case nothing is written, ErrBareNewline for a CR at the end, or w's.
func (d *DotWriter) Close() error {
	if d.cr && d.err == nil {
		d.err = ErrBareNewline
	}
	if d.at.open {
		d.write(crlf)
	}
	d.write(lastDot)
	err := d.err
	if err == nil {
		d.err = errDataEnded
	}
	return err
}

// next returns how many octets at the start of p can be written as they are, at least one, and doubles the dot that
// they begin with.
func (d *DotWriter) next(p []byte) int {
	if d.cr {
		d.cr = false
		if p[0] != '\n' {
			d.err = ErrBareNewline
		}
		d.at.end(1)
		return 1
	}
	switch {
	case !d.at.open && p[0] == '.':
		d.write(dot)
		d.at.open = true
	case !d.at.open && p[0] == 0, d.nul && p[0] == 0:
		d.nul = true
		d.at.add(1)
		return 1
	case d.nul && p[0] == '.':
		d.err = ErrHiddenDot
		return 1
	}
	d.nul = false
	n := d.at.plain(p, true)
	if n > 0 {
		return n
	}
	if p[0] == '\n' || len(p) > 1 {
		d.err = ErrBareNewline
	}
	d.cr = true
	d.at.add(1)
	return 1
}

// write writes b unless something failed before.
func (d *DotWriter) write(b []byte) {
	if d.err == nil {
		_, d.err = d.w.Write(b)
	}
}
