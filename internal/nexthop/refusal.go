package nexthop

import (
	"callout/internal/smtpwire"
)

// Refusal says that the next hop can't take the message as it is. Reply is for the client.
type Refusal struct {
	Reply smtpwire.Reply
}

// Error returns the reply on one line.
func (r *Refusal) Error() string { return r.Reply.String() }

func refusal(code int, class, subject, detail uint16, text string) *Refusal {
	e := smtpwire.Enhanced{Class: class, Subject: subject, Detail: detail}
	return &Refusal{smtpwire.Reply{Code: code, Enhanced: e, Lines: []string{e.String() + " " + text}}}
}

// refuses returns what a message needs that the hop lacks, nil where it lacks nothing.
func (t *features) refuses(p *smtpwire.MailParams) *Refusal {
	switch {
	case p.SMTPUTF8 && !t.smtputf8: // RFC 6531 section 3.5
		return refusal(550, 5, 6, 7, "the next server takes no internationalized mail (no SMTPUTF8)")
	case p.Body == smtpwire.Body8Bit && !t.eightBit: // RFC 6152 section 3
		return refusal(554, 5, 6, 3, "the next server takes no 8-bit messages (no 8BITMIME)")
	case p.Body == smtpwire.BodyBinary && !(t.binary && t.chunking): // RFC 3030 section 3
		return refusal(554, 5, 6, 3, "the next server takes no binary messages (no BINARYMIME)")
	case t.sizeLimit > 0 && p.Size > t.sizeLimit: // RFC 1870 section 6.1
		return refusal(552, 5, 3, 4, "the message is larger than the next server takes")
	}
	return nil
}
