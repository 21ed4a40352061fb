package verify

import (
	"strings"
	"time"

	"callout/internal/smtpwire"
)

// Status is what is known of a recipient.
type Status uint8

// The statuses of a Verdict.
const (
	Unknown Status = iota
	Valid
	Invalid
)

// String returns "valid", "invalid" or "unknown".
func (s Status) String() string {
	switch s {
	case Valid:
		return "valid"
	case Invalid:
		return "invalid"
	}
	return "unknown"
}

// Verdict is what is known of a recipient, with the reply behind it.
type Verdict struct {
	Status   Status
	CatchAll bool // valid because its domain accepts every recipient; Reply is the probe's then
	// Provisional says that no host of the first priority stands behind it: one of lower priority was asked.
	Provisional bool
	// Stale says that it is a valid verdict which has expired, and counts because what was said since is worth less.
	Stale   bool
	Reply   Reply
	Host    string    // host:port that said so, "" for none
	Asked   time.Time // when it said so
	Expires time.Time // from then on it is asked again; zero for an unknown
	Problem error     // why the status is Unknown, nil otherwise: a *callout.Problem, or one line for people
}

// Reply is the destination's reply on one line.
type Reply struct {
	Code     int // 0 for none
	Enhanced smtpwire.Enhanced
	Text     string
}

// maxText is how much of a reply's text is kept, in octets.
const maxText = 2000

// replyOf keeps of a reply what verdicts show.
func replyOf(r smtpwire.Reply) Reply {
	text := r.Text()
	if len(text) > maxText {
		text = strings.Clone(text[:maxText]) // a part would hold on to the whole, which may be a hundred times as long
	}
	return Reply{Code: r.Code, Enhanced: r.Enhanced, Text: text}
}

// String returns the reply as it came, on one line, "" for none.
func (r Reply) String() string {
	if r.Code == 0 {
		return ""
	}
	return smtpwire.Reply{Code: r.Code, Enhanced: r.Enhanced, Lines: []string{r.Text}}.String()
}
