package lab

import "bytes"

// Traffic is what clients have said. Commands are counted where they are in clear text: not within TLS.
type Traffic struct {
	Turns      int64 // writes of a client after the server has said something: round trips that it waited for
	Mails      int64 // MAIL
	Recipients int64 // RCPT
	Resets     int64 // RSET
	Quits      int64 // QUIT
}

// Minus returns what has passed since t had earlier.
func (t Traffic) Minus(earlier Traffic) Traffic {
	return Traffic{
		t.Turns - earlier.Turns, t.Mails - earlier.Mails, t.Recipients - earlier.Recipients,
		t.Resets - earlier.Resets, t.Quits - earlier.Quits,
	}
}

func (t Traffic) plus(o Traffic) Traffic { return t.Minus(Traffic{}.Minus(o)) }

// counter counts the traffic of one connection.
type counter struct {
	Traffic
	heard   bool // the server has said something since the client has
	line    []byte
	secrecy secrecy
}

// secrecy is whether commands can be read.
type secrecy uint8

const (
	readable secrecy = iota
	starting         // STARTTLS was said and not answered
	secret
)

// maxVerb is how much of a command line is kept: its longest verb.
const maxVerb = len("STARTTLS")

// said takes what the client says.
func (c *counter) said(octets []byte) {
	if c.heard {
		c.Turns++
		c.heard = false
	}
	for len(octets) > 0 && c.secrecy == readable {
		line, rest, ended := bytes.Cut(octets, []byte("\n"))
		c.line = append(c.line, line[:min(len(line), maxVerb-len(c.line))]...)
		if ended {
			c.command()
			c.line = c.line[:0]
		}
		octets = rest
	}
}

// command counts the command whose beginning is c.line.
func (c *counter) command() {
	verb, _, _ := bytes.Cut(c.line, []byte(" "))
	switch string(bytes.ToUpper(bytes.TrimRight(verb, "\r"))) {
	case "MAIL":
		c.Mails++
	case "RCPT":
		c.Recipients++
	case "RSET":
		c.Resets++
	case "QUIT":
		c.Quits++
	case "STARTTLS":
		c.secrecy = starting
	}
}

// replied takes what the server says. A handshake follows where it has said 220 to STARTTLS (RFC 3207 section 4).
func (c *counter) replied(octets []byte) {
	if c.secrecy != starting {
		return
	}
	c.secrecy = readable
	if bytes.HasPrefix(octets, []byte("220")) {
		c.secrecy = secret
	}
}
