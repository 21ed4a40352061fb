package smtpwire

import "bytes"

// crlf is what ends a line.
var crlf = []byte("\r\n")

// line is how far a line of message data has come. The zero value is its start.
type line struct {
	open   bool // it has octets: a dot that comes next is not its first
	octets int
	long   bool // it, or a line before it, had more than MaxDataLine octets
}

// add counts n octets of the line.
func (l *line) add(n int) {
	if n > 0 {
		l.open = true
		l.octets += n
		l.long = l.long || l.octets > MaxDataLine
	}
}

// end counts n last octets of the line and begins the next.
func (l *line) end(n int) {
	l.add(n)
	l.open, l.octets = false, 0
}

// stride bounds how far plain looks for a CR at a time: message data of nothing but bare newlines, each of them a
// stop, must not have all that is buffered searched each time.
const stride = 256

// plain returns how many octets at the start of w are text and whole CRLFs, and counts them. It stops before a bare
// CR or LF, before a CR that is the last octet of w, and, where dots is set, before a dot or NUL that begins a line.
func (l *line) plain(w []byte, dots bool) int {
	n := 0
	for n < len(w) {
		if dots && !l.open && (w[n] == '.' || w[n] == 0) {
			return n
		}
		text := w[n:min(n+stride, len(w))]
		cr := bytes.IndexByte(text, '\r')
		if cr >= 0 {
			text = text[:cr]
		}
		if lf := bytes.IndexByte(text, '\n'); lf >= 0 {
			l.add(lf)
			return n + lf
		}
		n += len(text)
		l.add(len(text))
		if cr < 0 {
			continue
		}
		if n+1 >= len(w) || w[n+1] != '\n' {
			return n
		}
		l.end(2)
		n += 2
	}
	return n
}
