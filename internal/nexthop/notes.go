package nexthop

import (
	"context"
	"errors"
	"time"

	"callout/internal/callout"
	"callout/internal/smtpwire"
)

// What comes of a delivery says how its hop stands. A recipient or message that is refused is a problem to look at and no more:
// filters refuse on purpose. A hop that takes nothing at all is in trouble until it takes something again.
// One that ends a session at MAIL may do so to one sender, for a limit or by a filter, and is in trouble when it does so again.

// note changes what is known of the delivery's hop.
func (d *Delivery) note(how func(*Status)) { d.hops.records.change(d.key.id(), how) }

// problem notes one that is nothing against the hop as a whole.
func (s *Status) problem(p *callout.Problem) { s.Problem, s.At = p, time.Now() }

// trouble notes one for which mail is put off.
func (s *Status) trouble(state State, p *callout.Problem) {
	s.putOff(p)
	s.State, s.Trouble = state, p
}

// putOff notes that mail is put off for a problem.
func (s *Status) putOff(p *callout.Problem) {
	s.problem(p)
	s.Last = s.At
	if s.First.IsZero() {
		s.First = s.At
	}
}

// fine ends the trouble.
func (s *Status) fine() {
	s.State, s.Trouble = Up, nil
	s.First, s.Last = time.Time{}, time.Time{}
}

// notBegun notes why there is no session, or why one broke off before MAIL had a reply. That the client has gone, that we shut
// down, and that the message can't be said or needs what the hop lacks is nothing against the hop.
func (d *Delivery) notBegun(ctx context.Context, err error) {
	var p *callout.Problem
	if !errors.As(err, &p) || errors.Is(err, errControl) || d.given(ctx) {
		return
	}
	state := Refuses
	if p.Stage <= callout.StageConnect {
		state = Unreachable
	}
	d.note(func(s *Status) {
		if d.s != nil && s.First.IsZero() { // it was ready for mail, and took all so far
			s.putOff(p)
			return
		}
		s.trouble(state, p)
	})
}

// broke notes why a session broke off that was of use before.
func (d *Delivery) broke(ctx context.Context, p *callout.Problem) {
	if p != nil && !d.given(ctx) {
		d.note(func(s *Status) { s.problem(p) })
	}
}

// given reports whether the delivery was given up on our side.
func (d *Delivery) given(ctx context.Context) bool {
	return ctx.Err() != nil || d.hops.ctx.Err() != nil
}

// heardOf notes replies to recipients, or the one to MAIL for all of them.
func (d *Delivery) heardOf(replies []smtpwire.Reply) {
	if len(replies) == 0 || d.s == nil {
		return
	}
	stage := callout.StageRcpt
	if d.MailRefused() {
		stage = callout.StageMail
	}
	var took bool
	var last, refuses smtpwire.Reply
	for _, r := range replies {
		switch {
		case r.Class() == 2:
			took = true
			continue
		case aboutUs(r):
			refuses = r
		}
		last = r
	}
	d.note(func(s *Status) {
		if !last.IsZero() {
			s.problem(d.refusal(stage, last))
		}
		switch {
		case took:
			s.fine()
		case !refuses.IsZero():
			s.trouble(Refuses, d.refusal(stage, refuses))
		case s.State != Refuses: // it is there, and judges
			s.fine()
		}
	})
}

// aboutUs reports whether a refusal would be every client's, or is about who we are: the dialogue, our address, or the state of
// the hop's mail system (RFC 3463 section 3.4) but for the size of a message.
func aboutUs(r smtpwire.Reply) bool {
	e := r.Enhanced
	return callout.AboutServer(r) || e.Subject == 3 && e.Detail != 4
}

// answered notes the reply to a message, or to DATA where no message could follow.
func (d *Delivery) answered(r smtpwire.Reply) {
	d.note(func(s *Status) {
		if r.Class() == 2 {
			s.Messages++
			s.fine()
			return
		}
		s.problem(d.refusal(callout.StageData, r))
	})
}

// refusal is the problem that a reply is.
func (d *Delivery) refusal(stage callout.Stage, r smtpwire.Reply) *callout.Problem {
	return &callout.Problem{Kind: callout.Refused, Stage: stage, Host: d.host, Reply: r, Delivery: true}
}
