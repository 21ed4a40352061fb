package verify

import (
	"context"
	"errors"
	"strconv"
	"strings"

	"callout/internal/callout"
	"callout/internal/domains"
	"callout/internal/smtpwire"
)

// Action is what a front end does.
type Action uint8

// The actions.
const (
	NoOpinion Action = iota // the domain is not ours, or is left alone: let others decide
	Accept
	Reject // for good: 5xx
	Defer  // for now: 4xx
)

var actionNames = [...]string{"no_opinion", "accept", "reject", "defer"}

// String returns the action in a word, as logs and metrics have it.
func (a Action) String() string { return actionNames[a] }

// Source is where the verdict of a decision came from.
type Source uint8

// The sources.
const (
	FromNowhere Source = iota // no verdict was needed, none came in time, or no host was to be asked
	FromCache                 // memory or store
	FromCallout               // the destination was asked, for this question or an equal one at the same time
)

var sourceNames = [...]string{"none", "cache", "callout"}

// String returns the source in a word, as logs and metrics have it.
func (s Source) String() string { return sourceNames[s] }

// Decision is what a front end tells its client.
type Decision struct {
	Action   Action
	Code     int               // of Reject and Defer: 550 to 554, 400 to 499 but 421
	Enhanced smtpwire.Enhanced // of Reject and Defer, its class that of Code
	Text     string            // of Reject and Defer: one line of printable ASCII for the client
	// Would is what Action would be if it were enforced: Reject or Defer, of which Code, Enhanced and Text are then,
	// while Action is Accept. NoOpinion where Action is what it would be.
	Would   Action
	Verdict Verdict
	Source  Source
	Reason  string // why, in one word of a fixed set: logs, metrics and API have it
}

// The reasons of decisions that are not a Problem of a callout. Those have the Problem's kind.
const (
	ReasonRecipient = "recipient"  // the destination answered for this recipient
	ReasonCatchAll  = "catch_all"  // the domain accepts every recipient
	ReasonStale     = "stale"      // one of these two, before it expired
	ReasonListed    = "listed"     // it is a local recipient
	ReasonNotListed = "not_listed" // it is none, and the domain has no others
	ReasonListEmpty = "list_empty" // the domain has local recipients alone, and none
	ReasonOff       = "off"        // the domain is not to be verified
	ReasonNotServed = "not_served" // the domain is not one of ours
	ReasonSyntax    = "syntax"     // no recipient anywhere
	ReasonSlow      = "slow"       // answer_within passed; the callout goes on
	ReasonGivenUp   = "given_up"   // who asked did not wait for the answer
)

// errSlow is the problem of a question that was not answered in time.
var errSlow = errors.New("no answer within answer_within; the callout goes on and its answer will be kept")

// decide words a verdict. Codes are those of a reply where it had usable ones, else what the rules give; the
// text is ours unless the domain passes the destination's on, since destinations tell where mailboxes live.
func decide(d *domains.Domain, verdict Verdict, source Source) Decision {
	dec := Decision{Verdict: verdict, Source: source, Reason: ReasonRecipient}
	switch {
	case verdict.Stale:
		dec.Reason = ReasonStale
	case verdict.CatchAll:
		dec.Reason = ReasonCatchAll
	}
	switch verdict.Status {
	case Valid:
		dec.Action = Accept
	case Invalid:
		dec.Action = Reject
		dec.Code, dec.Enhanced, dec.Text = rejection(verdict.Reply)
	default:
		dec.Action = Defer
		dec.Code, dec.Enhanced, dec.Text, dec.Reason = deferral(verdict)
		if d.Settings.AcceptUnknown {
			dec.Action, dec.Code, dec.Enhanced, dec.Text = Accept, 0, smtpwire.Enhanced{}, ""
		}
	}
	if d.Settings.DestinationText && dec.Text != "" {
		if text := printable(verdict.Reply.Text); text != "" {
			dec.Text = text
		}
	}
	return dec
}

// rejection returns what a client is told of an invalid recipient.
func rejection(r Reply) (code int, enhanced smtpwire.Enhanced, text string) {
	code, enhanced = 550, smtpwire.Enhanced{Class: 5, Subject: 1, Detail: 1}
	if r.Code >= 550 && r.Code <= 554 {
		code = r.Code
	}
	if r.Enhanced.Class == 5 {
		enhanced = r.Enhanced
	}
	if enhanced.Subject == 1 {
		return code, enhanced, "mailbox does not exist"
	}
	return code, enhanced, "mailbox does not accept mail"
}

// deferral returns what a client is told while nothing is known of a recipient, and the reason.
func deferral(v Verdict) (code int, enhanced smtpwire.Enhanced, text, reason string) {
	code, text, reason = 451, "recipient can't be verified now, try again later", ReasonSlow
	if errors.Is(v.Problem, context.Canceled) {
		reason = ReasonGivenUp
	}
	var p *callout.Problem
	if errors.As(v.Problem, &p) {
		reason = p.Kind.String()
		if p.Kind == callout.Temporary {
			code, enhanced = p.Reply.Code, p.Reply.Enhanced
			if enhanced.Class != 4 {
				enhanced = smtpwire.Enhanced{Class: 4, Subject: 2, Detail: 0} // other mailbox status
			}
			return code, enhanced, "mailbox not available now, try again later", reason
		}
	}
	return code, deferEnhanced(v.Problem, p), text, reason
}

// deferEnhanced returns the enhanced status code (RFC 3463) of a deferral that is not the destination's own.
func deferEnhanced(err error, p *callout.Problem) smtpwire.Enhanced {
	switch {
	case errors.Is(err, errListEmpty):
		return smtpwire.Enhanced{Class: 4, Subject: 3, Detail: 0} // other mail system status: it is ours that lacks something
	case p == nil:
		return smtpwire.Enhanced{Class: 4, Subject: 4, Detail: 2} // answer_within
	}
	return ProblemStatus(p)
}

// ProblemStatus returns the enhanced status code (RFC 3463) of a deferral that a problem with a destination is the
// reason of.
func ProblemStatus(p *callout.Problem) smtpwire.Enhanced {
	subject, detail := uint16(4), uint16(1) // no answer from host
	switch p.Kind {
	case callout.Timeout, callout.Closed, callout.Garbage:
		detail = 2 // bad connection
	case callout.QueueFull:
		detail = 5 // mail system congestion
	case callout.Loop:
		detail = 6 // routing loop detected
	case callout.TLS:
		subject, detail = 7, 5 // cryptographic failure
	}
	return smtpwire.Enhanced{Class: 4, Subject: subject, Detail: detail}
}

// printable returns text as one line of printable ASCII, at most 400 octets, with ? for what is not.
func printable(text string) string {
	text = text[:min(len(text), 400)]
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return '?'
		}
		return r
	}, text))
}

// AppendReply appends what a client is told, or would be, "550 5.1.1 text". It is for Reject and Defer.
func (d *Decision) AppendReply(b []byte) []byte {
	b = strconv.AppendInt(b, int64(d.Code), 10)
	b = append(b, ' ')
	b = d.Enhanced.Append(b)
	b = append(b, ' ')
	return append(b, d.Text...)
}
