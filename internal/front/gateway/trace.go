package gateway

import (
	"bytes"
	"crypto/tls"
	"fmt"
	"net/netip"
	"strings"
	"time"
)

// mostReceived is how many Received fields a message may have: one with more goes round in a loop (RFC 5321 section
// 6.3, which asks for a hundred at least to be taken where each hop adds one; the real ones stay below twenty).
const mostReceived = 50

// received counts the Received fields of a message as it goes by.
type received struct {
	n       int
	matched int // octets of the line that are those of the field's name; -1: it is another line, or counted
	over    bool
}

const receivedName = "received:"

// scan takes the next octets of the message.
func (r *received) scan(p []byte) {
	for len(p) > 0 && !r.over {
		if r.matched < 0 {
			end := bytes.IndexByte(p, '\n')
			if end < 0 {
				return
			}
			p, r.matched = p[end+1:], 0
			continue
		}
		b := p[0]
		p = p[1:]
		switch {
		case r.matched == 0 && (b == '\r' || b == '\n'):
			r.over = true // an empty line: the header is over
		case r.matched == len(receivedName)-1 && (b == ' ' || b == '\t'): // the obsolete form (RFC 5322 section 4.5)
		case lower(b) != receivedName[r.matched]:
			r.matched = -1
			if b == '\n' {
				r.matched = 0
			}
		case r.matched == len(receivedName)-1:
			r.n++
			r.matched = -1
		default:
			r.matched++
		}
	}
}

func lower(b byte) byte {
	if 'A' <= b && b <= 'Z' {
		b += 'a' - 'A'
	}
	return b
}

// trace returns the Received field that the message gets (RFC 5321 section 4.4).
func (m *message) trace() []byte {
	c, tx := m.c, m.tx
	var b bytes.Buffer
	fmt.Fprintf(&b, "Received: from %s (%s)\r\n\tby %s (Callout) with %s id %s", plainWord(c.helo), literal(c.client.Addr()), c.Hostname, c.protocol(), tx.id)
	if c.tls != nil {
		fmt.Fprintf(&b, "\r\n\t(%s %s)", strings.ReplaceAll(tls.VersionName(c.tls.Version), " ", ""), tls.CipherSuiteName(c.tls.CipherSuite))
	}
	if tx.accepted == 1 && len(tx.named[0]) < 500 { // of several none is to know of the others
		fmt.Fprintf(&b, "\r\n\tfor <%s>", tx.named[0])
	}
	fmt.Fprintf(&b, "; %s\r\n", time.Now().Format("Mon, 2 Jan 2006 15:04:05 -0700"))
	return b.Bytes()
}

// protocol names how the message came (RFC 3848, RFC 6531 section 4.3).
func (c *session) protocol() string {
	name := "SMTP"
	if c.esmtp {
		name = "ESMTP"
	}
	if c.tx.params.SMTPUTF8 {
		name = "UTF8SMTP"
	}
	if c.tls != nil {
		name += "S"
	}
	return name
}

// literal writes an address as an address literal (RFC 5321 section 4.1.3).
func literal(a netip.Addr) string {
	a = a.WithZone("") // which means something on this machine alone
	switch {
	case !a.IsValid():
		return "local"
	case a.Is6():
		return "[IPv6:" + a.String() + "]"
	}
	return "[" + a.String() + "]"
}

// plainWord returns what a client calls itself in a form that a Received field can hold.
func plainWord(helo string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r <= ' ', r >= 0x7f, strings.ContainsRune(`()<>;,"\`, r):
			return '?'
		}
		return r
	}, helo)
}
