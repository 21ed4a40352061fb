package lab

import (
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"strings"
	"time"

	"callout/internal/address"
)

// modelSession is one session of a Model.
type modelSession struct {
	m      *Model
	number uint64
	rng    *rand.Rand
	conn   net.Conn
	in     <-chan string // lines that have come
	client conduct

	mail       bool // a transaction is open
	recipients int  // that were taken in it
	errors     int  // replies to RCPT other than 2xx
	resets     int
}

// chance reports whether a chance of one in n has come, which 0 never does.
func (s *modelSession) chance(n int) bool { return n > 0 && s.rng.IntN(n) == 0 }

// delay returns how long a reply takes this time.
func (s *modelSession) delay() time.Duration {
	if s.m.habits.Delay == 0 {
		return 0
	}
	return time.Duration(s.rng.Int64N(int64(s.m.habits.Delay) + 1))
}

// run holds the session.
func (s *modelSession) run(welcome bool) {
	s.client.s = s
	s.in = s.client.listen()
	defer func() {
		s.conn.Close()
		for range s.in {
		}
	}()
	time.Sleep(s.delay())
	if !welcome {
		s.end("421 4.7.0 Too many connections from you")
		return
	}
	if s.chance(s.m.habits.Sulks) {
		s.sulk()
		return
	}
	greeting := "220 mx.example.com ESMTP"
	if s.m.habits.Postfix {
		greeting += " Postfix"
	}
	if s.say(greeting) {
		for s.turn() {
		}
	}
}

// sulk refuses the session in its greeting. Only after 421 it does not wait for QUIT.
func (s *modelSession) sulk() {
	switch s.rng.IntN(3) {
	case 0:
		s.end("421 4.3.2 Not now")
		return
	case 1:
		s.say("450 4.3.2 Not now")
	default:
		s.say("554 5.3.2 Not for you")
	}
	for line := range s.in {
		if strings.EqualFold(line, "QUIT") {
			s.say("221 2.0.0 Bye")
			return
		}
		s.say("503 5.5.1 Not for you")
	}
}

// turn answers one command and reports whether the session goes on.
func (s *modelSession) turn() bool {
	line, ok := s.next()
	if !ok {
		return false
	}
	h := s.m.habits
	time.Sleep(s.delay())
	switch {
	case s.chance(h.Closes):
		s.end([]string{"421 4.3.2 Closing", ""}[s.rng.IntN(2)])
		return false
	case s.chance(h.Hangs):
		s.client.excuse()
		for range s.in {
		}
		return false
	case s.chance(h.Garbage):
		s.client.excuse()
		s.client.answered()
		return s.write(garbage[s.rng.IntN(len(garbage))])
	}
	verb, rest, _ := strings.Cut(line, " ")
	switch strings.ToUpper(verb) {
	case "RCPT":
		return s.recipient(rest)
	case "RSET":
		s.mail = false
		s.resets++
		return s.cut(h.Resets, s.resets, "250 2.0.0 Ok")
	case "QUIT":
		s.say("221 2.0.0 Bye")
		return false
	}
	return s.say(s.other(strings.ToUpper(verb)))
}

// garbage is what no client may take for a reply.
var garbage = []string{"What?\r\n", "\x00\x00\x00\r\n", "250-a\r\n550 b\r\n", "2500 Ok\r\n", "25\r\n", "250_Ok\r\n"}

// other returns the reply to a command that is neither RCPT, RSET nor QUIT.
func (s *modelSession) other(verb string) string {
	h := s.m.habits
	switch verb {
	case "EHLO":
		if h.HELO {
			return "500 5.5.1 What?"
		}
		reply := "250-mx.example.com\r\n"
		if h.Pipelining {
			reply += "250-PIPELINING\r\n"
		}
		if h.SMTPUTF8 {
			reply += "250-SMTPUTF8\r\n"
		}
		return reply + "250 ENHANCEDSTATUSCODES"
	case "HELO":
		return "250 mx.example.com"
	case "MAIL":
		s.mail, s.recipients = !s.chance(h.RefusesMail), 0
		if !s.mail {
			s.client.mailRefused()
			return "452 4.3.1 Not now"
		}
		return "250 2.1.0 Ok"
	case "NOOP":
		return "250 2.0.0 Ok"
	case "DATA", "BDAT":
		return "554 5.7.1 No mail here"
	}
	return "502 5.5.2 What?"
}

// recipient answers RCPT.
func (s *modelSession) recipient(path string) bool {
	h := s.m.habits
	r := recipientOf(path)
	reply := fmt.Sprintf("250 2.1.5 <%s> Ok", r)
	accepted, _ := s.m.Truth(r)
	switch {
	case !s.mail:
		reply = "503 5.5.1 MAIL first"
	case h.PerTransaction > 0 && s.recipients >= h.PerTransaction:
		reply = h.Beyond
	case s.chance(h.Temporary):
		reply = fmt.Sprintf("450 4.2.1 <%s>: Mailbox busy", r)
	case !accepted:
		time.Sleep(h.RejectionDelay)
		reply = fmt.Sprintf("550 5.1.1 <%s>: Recipient address rejected: User unknown", r)
		s.client.told()
	default:
		s.recipients++
	}
	if reply[0] == '2' {
		return s.say(reply)
	}
	s.errors++
	return s.cut(h.Rejections, s.errors, reply)
}

// recipientOf reads the path of RCPT, zero where it is none.
func recipientOf(path string) address.Recipient {
	_, path, _ = strings.Cut(path, "<")
	path, _, _ = strings.Cut(path, ">")
	r, _ := address.Parse(path)
	return r
}

// cut gives a reply, and ends the session where the command was the one too many.
func (s *modelSession) cut(c Cut, n int, reply string) bool {
	if c.N == 0 || n < c.N {
		return s.say(reply)
	}
	if c.Behind {
		s.client.excuse() // the client may see the end together with the reply
		s.say(reply)
	}
	s.end(c.Reply)
	return false
}

// next returns the next command. It ends the session that was idle for long.
func (s *modelSession) next() (string, bool) {
	var idle <-chan time.Time
	if s.m.habits.IdleFor > 0 {
		timer := time.NewTimer(s.m.habits.IdleFor)
		defer timer.Stop()
		idle = timer.C
	}
	select {
	case line, ok := <-s.in:
		return line, ok
	case <-idle:
		s.end("421 4.4.2 Idle for too long")
		return "", false
	}
}

// say answers the oldest command that has no reply, or greets.
func (s *modelSession) say(reply string) bool {
	s.client.answered()
	return s.write(reply + "\r\n")
}

// end says why the session ends, unless it is "".
func (s *modelSession) end(reply string) {
	s.client.excuse()
	if reply != "" {
		s.say(reply)
	}
}

func (s *modelSession) write(octets string) bool {
	_, err := io.WriteString(s.conn, octets)
	return err == nil
}
