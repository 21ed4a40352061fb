package gateway

import (
	"context"
	"errors"
	"sync"

	"callout/internal/callout"
	"callout/internal/nexthop"
	"callout/internal/smtpwire"
	"callout/internal/verify"
)

// The replies to recipients that are not passed on though nothing is known against them.
var (
	tooMany        = ours(452, 5, 3, "too many recipients, send the others in another transaction")
	anotherHop     = ours(452, 5, 3, "this recipient is served elsewhere, send to it in another transaction")
	oneAtATime     = ours(452, 5, 3, "one recipient at a time, send to the others in another transaction")
	noHop          = ours(451, 3, 5, "no next hop is set for this domain, try again later")
	connectionLost = ours(451, 4, 2, "connection to the next hop lost, try again later")
)

// passOn tells the next hop of the recipients that are accepted here, live: what it says is what the client is told.
func (c *session) passOn(ctx context.Context) {
	tx := c.tx
	var flight []*pending
	for i := range c.group {
		p := &c.group[i]
		if !p.passes() {
			continue
		}
		to := routeOf(p.domain)
		if len(flight) > 0 && !tx.to.same(to) { // whether they are accepted says whether this one can be
			c.fly(ctx, flight)
			flight = nil
		}
		switch {
		case len(to.destination) == 0:
			p.answer = noHop
		case !tx.goesTo(to):
			p.answer = anotherHop
		case tx.broken != nil:
			p.answer = *tx.broken
		case tx.accepted+len(flight) >= c.MaxRecipients:
			p.answer = tooMany
		case to.lmtp:
			c.passOnAlone(ctx, p)
		default:
			flight = append(flight, p)
		}
	}
	if len(flight) > 0 {
		c.fly(ctx, flight)
	}
	if tx.accepted == 0 && tx.broken == nil {
		tx.end() // nobody needs it
	}
}

// passOnAlone passes a recipient on to a hop that speaks LMTP. Such a hop says of each recipient what became of the
// message (RFC 2033 section 4.2); a client can be told one thing, so that a transaction has one recipient.
func (c *session) passOnAlone(ctx context.Context, p *pending) {
	if c.tx.accepted > 0 {
		p.answer = oneAtATime
		return
	}
	c.fly(ctx, []*pending{p})
}

// fly passes recipients on, in one flight where the hop allows it. A hop that wants them one by one may take long for
// all, so that each is told as it comes.
func (c *session) fly(ctx context.Context, flight []*pending) {
	if !c.begin(ctx) {
		for _, p := range flight {
			p.answer = *c.tx.broken
		}
		return
	}
	if c.tx.delivery.Pipelining() || len(flight) == 1 {
		c.pass(ctx, flight)
		return
	}
	for i, p := range flight {
		switch {
		case c.ended:
			return
		case c.tx.broken != nil:
			p.answer = *c.tx.broken
		default:
			c.pass(ctx, flight[i:i+1])
		}
		c.tell(p.at + 1)
		c.flush()
	}
}

// pass says RCPT for recipients and takes the replies.
func (c *session) pass(ctx context.Context, flight []*pending) {
	tx := c.tx
	list := make([]nexthop.Recipient, len(flight))
	for i, p := range flight {
		list[i] = nexthop.Recipient{Path: p.r.String(), Params: p.params}
	}
	replies, err := tx.delivery.Recipients(ctx, list)
	refused := tx.delivery.MailRefused()
	tx.hop = tx.delivery.Host() // a kept session may have been replaced by one with another host
	var doubted sync.WaitGroup
	for i, p := range flight {
		if i >= len(replies) {
			p.answer = connectionLost.after(err)
			p.answer.hop = tx.hop
			continue
		}
		reply := replies[i]
		p.answer = live(reply, p.domain.Settings.DestinationText)
		p.answer.hop = tx.hop
		switch {
		case reply.Class() == 2:
			tx.accept(list[i].Path)
		case p.answer.code/100 == 5 && !refused:
			doubted.Go(func() { c.recheck(ctx, p) })
		}
	}
	doubted.Wait()
	switch {
	case err != nil:
		tx.breaks(connectionLost.after(err))
	case refused:
		tx.refused(live(replies[0], false)) // whoever comes next may be of a domain that keeps texts to itself
	}
}

// live words a next hop's reply to RCPT, or to the MAIL in front of it. What is about us is nothing that the sender could
// mend: it can come again when we have. The texts of destinations tell where mailboxes live, so that they are passed on
// only where that is wanted.
func live(r smtpwire.Reply, destinationText bool) answer {
	if r.Class() == 5 && callout.AboutServer(r) {
		a := ours(451, 4, 1, "the next hop takes no mail from here now, try again later")
		a.because = r.String()
		return a
	}
	text := ""
	if !destinationText {
		switch r.Class() {
		case 2:
			text = "ok"
		case 4:
			text = "not taken now by the next hop, try again later"
		default:
			text = "refused by the next hop"
		}
	}
	a := theirs(r, text)
	if r.Class() == 2 && r.Enhanced.Class == 0 {
		a.enhanced = smtpwire.Enhanced{Class: 2, Subject: 1, Detail: 5}
	}
	return a
}

// recheck has a recipient that the next hop refused asked about by a callout. What the hop said may be about the
// sender; where the recipient itself is gone the client is told so as usual.
func (c *session) recheck(ctx context.Context, p *pending) {
	if d, ok := c.verifier.Recheck(ctx, c.question(p)); ok && d.Action == verify.Reject {
		p.decision, p.answer = d, answer{}
	}
}

// begin sees to it that the transaction has a delivery session. Where it can't have one it is broken, and says why.
func (c *session) begin(ctx context.Context) bool {
	tx := c.tx
	if tx.delivery != nil {
		return true
	}
	var err error
	if tx.delivery, err = c.hops.Begin(ctx, tx.to.hop(c.XCLIENT), tx.envelope()); err == nil {
		tx.hop = tx.delivery.Host()
		return true
	}
	tx.delivery, tx.hop = nil, ""
	var lacks *nexthop.Refusal
	if errors.As(err, &lacks) {
		tx.breaks(theirs(lacks.Reply, ""))
		return false
	}
	tx.breaks(unreachable(err))
	return false
}

// unreachable words why no delivery session could be had, as the verifier does for callouts.
func unreachable(err error) answer {
	a := ours(451, 4, 1, "the next hop can't be reached now, try again later")
	var p *callout.Problem
	if errors.As(err, &p) {
		a.enhanced = verify.ProblemStatus(p)
		if p.Stage > callout.StageConnect {
			a.text = "the next hop takes no mail now, try again later"
		}
	}
	return a.after(err)
}
