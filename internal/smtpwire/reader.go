package smtpwire

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
)

// Bounds on what is read. RFC 5321 section 4.5.3.1 has 512 octets a line; servers that send more exist.
const (
	MaxLine       = 2000 // octets of a line, its end included
	MaxReplyLines = 100
)

// ErrLineTooLong says that a line went on past MaxLine. Its rest is still to come: a server goes on after SkipLine; a
// client, whose server has broken the rules, does not.
var ErrLineTooLong = fmt.Errorf("line longer than %d octets", MaxLine)

// A ReplyError says that what came was no SMTP reply. What follows can't be trusted to answer anything.
type ReplyError struct {
	Reason string
	Line   string // the line that broke the rule, at most MaxLine octets
}

// Error names the rule and the line.
func (e *ReplyError) Error() string {
	return fmt.Sprintf("not an SMTP reply: %s: %.100q", e.Reason, e.Line)
}

// Reader reads lines and replies from one connection.
type Reader struct {
	br *bufio.Reader
}

// NewReader returns a Reader with a buffer of its own, of 4,096 octets.
func NewReader(r io.Reader) *Reader { return NewReaderSize(r, 4096) }

// NewReaderSize returns a Reader with a buffer of size octets, at least 4,096. A larger one than NewReader's asks the
// connection less often where much comes: message data.
func NewReaderSize(r io.Reader, size int) *Reader {
	return &Reader{bufio.NewReaderSize(r, max(size, 4096))}
}

// Buffered returns how many octets have come that no call has returned yet.
func (r *Reader) Buffered() int { return r.br.Buffered() }

// Wait blocks until an octet can be read or the connection's read fails, and takes nothing.
func (r *Reader) Wait() error {
	_, err := r.br.Peek(1)
	return err
}

// ReadLine returns the next line without its end, CRLF or a bare LF. The slice is valid until the next call.
// The error is ErrLineTooLong, or the connection's; io.ErrUnexpectedEOF where a line was cut off. After
// ErrLineTooLong the end of the line is still there for SkipLine.
func (r *Reader) ReadLine() ([]byte, error) {
	line, err := r.br.ReadSlice('\n')
	switch {
	case err == nil && len(line) <= MaxLine:
	case err == nil:
		r.br.UnreadByte() // the LF; behind ReadSlice it can't fail
		return nil, ErrLineTooLong
	case errors.Is(err, bufio.ErrBufferFull):
		return nil, ErrLineTooLong
	case errors.Is(err, io.EOF) && len(line) > 0:
		return nil, io.ErrUnexpectedEOF
	default:
		return nil, err
	}
	return withoutEnd(line), nil
}

// PeekLine returns what the next ReadLine will return, where all of that line has come and it is not too long, and
// takes nothing. It never waits. The slice is valid until the next call.
func (r *Reader) PeekLine() (line []byte, ok bool) {
	w, _ := r.br.Peek(min(r.br.Buffered(), MaxLine))
	i := bytes.IndexByte(w, '\n')
	if i < 0 {
		return nil, false
	}
	return withoutEnd(w[:i+1]), true
}

// SkipLine discards what comes up to the next LF and the LF, at most max octets. The error is ErrLineTooLong where
// these have no LF, and then the connection is of no further use, or the connection's; io.ErrUnexpectedEOF where it
// ended before.
func (r *Reader) SkipLine(max int) error {
	for max > 0 {
		if err := r.Wait(); err != nil {
			return cutOff(err)
		}
		w, _ := r.br.Peek(min(r.br.Buffered(), max))
		if i := bytes.IndexByte(w, '\n'); i >= 0 {
			r.br.Discard(i + 1)
			return nil
		}
		r.br.Discard(len(w))
		max -= len(w)
	}
	return ErrLineTooLong
}

// withoutEnd returns a line that ends with LF without it, and without a CR before it.
func withoutEnd(line []byte) []byte {
	line = line[:len(line)-1]
	if n := len(line); n > 0 && line[n-1] == '\r' {
		line = line[:n-1]
	}
	return line
}

// ReadReply reads one whole reply. A *ReplyError or ErrLineTooLong says that it was none; any other error is
// the connection's.
func (r *Reader) ReadReply() (Reply, error) {
	var reply Reply
	for len(reply.Lines) < MaxReplyLines {
		line, err := r.ReadLine()
		if err != nil {
			if errors.Is(err, io.EOF) && len(reply.Lines) > 0 {
				err = io.ErrUnexpectedEOF
			}
			return Reply{}, err
		}
		code, more, reason := splitReplyLine(line)
		if reason == "" && len(reply.Lines) > 0 && code != reply.Code {
			reason = "its lines have different codes"
		}
		if reason != "" {
			return Reply{}, &ReplyError{reason, string(line)}
		}
		text := string(line[min(4, len(line)):])
		if len(reply.Lines) == 0 {
			reply.Code = code
		}
		if reply.Enhanced.Class == 0 {
			reply.Enhanced = looseEnhanced(text)
		}
		reply.Lines = append(reply.Lines, text)
		if !more {
			return reply, nil
		}
	}
	return Reply{}, &ReplyError{fmt.Sprintf("more than %d lines", MaxReplyLines), reply.Lines[0]}
}

// splitReplyLine reads the code of a reply line and whether another line follows (RFC 5321 section 4.2.1). A
// code without anything behind it is taken, as section 4.2 asks of clients. reason is "" when all is well.
func splitReplyLine(line []byte) (code int, more bool, reason string) {
	if len(line) < 3 || line[0] < '2' || line[0] > '5' || line[1] < '0' || line[1] > '9' || line[2] < '0' || line[2] > '9' {
		return 0, false, "no reply code from 200 to 599"
	}
	for _, c := range line {
		if c == 0 {
			return 0, false, "a NUL octet"
		}
		if c == '\r' {
			return 0, false, "a CR that ends no line"
		}
	}
	code = int(line[0]-'0')*100 + int(line[1]-'0')*10 + int(line[2]-'0')
	if len(line) == 3 {
		return code, false, ""
	}
	switch line[3] {
	case ' ':
		return code, false, ""
	case '-':
		return code, true, ""
	}
	return 0, false, "neither a space nor a hyphen after the code"
}
