package policy

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
)

// Bounds on a request. Postfix sends about 30 attributes of a few dozen octets.
const (
	maxRequest = 64 << 10 // octets
	maxLine    = 8 << 10  // octets of one line, its end included
)

// request is what is used of a policy request.
type request struct {
	state     string // protocol_state
	recipient string
	client    string // client_address
	sender    string
}

// malformed says why a request can't be answered. Whatever follows on its connection can't be trusted.
type malformed struct{ reason string }

func (m *malformed) Error() string { return "malformed request: " + m.reason }

// newReader returns a reader whose buffer is the longest line.
func newReader(r io.Reader) *bufio.Reader { return bufio.NewReaderSize(r, maxLine) }

// readRequest reads one request. The error is io.EOF where the client had nothing more to ask, a *malformed, or
// the connection's.
func readRequest(br *bufio.Reader, req *request) error {
	if _, err := br.Peek(1); err != nil {
		return err
	}
	// A request has nearly always come whole: then its lines are read where they lie.
	here, _ := br.Peek(br.Buffered())
	p := parser{req: req, last: *req}
	*req = request{}
	for rest := here; ; {
		line, behind, whole := bytes.Cut(rest, []byte("\n"))
		if !whole {
			break
		}
		rest = behind
		if done, err := p.line(line); done || err != nil {
			br.Discard(len(here) - len(rest))
			return err
		}
	}
	return readInPieces(br, req)
}

// readInPieces reads a request that has not come whole.
func readInPieces(br *bufio.Reader, req *request) error {
	p := parser{req: req, last: *req}
	*req = request{}
	for size := 0; ; {
		line, err := br.ReadSlice('\n')
		size += len(line)
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
			return &malformed{fmt.Sprintf("a line longer than %d octets", maxLine)}
		case size > maxRequest:
			return &malformed{fmt.Sprintf("longer than %d octets", maxRequest)}
		case errors.Is(err, io.EOF):
			return &malformed{"the connection ended inside it"}
		case err != nil:
			return err
		}
		if done, err := p.line(line[:len(line)-1]); done || err != nil {
			return err
		}
	}
}

// parser takes the lines of one request.
type parser struct {
	req   *request
	last  request // of the connection: most requests of a message have the same client and sender
	asked bool    // request=smtpd_access_policy was there
	named bool    // a recipient was there
}

// line takes a line without its end. The empty one is the last: done is true, and err says whether the request
// can be answered.
func (p *parser) line(line []byte) (done bool, err error) {
	if n := len(line); n > 0 && line[n-1] == '\r' { // people try this by hand
		line = line[:n-1]
	}
	if len(line) == 0 {
		return true, p.complete()
	}
	name, value, ok := bytes.Cut(line, []byte("="))
	if !ok {
		return false, &malformed{fmt.Sprintf("the line %.60q is not name=value", line)}
	}
	switch string(name) {
	case "request":
		if string(value) != "smtpd_access_policy" {
			return false, &malformed{fmt.Sprintf("request=%.60q is not smtpd_access_policy", value)}
		}
		p.asked = true
	case "protocol_state":
		p.req.state = stateName(value)
	case "recipient":
		p.req.recipient, p.named = string(value), true
	case "client_address":
		p.req.client = again(p.last.client, value)
	case "sender":
		p.req.sender = again(p.last.sender, value)
	}
	return false, nil
}

// complete checks a request that was read to its end.
func (p *parser) complete() error {
	if !p.asked {
		return &malformed{"it has no request=smtpd_access_policy"}
	}
	if p.req.state == rcptState && !p.named {
		return &malformed{"protocol_state=RCPT without a recipient"}
	}
	return nil
}

const rcptState = "RCPT"

// stateName returns a protocol_state without making the usual one anew.
func stateName(value []byte) string { return again(rcptState, value) }

// again returns value as a string, and old where that is the same.
func again(old string, value []byte) string {
	if old == string(value) {
		return old
	}
	return string(value)
}
