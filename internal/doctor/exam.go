package doctor

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"sync/atomic"
	"time"

	"callout/internal/address"
	"callout/internal/callout"
	"callout/internal/smtpwire"
)

// exam is the examination of one address.
type exam struct {
	ctx    context.Context // ends after MaxTime
	whole  context.Context // of the examination of all addresses
	c      *Case
	t      target
	h      *Host
	o      *Options
	pools  *callout.Pools // of this address alone
	cancel func()
	follow *follower

	settings callout.Settings
	mailFrom string // null, unless that is refused and the settings have another
	dialled  atomic.Int64

	link    *callout.Link // nil: none is open
	unhook  func() bool
	refused int              // recipients, in this session
	rcpts   int              // in all
	limit   int              // the host broke off after so many refused recipients in a session; 0: it did not
	stuck   *callout.Problem // no session could be opened any more; nil: one could

	random answer
	good   answer
}

// answer is what was said to one recipient.
type answer struct {
	rcpt    address.Recipient
	outcome callout.Outcome
	kind    callout.Kind // where the outcome is unknown
	reply   smtpwire.Reply
	took    time.Duration // from RCPT to its reply
	problem *callout.Problem
}

func (a *answer) asked() bool { return !a.reply.IsZero() || a.problem != nil }

// temporary reports whether a recipient was put off.
func (a *answer) temporary() bool {
	return a.asked() && a.problem == nil && a.kind == callout.Temporary && a.outcome == callout.Unknown
}

var errEnough = errors.New("no more connections are made for one examination")

func newExam(ctx context.Context, c *Case, o *Options, t target, h *Host) *exam {
	e := &exam{whole: ctx, c: c, t: t, h: h, o: o, follow: o.follower(), settings: c.Settings}
	e.ctx, e.cancel = context.WithTimeout(ctx, MaxTime)
	if e.settings.TLS != callout.TLSOff {
		// What keeps a stricter mode from working is found with any encryption at all (checkEncryption).
		e.settings.TLS = callout.TLSOpportunistic
	}
	e.pools = callout.NewPools(callout.Options{Dial: e.dial, Resolver: only(t.ip), Roots: o.Roots, Own: o.Own})
	return e
}

// dial counts connections.
func (e *exam) dial(ctx context.Context, source netip.Addr, address string) (net.Conn, error) {
	if e.dialled.Add(1) > MaxConnections {
		return nil, errEnough
	}
	return e.o.Dial(ctx, source, address)
}

// run makes the checks in their order. Each later one rests on the earlier ones.
func (e *exam) run() {
	defer e.cancel()
	defer e.pools.Close(e.ctx)
	if e.checkOpening() {
		if e.checkEncryption() && e.checkRandom() {
			e.checkKnown()
			e.checkGreylisting()
			e.checkPipelining()
			e.checkSeveral()
			e.checkErrors()
			e.checkPace()
		}
	}
	e.checkComplete()
	e.quit()
	e.h.Connections, e.h.Recipients = int(min(e.dialled.Load(), MaxConnections)), e.rcpts
	e.h.random = e.random.outcome
}

// checkComplete says where an examination ended early.
func (e *exam) checkComplete() {
	switch {
	case e.whole.Err() != nil:
		e.h.note(Complete, "Not everything could be examined: the time of the whole examination was over.",
			"What is missing above was not seen; it is neither good nor bad.", "")
	case e.ctx.Err() != nil:
		e.h.note(Complete, "Not everything could be examined in the "+seconds(MaxTime)+" that an address is given.",
			"What is missing above was not seen; it is neither good nor bad.", "")
	case e.stuck != nil && e.h.Greeting != "":
		e.h.note(Complete, "Not everything could be examined, since no further session could be opened: "+words(e.stuck)+".",
			"What is missing above was not seen; it is neither good nor bad.", "")
	}
}
