package decisions

import (
	"math"
	"strings"
	"time"

	"callout/internal/verify"
)

// Entry is one decision, for people. Its words are those of the log and the metrics. Texts that came from outside are
// cut where they are very long: a sender after 320 octets, a reply's text after 500.
type Entry struct {
	Seq         uint64    `json:"seq,omitzero"` // rises in the order in which decisions were made; see NewLog. Absent where it is not of the log
	At          time.Time `json:"at"`
	Front       string    `json:"front"`
	Domain      string    `json:"domain,omitempty"`    // of the recipient, as A-labels; "" for an address that is none
	Recipient   string    `json:"recipient,omitempty"` // as it is asked
	Action      string    `json:"action"`
	Would       string    `json:"would,omitempty"` // what Action would be if it were enforced
	Verdict     string    `json:"verdict"`
	Reason      string    `json:"reason"`
	Source      string    `json:"source"`
	Code        int       `json:"code,omitempty"`
	Enhanced    string    `json:"enhanced,omitempty"`
	CatchAll    bool      `json:"catch_all,omitempty"`
	Provisional bool      `json:"provisional,omitempty"`
	Stale       bool      `json:"stale,omitempty"`
	Reply       string    `json:"reply,omitempty"` // of the destination, on one line
	Host        string    `json:"host,omitempty"`  // who gave it
	Problem     string    `json:"problem,omitempty"`
	AgeSeconds  *float64  `json:"age_seconds,omitempty"` // of a verdict from the cache
	Client      string    `json:"client,omitempty"`
	Sender      string    `json:"sender,omitempty"`
	TookMS      float64   `json:"took_ms"`
}

// entry makes an Entry of a place.
func (p *place) entry() Entry {
	recipient, domain, sender, client := p.addresses()
	reply := verify.Reply{Code: int(p.replyCode), Enhanced: p.replyEnhanced, Text: p.text}
	e := Entry{
		Seq: p.seq, At: time.Unix(0, p.at).UTC(), Front: p.front,
		Domain: string(domain), Recipient: readable(recipient),
		Action: p.action.String(), Verdict: p.status.String(), Reason: p.reason, Source: p.source.String(),
		Code: int(p.code), Enhanced: p.enhanced.String(),
		CatchAll: p.catchAll, Provisional: p.provisional, Stale: p.stale,
		Reply: strings.ToValidUTF8(reply.String(), "\uFFFD"), Host: p.host, Problem: p.problemText(),
		Client: readable(client), Sender: readable(sender), TookMS: rounded(p.took, time.Millisecond),
	}
	if p.would != verify.NoOpinion {
		e.Would = p.would.String()
	}
	if p.source == verify.FromCache {
		age := rounded(p.age, time.Second)
		e.AgeSeconds = &age
	}
	return e
}

// problemText puts the problem of a place in words.
func (p *place) problemText() string {
	text := p.trouble
	if p.problem != nil {
		text = p.problem.Error()
	}
	return strings.ToValidUTF8(cut(text, maxProblem), "\uFFFD")
}

// readable returns a text of which the end may have been cut off in the middle of a character.
func readable(b []byte) string { return strings.ToValidUTF8(string(b), "\uFFFD") }

// rounded returns d in a unit, with three decimal places.
func rounded(d, unit time.Duration) float64 {
	return math.Round(float64(d)/float64(unit)*1000) / 1000
}
