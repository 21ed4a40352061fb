package lab

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"io"
	"net"
	"strings"
	"time"
)

// How long a Receiver waits for a client.
const (
	receptionReads  = 5 * time.Minute        // for its next octets
	receptionWrites = 10 * time.Second       // until it takes what is said
	receptionParts  = 100 * time.Millisecond // until it closes in turn
)

// reception is one session of a Receiver. Replies are written when no whole command line is left, so that a flight
// costs one write.
type reception struct {
	r      *Receiver
	number int
	raw    net.Conn
	conn   net.Conn // raw, or TLS within it
	in     *bufio.Reader
	out    []byte // said and not written
	over   bool   // the session ends when out is written

	unwelcome bool // the greeting was none
	greeted   bool // EHLO, LHLO or HELO was taken
	extended  bool // and it was not HELO
	xclient   []string
	mail      *transaction // nil: none
}

func newReception(r *Receiver, number int, conn net.Conn) *reception {
	return &reception{r: r, number: number, raw: conn, conn: conn, in: bufio.NewReaderSize(conn, receiverLine)}
}

// serve holds the session.
func (s *reception) serve() {
	defer s.reset()
	s.greet()
	for !s.over {
		if !s.lineAhead() {
			s.flush()
		}
		if line, ok := s.readLine(); ok {
			s.r.note(s.number, line)
			s.command(line)
		}
	}
	if s.flush(); s.conn != s.raw {
		s.conn.(*tls.Conn).CloseWrite()
	}
	s.part()
}

// greet says who is there.
func (s *reception) greet() {
	fault, reply := s.r.ask(AtConnect, "", 0)
	switch {
	case fault != None:
		s.suffer(fault)
	case reply != "":
		s.unwelcome = true
		s.say(reply)
	default:
		s.unwelcome = !s.at(AtGreeting, "", s.banner())
	}
}

func (s *reception) banner() string { return "220 " + s.r.Hostname + " ESMTP ready" }

// at says the usual reply of a step or what there is instead, and reports whether the step is to be done.
func (s *reception) at(step Step, argument, usual string) bool {
	reply, done := s.decide(step, argument, usual)
	if s.over {
		return false
	}
	s.say(reply)
	return done && !s.over
}

// decide finds the reply of a step, and whether the step is to be done. Where something goes wrong the session is
// over.
func (s *reception) decide(step Step, argument, usual string) (reply string, done bool) {
	fault, reply := s.r.ask(step, argument, 0)
	switch {
	case fault != None:
		s.suffer(fault)
		return "", false
	case reply == "":
		return usual, positive(step, usual)
	default:
		return reply, positive(step, reply) && positive(step, usual)
	}
}

func positive(step Step, reply string) bool {
	if step == AtDATA {
		return strings.HasPrefix(reply, "3")
	}
	return strings.HasPrefix(reply, "2")
}

// say has a reply written soon.
func (s *reception) say(reply string) {
	s.out = append(append(s.out, reply...), "\r\n"...)
	if strings.HasPrefix(reply, "421") {
		s.over = true
	}
}

// flush writes what was said and reports whether all of it was written.
func (s *reception) flush() bool {
	if len(s.out) == 0 {
		return true
	}
	s.raw.SetWriteDeadline(time.Now().Add(receptionWrites))
	_, err := s.conn.Write(s.out)
	s.out = s.out[:0]
	if err != nil {
		s.over = true
	}
	return err == nil
}

// suffer has something go wrong for good.
func (s *reception) suffer(f Fault) {
	s.flush()
	s.over = true
	switch f {
	case Close:
		s.part()
	case Reset:
		if tcp, ok := s.raw.(*net.TCPConn); ok {
			tcp.SetLinger(0)
		}
		s.raw.Close()
	case Hang:
		<-s.r.closed
	}
}

// part closes the connection in such a way that the client can read what was said: with octets unread, closing
// alone would reset it.
func (s *reception) part() {
	if c, ok := s.raw.(interface{ CloseWrite() error }); ok && c.CloseWrite() == nil {
		s.raw.SetReadDeadline(time.Now().Add(receptionParts))
		io.CopyN(io.Discard, s.raw, 1<<20)
	}
	s.raw.Close()
}

// lineAhead reports whether a whole command line has come already.
func (s *reception) lineAhead() bool {
	b, _ := s.in.Peek(s.in.Buffered())
	return bytes.IndexByte(b, '\n') >= 0 && len(s.out) < 4096
}

// readLine reads a command line, which ends with CRLF and has neither CR nor LF else.
func (s *reception) readLine() (string, bool) {
	if s.over {
		return "", false
	}
	s.raw.SetReadDeadline(time.Now().Add(receptionReads))
	b, err := s.in.ReadSlice('\n')
	switch {
	case err == bufio.ErrBufferFull:
		s.say("500 5.5.6 Line too long")
	case err != nil:
	case len(b) < 2 || bytes.IndexByte(b, '\r') != len(b)-2:
		s.say("500 5.5.2 Lines end with CRLF, and have no other CR or LF")
	default:
		return string(b[:len(b)-2]), true
	}
	s.over = true
	return "", false
}
