package lab

import (
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"

	"callout/internal/smtpwire"
)

// handshake is how the destination behaves where TLS begins.
type handshake struct {
	how       outcome
	garbage   bool   // fails: answers with what is no TLS, not with an alert
	expired   bool   // the certificate is
	name      string // of the certificate, "" for the session's host
	version   uint16 // the only one, 0 for any
	wantsCert bool   // a client without a certificate fails the script
}

// outcome is how a handshake ends.
type outcome uint8

const (
	completes outcome = iota
	failing           // the destination breaks it off
	hanging           // the destination says nothing
	refusing          // the client breaks it off
)

var versions = map[string]uint16{"1.0": tls.VersionTLS10, "1.1": tls.VersionTLS11, "1.2": tls.VersionTLS12, "1.3": tls.VersionTLS13}

// parseHandshake reads what stands behind starttls or tls.
func parseHandshake(text string) (h handshake, err error) {
	switch text {
	case "fails":
		return handshake{how: failing}, nil
	case "fails garbage":
		return handshake{how: failing, garbage: true}, nil
	case "hangs":
		return handshake{how: hanging}, nil
	}
	rest := text
	if before, ok := strings.CutSuffix(" "+text, " refused"); ok {
		h.how, rest = refusing, strings.TrimSpace(before)
	}
	switch name, named := strings.CutPrefix(rest, "for "); {
	case rest == "":
	case named && name != "" && !strings.Contains(name, " "):
		h.name = name
	case rest == "expired":
		h.expired = true
	case rest == "wants a certificate":
		h.wantsCert = true
	case versions[rest] != 0:
		h.version = versions[rest]
	default:
		return h, fmt.Errorf("%q is no way to begin TLS", text)
	}
	return h, nil
}

// handshake does the destination's side of a TLS handshake, after which the session goes on within TLS. The
// certificate is for the given names unless the move has another.
func (e *end) handshake(m move, names []string) error {
	if e.r.Buffered() > 0 {
		return errors.New("the client has sent something between STARTTLS and the handshake")
	}
	switch m.shake.how {
	case failing, hanging:
		return e.breakOff(m.shake)
	}
	config, err := serverConfig(m.shake, names)
	if err != nil {
		return err
	}
	conn := tls.Server(plainConn{e.raw, e.in}, config)
	err = conn.Handshake()
	switch {
	case m.shake.how == refusing && err == nil:
		return errors.New("the client took the certificate")
	case m.shake.how == refusing && errors.Is(err, io.EOF):
		return errors.New("the client went away without a word")
	case m.shake.how == refusing:
		return nil
	case err != nil:
		return fmt.Errorf("the handshake failed: %w", err)
	}
	e.within(conn)
	return nil
}

// within has the session go on within TLS.
func (e *end) within(conn *tls.Conn) {
	e.conn, e.in = conn, newPump(tlsReader{conn, e.raw})
	e.r = smtpwire.NewReader(e.in)
	e.pumps = append(e.pumps, e.in)
}

// breakOff waits for the client's first message and answers it as a server that can't go on, or not at all.
func (e *end) breakOff(h handshake) error {
	hello := make([]byte, 5) // a record's header: type, version, length (RFC 8446 section 5.1)
	if _, err := io.ReadFull(e.in, hello); err != nil {
		return fmt.Errorf("the client did not begin the handshake: %w", err)
	}
	if hello[0] != 22 {
		return fmt.Errorf("the client said %q instead of beginning the handshake", hello)
	}
	if _, err := io.CopyN(io.Discard, e.in, int64(hello[3])<<8|int64(hello[4])); err != nil {
		return fmt.Errorf("the client did not begin the handshake: %w", err)
	}
	switch {
	case h.how == hanging:
	case h.garbage:
		io.WriteString(e.conn, "454 4.7.0 TLS not available due to local problem\r\n")
	default:
		e.conn.Write([]byte{21, 3, 1, 0, 2, 2, 40}) // a fatal alert, handshake_failure (section 6)
	}
	return nil
}

// leave ends a session whose handshake does not complete. A destination that breaks it off closes the connection,
// else that is the client's to do.
func (e *end) leave(m move) error {
	if m.shake.how == failing {
		return nil
	}
	return e.drain(-1)
}

// plainConn is the connection as TLS sees it: read through the pump, and written to directly.
type plainConn struct {
	net.Conn
	in *pump
}

func (c plainConn) Read(b []byte) (int, error) { return c.in.Read(b) }

// tlsReader reads within TLS, and closes the connection itself.
type tlsReader struct {
	io.Reader
	io.Closer
}
