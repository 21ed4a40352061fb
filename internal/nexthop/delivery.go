package nexthop

import (
	"context"
	"errors"

	"callout/internal/callout"
	"callout/internal/smtpwire"
)

// Delivery is one mail transaction at a next hop. It is used by one goroutine, and ends with exactly one of Finish, Release
// and Cut.
type Delivery struct {
	hops     *Hops
	route    Route
	key      key
	envelope Envelope
	s        *session // nil where there is none any more
	host     callout.Host

	begun    bool           // MAIL was said
	refused  smtpwire.Reply // to MAIL, for every recipient; zero where it was taken
	heard    bool           // the hop has answered something of this transaction
	accepted int            // recipients
	message  *message       // nil until Start
	ended    bool
}

// Begin takes a kept session or opens one. No MAIL is said yet. The error is a *callout.Problem, where there is no session, or
// a *Refusal, where the message needs what the hop lacks.
func (h *Hops) Begin(ctx context.Context, r Route, e *Envelope) (*Delivery, error) {
	if !h.enter() {
		return nil, r.Destination.ShutDown()
	}
	d := &Delivery{hops: h, route: r, key: r.key(), envelope: *e}
	kept := h.take(d.key, e.Client)
	err := d.attach(ctx, kept)
	if kept != nil && closed(err) && ctx.Err() == nil {
		err = d.attach(ctx, nil)
	}
	if err != nil {
		d.notBegun(ctx, err)
		d.ended = true
		h.leave()
		return nil, err
	}
	return d, nil
}

// attach gives the delivery a session, a fresh one where s is nil, and has it ready for MAIL. Where that fails it has none.
func (d *Delivery) attach(ctx context.Context, s *session) error {
	d.s = nil
	if s == nil {
		var problem *callout.Problem
		if s, problem = d.hops.open(ctx, &d.route, d.key); problem != nil {
			return problem
		}
	}
	stop := s.watch(ctx)
	problem := s.introduce(d.envelope.Client)
	if !stop() || problem != nil {
		s.drop()
		return asError(ctx, problem)
	}
	d.host = s.link.Host
	if refusal := s.takes.refuses(&d.envelope.Params); refusal != nil {
		d.hops.keep(s)
		return refusal
	}
	d.s = s
	return nil
}

// asError returns a problem as an error; that of ctx outranks it, since the end of ctx closes the connection.
func asError(ctx context.Context, problem *callout.Problem) error {
	if ctx.Err() != nil {
		ended := &callout.Problem{Kind: callout.Timeout, Stage: callout.StageMail, Err: context.Cause(ctx), Delivery: true}
		if problem != nil {
			ended.Stage, ended.Host = problem.Stage, problem.Host
		}
		return ended
	}
	if problem == nil {
		return nil
	}
	return problem
}

// closed reports whether an error says that the hop has closed the session.
func closed(err error) bool {
	var problem *callout.Problem
	return errors.As(err, &problem) && problem.Kind == callout.Closed
}

// Host returns the host that has the session, as the destination names it.
func (d *Delivery) Host() string { return d.host.String() }

// LMTP reports whether the hop answers a message for each of its recipients apart (RFC 2033): then the transaction may have
// one recipient only.
func (d *Delivery) LMTP() bool { return d.host.Scheme == callout.LMTP }

// Pipelining reports whether the hop takes several RCPTs in one flight.
func (d *Delivery) Pipelining() bool { return d.s != nil && d.s.takes.pipelining }

// MailRefused reports whether the hop has refused MAIL.
func (d *Delivery) MailRefused() bool { return !d.refused.IsZero() }

// Release ends the transaction without a message. The session is kept, and RSET goes before its next MAIL. Where a message was
// begun it is Cut.
func (d *Delivery) Release() {
	if d.message != nil {
		d.Cut()
		return
	}
	d.end(d.hops.keep)
}

// Cut closes the connection without another octet. It may be called again, and after Finish or Release does nothing.
func (d *Delivery) Cut() {
	d.end((*session).drop)
}

// end ends the delivery, once.
func (d *Delivery) end(leave func(*session)) {
	if d.ended {
		return
	}
	d.ended = true
	if d.message != nil {
		d.message.free()
	}
	if d.s != nil {
		leave(d.s)
	}
	d.hops.leave()
}
