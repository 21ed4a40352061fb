package decisions

import (
	"strings"
	"time"

	"callout/internal/address"
	"callout/internal/callout"
	"callout/internal/smtpwire"
	"callout/internal/verify"
)

// What is kept of texts that outsiders choose, in octets.
const (
	maxLocal   = 512 // 255, each behind a backslash, in quotes
	maxDomain  = 253
	maxSender  = 320
	maxClient  = 64
	maxReply   = 500
	maxProblem = 1000
)

// roomInPlace is how many octets of addresses a place has room for by itself. Few need more.
const roomInPlace = 160

// place is one decision as it is kept. Addresses lie one behind the other in room, or in more where they are too long
// for that: local-part, @, domain, sender, client.
type place struct {
	seq uint64
	at  int64 // nanoseconds since 1970

	took, age time.Duration

	front, reason, host string
	words

	code, replyCode         uint16
	enhanced, replyEnhanced smtpwire.Enhanced

	local, domain, sender, client uint16 // their lengths

	action, would verify.Action
	status        verify.Status
	source        verify.Source

	catchAll, provisional, stale bool

	more []byte // never changed
	room [roomInPlace]byte
}

// set has the place keep a decision.
func (p *place) set(q *verify.Question, d *verify.Decision, w words) {
	v := &d.Verdict
	p.front, p.reason, p.host = q.Front, d.Reason, v.Host
	p.action, p.would, p.status, p.source = d.Action, d.Would, v.Status, d.Source
	p.code, p.enhanced = uint16(d.Code), d.Enhanced
	p.replyCode, p.replyEnhanced = uint16(v.Reply.Code), v.Reply.Enhanced
	p.catchAll, p.provisional, p.stale = v.CatchAll, v.Provisional, v.Stale
	p.words = w
	p.keepAddresses(q)
}

// words are what is kept of what a destination said.
type words struct {
	text    string // of its reply
	problem error  // nil: none, or trouble has it
	trouble string
}

// wordsOf returns what is kept of the words of a verdict.
func wordsOf(v *verify.Verdict) words {
	w := words{text: keep(v.Reply.Text, maxReply)}
	if v.Problem == nil {
		return w
	}
	if isSmall(v.Problem) {
		w.problem = v.Problem
	} else {
		w.trouble = keep(v.Problem.Error(), maxProblem)
	}
	return w
}

// keep returns a text of which no more than most octets are held on to. A shorter one is kept as it is: verify has cut
// what is long, so that it is no small part of something large.
func keep(text string, most int) string {
	if len(text) <= most {
		return text
	}
	return strings.Clone(text[:most])
}

// keepAddresses copies who it was about. They are copied and not held on to, since a recipient is part of what the
// client sent, which may be far longer.
func (p *place) keepAddresses(q *verify.Question) {
	local, domain := cut(q.Recipient.Local(), maxLocal), cut(q.Recipient.Domain(), maxDomain)
	sender, client := cut(q.Sender, maxSender), cut(q.Client, maxClient)
	p.local, p.domain = uint16(len(local)), uint16(len(domain))
	p.sender, p.client = uint16(len(sender)), uint16(len(client))
	p.more = nil
	b := p.room[:]
	if n := len(local) + len("@") + len(domain) + len(sender) + len(client); n > len(b) {
		p.more = make([]byte, n)
		b = p.more
	}
	b = b[copy(b, local):]
	b[0] = '@'
	b = b[1:]
	b = b[copy(b, domain):]
	b = b[copy(b, sender):]
	copy(b, client)
}

func cut(s string, most int) string { return s[:min(len(s), most)] }

// addresses returns what keepAddresses has kept. recipient is empty where there was none.
func (p *place) addresses() (recipient, domain, sender, client []byte) {
	b := p.room[:]
	if p.more != nil {
		b = p.more
	}
	at := int(p.local) + 1
	end := at + int(p.domain)
	if recipient = b[:end]; p.domain == 0 {
		recipient = nil
	}
	domain, b = b[at:end], b[end:]
	return recipient, domain, b[:p.sender], b[p.sender : p.sender+p.client]
}

// isSmall reports whether an error holds on to a few thousand octets at most: then it is kept, and put in words only
// when somebody reads.
func isSmall(err error) bool {
	switch p := err.(type) {
	case *callout.Problem:
		return p.Kind != callout.TLS && isShort(p.Reply.Lines) // an error of TLS may hold certificates
	case *address.SyntaxError:
		return len(p.Address) <= maxProblem
	}
	return false
}

func isShort(lines []string) bool {
	n := 0
	for _, line := range lines {
		n += len(line)
	}
	return len(lines) <= 8 && n <= smtpwire.MaxLine
}
