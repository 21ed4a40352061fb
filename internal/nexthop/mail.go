package nexthop

import (
	"errors"
	"strconv"

	"callout/internal/callout"
	"callout/internal/smtpwire"
)

// errControl says that a line was not written since it would not have been one line for every reader.
var errControl = errors.New("an address or parameter has a control character")

// clean reports whether what the client gave can stand in a command line.
func clean(given string) bool {
	for i := range len(given) {
		if given[i] < ' ' || given[i] == 0x7f {
			return false
		}
	}
	return true
}

// unclean is the problem of a line that is not written. The session goes on.
func (s *session) unclean(stage callout.Stage) *callout.Problem {
	s.buf = s.buf[:0]
	return &callout.Problem{Kind: callout.AboutUs, Stage: stage, Host: s.link.Host, Err: errControl, Delivery: true}
}

// beginAlone begins the transaction at a hop that takes one command at a time.
func (d *Delivery) beginAlone() *callout.Problem {
	s := d.s
	if s.dirty {
		reply, problem := s.command(callout.StageMail, commandTimeout, "RSET")
		if problem := s.afterReset(reply, problem); problem != nil {
			return problem
		}
	}
	if problem := d.sayMail(); problem != nil {
		return problem
	}
	if problem := s.flush(callout.StageMail, commandTimeout); problem != nil {
		return problem
	}
	return d.hearMail()
}

// sayMail adds MAIL to what is to be written, behind RSET where the last transaction was left open.
func (d *Delivery) sayMail() *callout.Problem {
	s, p := d.s, &d.envelope.Params
	if !clean(d.envelope.Sender) || !clean(p.Ret) || !clean(p.EnvID) {
		return s.unclean(callout.StageMail)
	}
	if s.dirty {
		s.say("RSET")
	}
	b := append(s.buf, "MAIL FROM:<"...)
	b = append(b, d.envelope.Sender...)
	b = append(b, '>')
	if s.takes.size && p.Size >= 0 {
		b = append(b, " SIZE="...)
		b = strconv.AppendInt(b, p.Size, 10)
	}
	if p.Body == smtpwire.BodyBinary || p.Body != smtpwire.BodyNone && s.takes.eightBit {
		b = append(b, " BODY="...)
		b = append(b, p.Body.String()...)
	}
	if p.SMTPUTF8 {
		b = append(b, " SMTPUTF8"...)
	}
	if s.takes.dsn && p.Ret != "" {
		b = append(b, " RET="...)
		b = append(b, p.Ret...)
	}
	if s.takes.dsn && p.EnvID != "" {
		b = append(b, " ENVID="...)
		b = append(b, p.EnvID...)
	}
	s.buf = b
	s.end()
	return nil
}

// hearMail reads the reply to MAIL, and to the RSET in front of it.
func (d *Delivery) hearMail() *callout.Problem {
	s := d.s
	if s.dirty {
		if problem := s.afterReset(s.read(callout.StageMail, commandTimeout)); problem != nil {
			return problem
		}
	}
	reply, problem := s.read(callout.StageMail, commandTimeout)
	if problem != nil {
		return problem
	}
	d.begun, d.heard = true, true
	if s.reused {
		s.hops.metrics.reused.Inc()
	}
	switch reply.Class() {
	case 2:
		s.dirty = true
	case 3:
		return s.unexpected(callout.StageMail, reply)
	default:
		d.refused = reply
		s.rejections++
	}
	return nil
}

// afterReset takes the reply to RSET: the last transaction is over. A server that refuses RSET (RFC 5321 section 4.1.1.5 has no
// such reply) might add to it what comes now.
func (s *session) afterReset(reply smtpwire.Reply, problem *callout.Problem) *callout.Problem {
	if problem != nil {
		return problem
	}
	if reply.Class() != 2 {
		return s.unexpected(callout.StageMail, reply)
	}
	s.dirty = false
	s.resets++
	return nil
}

// sayRcpt adds RCPT to what is to be written.
func (s *session) sayRcpt(r *Recipient) *callout.Problem {
	if !clean(r.Path) || !clean(r.Params.Notify) || !clean(r.Params.ORcpt) {
		return s.unclean(callout.StageRcpt)
	}
	b := append(s.buf, "RCPT TO:<"...)
	b = append(b, r.Path...)
	b = append(b, '>')
	if s.takes.dsn && r.Params.Notify != "" {
		b = append(b, " NOTIFY="...)
		b = append(b, r.Params.Notify...)
	}
	if s.takes.dsn && r.Params.ORcpt != "" {
		b = append(b, " ORCPT="...)
		b = append(b, r.Params.ORcpt...)
	}
	s.buf = b
	s.end()
	return nil
}
