package lab

import (
	"bufio"
	"net"
	"time"
)

const (
	destinationPiece   = 4096     // octets of a message that are read at a time
	destinationMessage = 10 << 20 // octets of a message that a Destination takes at most
)

// begin answers DATA.
func (s *lab) begin() {
	switch {
	case !s.d.TakesMail:
		s.say("554 5.7.1 This destination is for trying things on and takes no mail")
	case !s.rcpt:
		s.say("503 5.5.1 MAIL and RCPT first")
	case s.r.Buffered() > 0: // RFC 2920 section 3.1: nothing may follow before the reply
		s.say("554 5.5.1 Nothing may be sent ahead of the reply to DATA")
		s.quit = true
	default:
		s.data = true
		s.say("354 End data with <CR><LF>.<CR><LF>")
	}
}

// message reads a message and throws it away. Only CRLF.CRLF ends it.
func (s *lab) message(conn net.Conn, in *bufio.Reader) error {
	var dots dotReader
	size, ended := 0, false
	for !ended {
		conn.SetDeadline(time.Now().Add(5 * time.Minute))
		if _, err := in.Peek(1); err != nil {
			return err
		}
		var content []byte
		var used int
		piece, _ := in.Peek(in.Buffered())
		content, used, ended = dots.read(piece)
		in.Discard(used)
		size = min(size+len(content), destinationMessage+1)
	}
	s.mail, s.rcpt, s.data = false, false, false
	if size > destinationMessage {
		s.say("552 5.3.4 The message is larger than this destination takes")
		return nil
	}
	s.d.Messages.Add(1)
	s.say("250 2.0.0 Ok: taken and thrown away")
	return nil
}
