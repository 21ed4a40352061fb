package callout

import (
	"context"
	"time"

	"callout/internal/address"
	"callout/internal/smtpwire"
)

// Question is one recipient to ask a destination about.
type Question struct {
	Destination Destination
	Recipient   address.Recipient
	Probe       address.Recipient // a random address of the domain, asked first; zero for none
	// Renewal is a random address that is asked behind the recipient, in the same flight; zero for none. The
	// answer does not wait for it: Renewed is called with what became of it, once, before or after Ask returns.
	Renewal  address.Recipient
	Renewed  func(ProbeAnswer)
	Avoid    Host // is asked last among the hosts of its priority; zero for none
	Settings *Settings
	Trace    func(Line) // is called with each line of the dialogue as it happens; nil for none
}

// Line is one line of a transcript.
type Line struct {
	At   time.Time
	Dir  Direction
	Text string // without its line end
}

// Direction says who said a line.
type Direction byte

// The directions of a Line.
const (
	FromClient Direction = 'C' // we said it
	FromServer Direction = 'S' // the destination said it
	Note       Direction = '*' // nobody said it; it happened
)

// note tells who follows the question that something happened.
func (q *Question) note(text string) {
	if q.Trace != nil {
		q.Trace(Line{time.Now(), Note, text})
	}
}

// takeRenewal returns the query that asks the renewal, once; nil where there is none.
func (q *query) takeRenewal(ctx context.Context) *query {
	if q.Renewal.IsZero() || q.renewed == nil {
		return nil
	}
	question := *q.Question
	question.Recipient, question.Probe, question.Renewal = q.Renewal, noRecipient, noRecipient
	ctx, cancel := context.WithTimeout(ctx, q.Settings.Deadline)
	r := &query{Question: &question, host: q.host, ctx: ctx, queued: q.queued, renewal: true}
	renewed := q.renewed
	q.renewed = nil
	r.deliver = func(a Answer) {
		cancel()
		p := ProbeAnswer{Host: a.Host, Provisional: q.provisional}
		if a.Stage == StageRcpt {
			p.Asked, p.Outcome, p.Reply = true, a.Outcome, a.Reply
		}
		go renewed(p) // whoever takes it may be about to ask here
	}
	return r
}

// Outcome is what an answer says of its recipient.
type Outcome uint8

// The outcomes. Only Accepted and Rejected say anything of the recipient.
const (
	Unknown  Outcome = iota
	Accepted         // a 2xx to RCPT
	Rejected         // a 5xx to RCPT that is about the recipient
)

// String returns "accepted", "rejected" or "unknown".
func (o Outcome) String() string {
	switch o {
	case Accepted:
		return "accepted"
	case Rejected:
		return "rejected"
	}
	return "unknown"
}

// Stage is how far a callout came. Later stages are greater.
type Stage uint8

// The stages, in the order in which a callout goes through them.
const (
	StageQueue    Stage = iota // waiting for a session
	StageConnect               // TCP
	StageGreeting              // the 220
	StageEHLO                  // EHLO or HELO
	StageSTARTTLS              // STARTTLS and its handshake, or that of smtps://
	StageMail                  // MAIL FROM:<>
	StageRcpt                  // RCPT TO
	StageData                  // a message; no callout comes so far
)

var stageNames = [...]string{"queue", "connect", "greeting", "ehlo", "starttls", "mail", "rcpt", "data"}

// String returns the stage in a word, as logs and metrics have it.
func (s Stage) String() string { return stageNames[s] }

// Answer is what a callout found.
type Answer struct {
	Outcome Outcome
	Stage   Stage          // where it ended
	Host    Host           // that gave the answer, or the problem
	Reply   smtpwire.Reply // to the recipient's RCPT; zero where there was none
	Probe   ProbeAnswer
	// ProbeSufficed says that the probe was accepted and the recipient therefore not asked: Outcome is
	// Accepted, Reply is zero.
	ProbeSufficed bool
	// Provisional says that a host of lower priority than the first gave the answer: a backup MX often accepts
	// everything, or nothing.
	Provisional bool
	Problem     *Problem // why Outcome is Unknown, nil otherwise
	// NotAsked says that no host was asked or even tried: all are left alone, or the queue was full.
	NotAsked bool
	Took     time.Duration
}

// ProbeAnswer is what became of the random address of a question.
type ProbeAnswer struct {
	Asked   bool // it had a reply of its own, or the destination broke off over it
	Outcome Outcome
	Host    Host
	Reply   smtpwire.Reply
	// Provisional is that of Answer, for the host that answered the probe.
	Provisional bool
}

// Kind is the kind of a Problem.
type Kind uint8

// The kinds of problems. All of them leave the recipient unknown.
const (
	Temporary    Kind = iota // a 4xx to RCPT: greylisting, a busy mailbox
	NoConnection             // no TCP connection: refused, unreachable, no such host, timed out
	Refused                  // a 4xx or 5xx before RCPT: greeting, EHLO, MAIL
	AboutUs                  // a 5xx to RCPT that is about the sender or the dialogue
	Closed                   // closed early, or 421
	Garbage                  // something that is no SMTP reply, or the wrong one
	Timeout                  // no reply in time
	QueueFull                // too many questions wait for this host
	NoSMTPUTF8               // the local-part is not ASCII and the host takes ASCII only
	ShuttingDown             // asked after Close
	TLS                      // no encryption, or not with the certificate that is required
	Loop                     // the destination is Callout itself
	NoHost                   // DNS has no host for the destination, or does not answer
)

var kindNames = [...]string{"temporary", "no_connection", "refused", "about_us", "closed", "garbage", "timeout", "queue_full", "no_smtputf8", "shutdown", "tls", "loop", "no_host"}

// String returns the kind in a word, as logs and metrics have it.
func (k Kind) String() string { return kindNames[k] }

// said reports whether a problem is what the host said of the question, so that its other addresses would say the
// same.
func (k Kind) said() bool { return k == Temporary || k == AboutUs || k == NoSMTPUTF8 }
