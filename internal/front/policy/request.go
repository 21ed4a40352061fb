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
	*req = request{}
	size := 0
	asked, named := false, false
	for {
		line, err := br.ReadSlice('\n')
		size += len(line)
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
			return &malformed{fmt.Sprintf("a line longer than %d octets", maxLine)}
		case size > maxRequest:
			return &malformed{fmt.Sprintf("longer than %d octets", maxRequest)}
		case errors.Is(err, io.EOF) && size > 0:
			return &malformed{"the connection ended inside it"}
		case err != nil:
			return err
		}
		line = bytes.TrimSuffix(line[:len(line)-1], []byte("\r")) // people try this by hand
		if len(line) == 0 {
			return req.complete(asked, named)
		}
		name, value, ok := bytes.Cut(line, []byte("="))
		if !ok {
			return &malformed{fmt.Sprintf("the line %.60q is not name=value", line)}
		}
		switch string(name) {
		case "request":
			if string(value) != "smtpd_access_policy" {
				return &malformed{fmt.Sprintf("request=%.60q is not smtpd_access_policy", value)}
			}
			asked = true
		case "protocol_state":
			req.state = stateName(value)
		case "recipient":
			req.recipient, named = string(value), true
		case "client_address":
			req.client = string(value)
		case "sender":
			req.sender = string(value)
		}
	}
}

// complete checks a request that was read to its end.
func (req *request) complete(asked, named bool) error {
	if !asked {
		return &malformed{"it has no request=smtpd_access_policy"}
	}
	if req.state == rcptState && !named {
		return &malformed{"protocol_state=RCPT without a recipient"}
	}
	return nil
}

const rcptState = "RCPT"

// stateName returns a protocol_state without making the usual one anew.
func stateName(value []byte) string {
	if string(value) == rcptState {
		return rcptState
	}
	return string(value)
}
