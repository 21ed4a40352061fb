package callout

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"callout/internal/smtpwire"
)

// Problem says why a question stayed open. It is an error for people: one line.
type Problem struct {
	Kind  Kind
	Stage Stage
	Host  Host
	// Reply is the destination's own words, where it had any. Of what was said to another question it has the code and
	// the enhanced code alone: the text may hold a recipient of somebody else.
	Reply smtpwire.Reply
	Err   error // what the network or the reply reader said, where they did
	// Delivery says that it was met by a session for mail, not by a callout.
	Delivery bool
	// NotAsked says that the host was not asked this question: another met the problem, or the queue was full.
	NotAsked bool
	// Since and Again are set where the host was not asked since it is left alone: from when, until when.
	Since, Again time.Time
	// Others says of other hosts of the destination that were tried why they did not answer, "host: why" in their order. It
	// has maxOthers at most; More is how many there were besides.
	Others []string
	More   int
}

// Error returns one line: where, at which stage, what; then what became of the other hosts.
func (p *Problem) Error() string {
	var b strings.Builder
	what := "callout"
	if p.Delivery {
		what = "delivery"
	}
	fmt.Fprintf(&b, "%s to %s: ", what, p.Host)
	switch {
	case p.Again.IsZero() && p.NotAsked && p.Stage != StageQueue:
		fmt.Fprintf(&b, "not asked, since another question met %s: %s", p.Stage, p.what())
	case p.Again.IsZero():
		fmt.Fprintf(&b, "%s: %s", p.Stage, p.what())
	default:
		b.WriteString(p.why())
	}
	for _, other := range p.Others {
		b.WriteString("; " + other)
	}
	if p.More > 0 {
		fmt.Fprintf(&b, "; and %d more", p.More)
	}
	return b.String()
}

// why says what happened, and of a host that is left alone since when and until when.
func (p *Problem) why() string {
	if p.Again.IsZero() {
		return p.what()
	}
	return fmt.Sprintf("left alone since %s, not asked before %s (%s: %s)",
		p.Since.Format(time.TimeOnly), p.Again.Format(time.TimeOnly), p.Stage, p.what())
}

// what says what happened, without where.
func (p *Problem) what() string {
	kind := strings.ReplaceAll(p.Kind.String(), "_", " ")
	switch {
	case len(p.Reply.Lines) > 0:
		return p.Reply.String()
	case !p.Reply.IsZero():
		return kind + ", " + p.Reply.String()
	case p.Err != nil:
		return p.Err.Error()
	case p.Kind == QueueFull:
		return fmt.Sprintf("%d questions wait already", maxQueue)
	}
	return kind
}

// of returns a line about one host of several.
func (p *Problem) of() string { return p.Host.String() + ": " + p.why() }

// ofAnother returns a problem for a question other than the one that met it: without what the host said, which may hold the
// other's recipient, and without the local address that the other was asked from.
func (p *Problem) ofAnother() *Problem {
	mine := *p
	mine.Reply.Lines = nil
	var notReply *smtpwire.ReplyError
	if errors.As(p.Err, &notReply) {
		mine.Err = errors.New("not an SMTP reply: " + notReply.Reason)
	}
	var from *sourceError
	if errors.As(p.Err, &from) {
		mine.Err = from.err
	}
	return &mine
}

// words returns what the problem was learned from, in the host's own words where it had any.
func (p *Problem) words() string {
	if p.Err != nil && p.Reply.IsZero() {
		return p.Err.Error()
	}
	return p.Reply.String()
}

// listens reports whether the host can still be spoken to after the problem, as far as that is its.
func (p *Problem) listens() bool { return p.Kind == Refused || p.Kind == Loop || p.Kind == TLS }

// brokeOff reports whether the question had a session that broke off or made no sense, so that another may do
// better.
func (p *Problem) brokeOff() bool {
	return (p.Kind == Closed || p.Kind == Garbage) && p.Again.IsZero()
}

// Unwrap returns what the network or the reply reader said.
func (p *Problem) Unwrap() error { return p.Err }
