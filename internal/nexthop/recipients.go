package nexthop

import (
	"context"
	"errors"

	"callout/internal/callout"
	"callout/internal/smtpwire"
)

// What a flight may have before its replies are read: no more than both sides' buffers hold, or each could wait for the other
// to read (RFC 2920 section 3.1).
const (
	maxFlight = 100      // RCPTs
	maxOctets = 16 << 10 // of commands
)

// Recipients says RCPT for each, MAIL before the first ones, in one flight where the hop takes pipelining; replies in their
// order. Where MAIL is refused every reply is MAIL's, and MailRefused reports true from then on. The error is a
// *callout.Problem: the session broke (closed, 421, timeout, garbage), and the replies are those that came before.
// A kept session that turns out closed before any reply is replaced by a fresh one once, unseen.
func (d *Delivery) Recipients(ctx context.Context, rs []Recipient) ([]smtpwire.Reply, error) {
	replies, err := d.askWhole(ctx, rs)
	d.heardOf(replies)
	if !d.heard {
		d.notBegun(ctx, err)
	} else if problem, ok := errors.AsType[*callout.Problem](err); ok {
		d.broke(ctx, problem)
	}
	return replies, err
}

// askWhole asks for every recipient, on a fresh session where a kept one was closed unseen.
func (d *Delivery) askWhole(ctx context.Context, rs []Recipient) ([]smtpwire.Reply, error) {
	replies := make([]smtpwire.Reply, 0, len(rs))
	replies, err := d.ask(ctx, rs, replies)
	if !closed(err) || d.heard || d.s == nil || !d.s.reused || ctx.Err() != nil {
		return replies, err
	}
	d.s.drop()
	d.begun = false
	err = d.attach(ctx, nil)
	var refusal *Refusal
	if errors.As(err, &refusal) {
		d.refused = refusal.Reply
	} else if err != nil {
		return replies, err
	}
	return d.ask(ctx, rs, replies)
}

// ask adds the reply to each recipient.
func (d *Delivery) ask(ctx context.Context, rs []Recipient, replies []smtpwire.Reply) ([]smtpwire.Reply, error) {
	if d.MailRefused() {
		return d.refuseAll(rs, replies), nil
	}
	if d.s == nil || d.s.broken {
		return replies, asError(ctx, &callout.Problem{Kind: callout.Closed, Stage: callout.StageRcpt, Host: d.host, Delivery: true})
	}
	stop := d.s.watch(ctx)
	for len(rs) > 0 {
		n, problem := d.flight(rs, &replies)
		if d.MailRefused() { // a problem behind that is of no interest
			stop()
			return d.refuseAll(rs, replies), nil
		}
		if problem != nil {
			stop()
			return replies, asError(ctx, problem)
		}
		rs = rs[n:]
	}
	if !stop() {
		d.s.broken = true
		return replies, asError(ctx, nil)
	}
	return replies, nil
}

// refuseAll adds the reply to MAIL for each recipient.
func (d *Delivery) refuseAll(rs []Recipient, replies []smtpwire.Reply) []smtpwire.Reply {
	for range rs {
		replies = append(replies, d.refused)
	}
	return replies
}

// flight says as many RCPTs as may be on their way together, in front of them what begins the transaction, and adds their
// replies. It returns how many there were.
func (d *Delivery) flight(rs []Recipient, replies *[]smtpwire.Reply) (n int, problem *callout.Problem) {
	s := d.s
	begins := !d.begun
	if begins && !s.takes.pipelining {
		if problem = d.beginAlone(); problem != nil || d.MailRefused() {
			return 0, problem
		}
		begins = false
	}
	if begins {
		if problem = d.sayMail(); problem != nil {
			return 0, problem
		}
	}
	most := 1
	if s.takes.pipelining {
		most = maxFlight
	}
	for n < min(most, len(rs)) && len(s.buf) < maxOctets {
		if problem = s.sayRcpt(&rs[n]); problem != nil {
			return 0, problem
		}
		n++
	}
	if problem = s.flush(callout.StageRcpt, commandTimeout); problem != nil {
		return 0, problem
	}
	if begins {
		if problem = d.hearMail(); problem != nil {
			return 0, problem
		}
	}
	for range n {
		if problem = d.hearRcpt(replies); problem != nil {
			return 0, problem
		}
	}
	return n, nil
}

// hearRcpt adds the reply to one recipient.
func (d *Delivery) hearRcpt(replies *[]smtpwire.Reply) *callout.Problem {
	reply, problem := d.s.read(callout.StageRcpt, commandTimeout)
	if problem != nil {
		return problem
	}
	switch {
	case d.MailRefused():
		return nil // it had no transaction to belong to
	case reply.Class() == 2:
		d.accepted++
	case reply.Class() == 3:
		return d.s.unexpected(callout.StageRcpt, reply)
	default:
		d.s.rejections++
	}
	*replies = append(*replies, reply)
	return nil
}
