package lab

import (
	"context"
	"fmt"
	"io"
	"net"
	"strings"
	"time"

	"callout/internal/smtpwire"
)

// end is the destination's end of a connection.
type end struct {
	raw   net.Conn
	conn  io.Writer // raw, or what is within TLS
	in    *pump
	r     *smtpwire.Reader
	pumps []*pump // the connection's, then that within TLS
}

func newEnd(conn net.Conn) *end {
	in := newPump(conn)
	return &end{raw: conn, conn: conn, in: in, r: smtpwire.NewReader(in), pumps: []*pump{in}}
}

// stop closes the connection, without a word of TLS: it would be a write that nobody may read.
func (e *end) stop() {
	for _, p := range e.pumps {
		p.stop()
	}
}

// play holds the destination's side of a session.
func (n *Network) play(s *session, conn net.Conn) error {
	e := newEnd(conn)
	defer e.stop()
	for _, m := range s.moves {
		if m.verb == "C" {
			if err := e.hear(m); err != nil {
				return err
			}
			continue
		}
		n.pass(context.Background())
		switch m.verb {
		case "close":
			return nil
		case "hang":
			return e.drain(-1)
		case "starttls", "tls":
			if err := e.handshake(m, n.zone.names(hostOf(s.host))); err != nil {
				return fmt.Errorf("line %d: %w", m.line, err)
			}
			if m.last() {
				return e.leave(m)
			}
		default:
			if err := e.act(m); err != nil {
				return err
			}
		}
	}
	return e.drain(s.line)
}

// hostOf returns the host of host:port.
func hostOf(address string) string {
	if host, _, err := net.SplitHostPort(address); err == nil {
		return host
	}
	return address
}

// hear reads what the client must say.
func (e *end) hear(m move) error {
	line, err := e.r.ReadLine()
	if err != nil {
		return fmt.Errorf("line %d: the client should have said %q: %v", m.line, m.text, err)
	}
	if !matches(m.text, string(line)) {
		return fmt.Errorf("line %d: the client said %q, the script has %q", m.line, line, m.text)
	}
	return nil
}

// act does a move after which the session goes on, or says what it has to say for ever.
func (e *end) act(m move) error {
	switch m.verb {
	case "S":
		if _, err := io.WriteString(e.conn, m.text+"\r\n"); err != nil {
			return fmt.Errorf("line %d: nobody read %q: %v", m.line, m.text, err)
		}
	case "raw":
		io.WriteString(e.conn, m.text) // whoever sends junk may find the connection closed
	case "slowly":
		for i := range len(m.text) {
			if i > 0 {
				time.Sleep(m.wait)
			}
			if _, err := io.WriteString(e.conn, m.text[i:i+1]); err != nil {
				return nil
			}
		}
	case "endless":
		return e.endless(m)
	case "wait":
		time.Sleep(m.wait)
	case "quiet":
		time.Sleep(time.Millisecond)
		if e.r.Buffered() > 0 || e.in.holds() {
			return fmt.Errorf("line %d: the client has sent more ahead", m.line)
		}
	}
	return nil
}

// endlessMost is where endless ends after all, since a client that has read so much has no bound of its own.
const endlessMost = 16 << 20

// endless says the same until the client goes away.
func (e *end) endless(m move) error {
	octets := strings.Repeat(m.text, max(1, 4096/len(m.text)))
	for said := 0; said < endlessMost; said += len(octets) {
		if _, err := io.WriteString(e.conn, octets); err != nil {
			return nil
		}
	}
	return fmt.Errorf("line %d: the client has read %d octets and has not gone away", m.line, endlessMost)
}

// drain reads until the client goes away. Where the script has ended, at a line, the client may not say more.
func (e *end) drain(line int) error {
	for {
		said, err := e.r.ReadLine()
		if err != nil {
			return nil
		}
		if line >= 0 {
			return fmt.Errorf("line %d: after the end of this session the client said %q", line, said)
		}
	}
}
