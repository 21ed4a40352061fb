package lab

import (
	"strconv"
	"strings"
	"time"
)

// receptionPiece is how many octets of a message are read at a time at most.
const receptionPiece = 4096

const tooLarge = "552 5.3.4 The message is larger than announced"

// data answers DATA and reads the message.
func (s *reception) data(argument string) {
	usual := "354 End with CRLF.CRLF"
	switch t := s.mail; {
	case t == nil || t.chunked || t.binary:
		usual = "503 5.5.1 Not now"
	case len(t.rcpts) == 0:
		usual = "503 5.5.1 There is no recipient"
	case argument != "":
		usual = "501 5.5.4 DATA has no arguments"
	}
	if !s.at(AtDATA, argument, usual) || !s.flush() {
		return
	}
	var ends endCounter
	var dots dotReader
	for ended := false; !ended; {
		piece := s.piece(s.mail, receptionPiece)
		if s.over {
			return
		}
		var content []byte
		var used int
		content, used, ended = dots.read(piece)
		ends.count(piece[:used])
		s.mail.came += int64(used)
		s.keep(s.mail, content)
		s.in.Discard(used)
	}
	s.mail.lenient = ends.n
	s.end()
}

// chunk answers BDAT, whose octets are read even where it is refused (RFC 3030 section 2).
func (s *reception) chunk(argument string) {
	size, last, ok := parseChunk(argument)
	if !s.may("CHUNKING") || !ok {
		s.say("501 5.5.4 CHUNKING was not announced, or how many octets follow can't be read")
		s.over = true
		return
	}
	t := s.mail
	usual := "250 2.0.0 So far"
	if t == nil || len(t.rcpts) == 0 || t.failed != "" || t.answered {
		usual = "503 5.5.1 Not now"
	}
	if t == nil {
		t = &transaction{failed: usual} // only its octets matter
	}
	reply, done := s.decide(AtChunk, argument, usual)
	t.chunked, t.lenient = true, 1
	if !done && t.failed == "" {
		t.failed = reply
	}
	answered := t.answered
	if s.over || !s.flush() || !s.octets(t, size) {
		return
	}
	switch {
	case last && done:
		s.end()
		return
	case t.answered && !answered:
	case done && t.failed != "":
		s.say(t.failed)
	default:
		s.say(reply)
	}
	if last {
		s.reset()
	}
}

// octets reads so many octets of a message.
func (s *reception) octets(t *transaction, size int64) bool {
	for size > 0 {
		piece := s.piece(t, min(size, receptionPiece))
		if s.over {
			return false
		}
		t.came += int64(len(piece))
		s.keep(t, piece)
		s.in.Discard(len(piece))
		size -= int64(len(piece))
	}
	return true
}

// parseChunk reads the arguments of BDAT.
func parseChunk(argument string) (size int64, last, ok bool) {
	number, word, more := strings.Cut(argument, " ")
	n, err := strconv.ParseUint(number, 10, 62)
	return int64(n), more, err == nil && (!more || strings.EqualFold(word, "LAST"))
}

// piece returns the next octets of a message, which stay in the buffer, unless the session is over.
func (s *reception) piece(t *transaction, most int64) []byte {
	fault, reply := s.r.ask(AtBody, "", t.came)
	if reply != "" && !t.answered {
		t.answered = true
		s.say(reply)
		s.flush()
	}
	if fault != None {
		s.suffer(fault)
	}
	if s.over {
		return nil
	}
	s.raw.SetReadDeadline(time.Now().Add(receptionReads))
	if _, err := s.in.Peek(1); err != nil {
		s.over = true
		return nil
	}
	b, _ := s.in.Peek(int(min(int64(s.in.Buffered()), most)))
	return b
}

// keep adds octets to a message, as long as it can be taken.
func (s *reception) keep(t *transaction, octets []byte) {
	switch {
	case t.failed != "" || t.answered:
		return
	case s.r.size > 0 && int64(len(t.data)+len(octets)) > s.r.size:
		t.failed = tooLarge
	case !s.r.hold(len(octets)):
		t.failed = "452 4.3.1 There is no room left"
	default:
		t.held += len(octets)
		t.data = append(t.data, octets...)
		return
	}
	s.r.octets.Add(-int64(len(t.data)))
	t.held -= len(t.data)
	t.data = nil
}

// end answers the whole message, in LMTP once for each recipient (RFC 2033 section 4.2), and remembers it.
func (s *reception) end() {
	defer s.reset()
	t := s.mail
	if t.answered {
		return
	}
	usual, asked := "250 2.0.0 Taken", []string{t.mail}
	if t.failed != "" {
		usual = t.failed
	}
	if s.r.LMTP {
		asked = t.rcpts
	}
	s.r.taking.Lock()
	taken, fault := s.answer(asked, usual)
	if s.flush() && len(taken) > 0 {
		if !s.r.LMTP {
			taken = t.rcpts
		}
		s.r.received = append(s.r.received, Received{Session: s.number, Mail: t.mail, Rcpts: taken, Data: t.data,
			Chunked: t.chunked, XCLIENT: s.xclient[:len(s.xclient):len(s.xclient)], TLS: s.withinTLS(), Lenient: t.lenient})
		t.held = 0 // it stays counted
	}
	s.r.taking.Unlock()
	if fault != None {
		s.suffer(fault)
	}
}

// answer says the final replies. It returns those who were told that the message was taken, and what went wrong
// before the next reply.
func (s *reception) answer(asked []string, usual string) (taken []string, fault Fault) {
	for _, who := range asked {
		fault, reply := s.r.ask(AtEnd, who, 0)
		if fault != None {
			return taken, fault
		}
		if reply == "" {
			reply = usual
		}
		s.say(reply)
		if positive(AtEnd, reply) && positive(AtEnd, usual) {
			taken = append(taken, who)
		}
		if s.over {
			break
		}
	}
	return taken, None
}
