package gateway

import (
	"context"
	"errors"
	"strings"
	"sync"

	"callout/internal/address"
	"callout/internal/domains"
	"callout/internal/smtpwire"
	"callout/internal/verify"
)

// mostTogether is how many recipients are decided together and passed on in one flight. No more are than may still be
// refused: what comes behind max_errors is not to cost anything.
const mostTogether = 100

// pending is one RCPT whose reply is due.
type pending struct {
	r        address.Recipient
	params   smtpwire.RcptParams
	domain   *domains.Domain // of one that is to be passed on; nil: answer or decision has the reply
	answer   answer          // zero: decision has it
	decision verify.Decision
	decided  bool // by what is known already
	at       int  // in the group
}

// recipients answers RCPT (RFC 5321 section 4.1.1.3), together with those that have come behind it.
func (c *session) recipients(args []byte) {
	c.group = append(c.group[:0], pending{})
	c.take(&c.group[0], args)
	most := min(mostTogether, c.MaxErrors-c.errors)
	for len(c.group) < most {
		line, ok := c.r.PeekLine()
		if !ok {
			break
		}
		verb, args := smtpwire.SplitCommand(line)
		if verb != smtpwire.RCPT || hasControl(line) {
			break
		}
		c.group = append(c.group, pending{at: len(c.group)})
		c.take(&c.group[len(c.group)-1], args)
		c.r.ReadLine()
	}
	c.told = 0
	if c.decide() {
		c.watched(c.passOn)
	}
	c.tell(len(c.group))
}

// tell gives the replies up to that of the group's n-th recipient, in their order.
func (c *session) tell(n int) {
	for c.told < n && !c.ended { // too many errors end it
		c.answer(&c.group[c.told])
		c.told++
	}
}

// take reads the arguments of a RCPT.
func (c *session) take(p *pending, args []byte) {
	if c.tx == nil {
		p.answer = ours(503, 5, 1, "say MAIL first")
		return
	}
	path, rest, err := smtpwire.ParsePath(args, "TO")
	if err != nil {
		p.answer = ours(501, 1, 3, oneLine(err.Error()))
		return
	}
	if len(rest) > 0 {
		if p.params, err = smtpwire.ParseRcptParams(rest); err != nil {
			p.answer = badParameter(err)
			return
		}
		if p.params != (smtpwire.RcptParams{}) && !c.announces("DSN") {
			p.answer = ours(555, 5, 4, "DSN is not offered")
			return
		}
	}
	c.parse(p, string(path))
}

// parse reads the path of a RCPT.
func (c *session) parse(p *pending, path string) {
	if strings.EqualFold(path, "postmaster") && c.Postmaster != "" { // RFC 5321 section 4.5.1
		path = c.Postmaster
	}
	if !c.tx.params.SMTPUTF8 && !isASCII(path) { // RFC 6531 section 3.5
		p.answer = ours(553, 6, 7, "say SMTPUTF8 for such an address")
		return
	}
	var err error
	if p.r, err = address.Parse(path); err != nil {
		p.answer = c.refusePath(p, err)
	}
}

// refusePath words why a path is nobody whom mail is taken for here.
func (c *session) refusePath(p *pending, err error) answer {
	var syntax *address.SyntaxError
	switch {
	case errors.As(err, &syntax):
		c.verifier.Refuse(c.ctx, c.question(p), syntax)
		return ours(501, 1, 3, "bad recipient address syntax")
	case errors.Is(err, address.ErrNoDomain):
		return ours(550, 1, 3, "the recipient lacks a domain")
	}
	return relayingDenied // an address literal
}

var relayingDenied = ours(550, 7, 1, verify.RelayingDenied)

// question is what the verifier is asked.
func (c *session) question(p *pending) verify.Question {
	return verify.Question{Recipient: p.r, Front: "gateway", Client: c.name, Sender: c.tx.sender, Closed: true}
}

// open reports whether nothing was said against a recipient so far.
func (p *pending) open() bool { return p.answer.code == 0 }

// passes reports whether a recipient is to be passed on.
func (p *pending) passes() bool { return p.domain != nil && p.open() }

// decide has the verifier decide on the recipients: on those that memory knows at once, on the others at the same time.
// It reports whether any is to be passed on.
func (c *session) decide() (passes bool) {
	unknown := 0
	for i := range c.group {
		p := &c.group[i]
		if !p.open() {
			continue
		}
		if p.decision, p.decided = c.verifier.Known(c.ctx, c.question(p)); !p.decided {
			unknown++
		}
	}
	if unknown > 0 {
		c.watched(c.askAll)
	}
	for i := range c.group {
		if p := &c.group[i]; p.open() {
			c.judge(p)
			passes = passes || p.passes()
		}
	}
	return passes
}

// askAll has those recipients decided on that memory does not know, and waits for all.
func (c *session) askAll(ctx context.Context) {
	var asked sync.WaitGroup
	for i := range c.group {
		if p := &c.group[i]; p.open() && !p.decided {
			q := c.question(p)
			asked.Go(func() { p.decision = c.verifier.Decide(ctx, q) })
		}
	}
	asked.Wait()
}

// judge says what a decision means here. What is neither refused nor deferred is passed on, where it is ours.
func (c *session) judge(p *pending) {
	switch {
	case p.decision.Action == verify.Reject, p.decision.Action == verify.Defer:
	default:
		if p.domain = c.domains.Lookup(p.r.Domain()); p.domain == nil { // it has just been removed
			p.answer = relayingDenied
		}
	}
}

// answer gives a RCPT its reply.
func (c *session) answer(p *pending) {
	code := p.answer.code
	if code == 0 {
		code = p.decision.Code
		c.out = p.decision.AppendReply(c.out)
		c.out = append(c.out, "\r\n"...)
	} else {
		c.out = p.answer.append(c.out)
	}
	c.metrics.recipient(code)
	if p.answer.code >= 400 {
		c.logRecipient(p)
	}
	if code/100 == 4 {
		c.tx.deferred = true
	}
	c.count(code)
}
