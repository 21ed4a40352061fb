package smtpwire

import (
	"errors"
	"fmt"
)

// MaxDataLine is the most octets that a line of message data may have, its CRLF included.
const MaxDataLine = 1 << 20

// What makes a message unfit to be passed on. The rest of its octets has still to be read, by Drain, before a
// command can follow.
var (
	// ErrBareNewline says that message data has a CR or an LF that is not part of CRLF (RFC 5321 section 2.3.8).
	ErrBareNewline = errors.New("bare CR or LF in message data")
	// ErrHiddenDot says that a line begins with NULs and a dot: a server that drops NUL would take it for a dot that
	// ends the message, or that was added.
	ErrHiddenDot = errors.New("NUL before a dot at the start of a line of message data")
	// ErrDataLine says that a line of message data went on past MaxDataLine.
	ErrDataLine = fmt.Errorf("line of message data longer than %d octets", MaxDataLine)
)

// Newlines says what is done with a CR or LF in message data that is not part of CRLF. Servers differ in what they
// take for a line's end; a message that means one to us and two to the next server is how mail is smuggled.
type Newlines uint8

// The ways with bare newlines.
const (
	RejectBare     Newlines = iota // they end in ErrBareNewline
	NormalizeBare                  // each becomes CRLF
	BinaryNewlines                 // octets pass as they are: chunks of BODY=BINARYMIME (RFC 3030), nothing else
)

// NewlineState carries what is known of a message's line ends from one chunk to the next (RFC 3030 lets chunks end
// anywhere). The zero value is for a message that begins.
type NewlineState struct {
	newlines Newlines
	at       line
	cr       bool  // the last octet was a CR that the next may complete
	refused  error // ErrBareNewline or ErrDataLine: nothing more of the message is given
}

// EndsWithCRLF reports whether the message so far ends with CRLF, as DATA would need it to. It is true for a message
// without an octet.
func (s *NewlineState) EndsWithCRLF() bool { return !s.at.open }

// Finish says that the message ends here. It returns ErrBareNewline where its last octet was a CR and bare newlines
// are rejected, and the error that made the message unfit earlier.
func (s *NewlineState) Finish() error {
	if s.refused == nil && s.cr && s.newlines == RejectBare {
		s.refused = ErrBareNewline
	}
	return s.refused
}
