package lab

import "strconv"

// Received is one message that was taken: the final reply said 2xx, and it was written whole.
type Received struct {
	Session int      // 1 for the first connection, as in the Transcript
	Mail    string   // the argument of MAIL as it came
	Rcpts   []string // the arguments of RCPT as they came, of the recipients that were accepted; LMTP: to the end
	Data    []byte   // dots taken away; only CRLF.CRLF has ended it
	Chunked bool     // it came with BDAT
	XCLIENT []string // the arguments of XCLIENT as they came, of the session so far
	TLS     bool

	// Lenient is how many messages a reader would have seen in what came behind DATA that takes any CR, LF and
	// CRLF for the end of a line and leaves NUL out: 1 where nothing but the true end looks like an end. It is 1
	// for BDAT, whose octets are counted.
	Lenient int
}

// Step is a point of a session at which a Receiver can do something else than usual.
type Step uint8

// The steps of a session.
const (
	AtConnect  Step = iota // a connection has come
	AtGreeting             // before 220
	AtEHLO                 // HELO and LHLO too
	AtXCLIENT
	AtMAIL
	AtRCPT
	AtDATA  // before 354
	AtBody  // within message data, before each piece of at most 4 KiB; argument: octets so far
	AtChunk // the BDAT line has been read, its octets have not
	AtEnd   // the whole message has been read, the final reply not said; argument: MAIL's; LMTP: RCPT's, for each
	AtRSET
	AtQUIT
	AtSTARTTLS

	steps = iota
)

// Fault is something that goes wrong.
type Fault uint8

// What can go wrong. What was answered before is written first.
const (
	None    Fault = iota
	Close         // the connection is closed (FIN)
	Reset         // the connection is reset (RST)
	Hang          // nothing more is read or said until Receiver.Close
	Garbage       // what is no reply is said instead of the reply, the step is not done, and the session goes on
)

// noReply is what Garbage says.
const noReply = "\x16\x03\x01 this is no reply\x80"

// ask asks Fault and Refuse about a step: what goes wrong, and the reply in place of the usual one, "" for that.
func (r *Receiver) ask(step Step, argument string, n int64) (Fault, string) {
	if r.Fault == nil && r.Refuse == nil {
		return None, ""
	}
	r.asking.Lock()
	defer r.asking.Unlock()
	r.times[step]++
	if step == AtBody {
		argument = strconv.FormatInt(n, 10)
	} else {
		n = r.times[step]
	}
	if r.Fault != nil {
		switch fault := r.Fault(step, n); fault {
		case None:
		case Garbage:
			return None, noReply
		default:
			return fault, ""
		}
	}
	if r.Refuse == nil || step == AtConnect {
		return None, ""
	}
	return None, r.Refuse(step, argument)
}
