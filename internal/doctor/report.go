package doctor

import (
	"errors"
	"fmt"
	"time"

	"callout/internal/callout"
	"callout/internal/smtpwire"
)

// Level says what a finding asks for.
type Level string

// The levels.
const (
	Good Level = "good" // as it should be
	Note Level = "note" // worth knowing; verification works all the same
	Mend Level = "mend" // something to change
)

// Check names what a finding is about. Each has a section of its name in docs/doctor.md.
type Check string

// The checks, in the order in which they are made.
const (
	Reachable   Check = "reachable"
	Loop        Check = "loop"
	Banner      Check = "banner"
	EHLO        Check = "ehlo"
	Encryption  Check = "encryption"
	Certificate Check = "certificate"
	NullSender  Check = "null-sender"
	Random      Check = "random-address"
	Known       Check = "good-address"
	Greylisting Check = "greylisting"
	Pipelining  Check = "pipelining"
	Several     Check = "several-recipients"
	Errors      Check = "error-limit"
	Pace        Check = "answer-times"
	Backup      Check = "backup"
	Agreement   Check = "agreement"
	Complete    Check = "complete"
)

// Checks are all of them, in their order.
var Checks = []Check{Reachable, Loop, Banner, EHLO, Encryption, Certificate, NullSender, Random, Known, Greylisting, Pipelining,
	Several, Errors, Pace, Backup, Agreement, Complete}

// Finding is one thing that was seen. Its texts are plain sentences and may hold words of the destination: whoever shows
// them treats them as text.
type Finding struct {
	Check  Check  `json:"check"`
	Level  Level  `json:"level"`
	Seen   string `json:"seen"`             // what was seen, with the host's own words
	Means  string `json:"means,omitempty"`  // what it means
	Change string `json:"change,omitempty"` // what to change; "" for nothing

	// Ways are how Change is done, one an item: for each kind of server where it was not recognised, and what to do in other cases.
	Ways []string `json:"ways,omitempty"`
}

// Host is what was found at one address of one host.
type Host struct {
	Name        string    `json:"name"`     // as the destination has it, or the MX record; with its port
	Address     string    `json:"address"`  // IP address and port; "" where the name has none
	Priority    int       `json:"priority"` // 1 is asked first
	Server      string    `json:"server,omitempty"`
	Greeting    string    `json:"greeting,omitempty"`
	Extensions  []string  `json:"extensions,omitempty"` // of EHLO's reply, keywords in their order
	Connections int       `json:"connections"`          // that the examination took
	Recipients  int       `json:"recipients"`           // RCPTs that it sent
	Findings    []Finding `json:"findings"`

	examined bool // it greeted, or is ourselves
	server   server
	random   callout.Outcome // of the random address
}

// Report is what an examination found.
type Report struct {
	Domain      string    `json:"domain"`
	Destination string    `json:"destination"`
	Good        string    `json:"good,omitempty"` // the address that is known to exist
	Began       time.Time `json:"began"`
	TookSeconds float64   `json:"took_seconds"`
	Result      Result    `json:"result"`
	Mend        int       `json:"mend"` // findings of that level
	Hosts       []*Host   `json:"hosts"`
	Findings    []Finding `json:"findings"` // of the destination as a whole
}

// Result is what a report comes to.
type Result string

// The results.
const (
	InOrder     Result = "in_order"     // nothing to mend
	ToMend      Result = "to_mend"      // something to mend
	NotExamined Result = "not_examined" // no host could be examined
)

// conclude counts what is to be mended.
func (r *Report) conclude() {
	examined := false
	all := r.Findings
	for _, h := range r.Hosts {
		examined = examined || h.examined
		all = append(all[:len(all):len(all)], h.Findings...)
	}
	r.Mend = 0
	for _, f := range all {
		if f.Level == Mend {
			r.Mend++
		}
		examined = examined || f.Check == Loop
	}
	switch {
	case !examined:
		r.Result = NotExamined
	case r.Mend > 0:
		r.Result = ToMend
	default:
		r.Result = InOrder
	}
}

func (h *Host) add(f Finding) { h.Findings = append(h.Findings, f) }

// good, note and mend add a finding of their level.
func (h *Host) good(c Check, seen string) { h.add(Finding{Check: c, Level: Good, Seen: seen}) }

func (h *Host) note(c Check, seen, means, change string, ways ...string) {
	h.add(finding(c, Note, seen, means, change, ways...))
}

func (h *Host) mend(c Check, seen, means, change string, ways ...string) {
	h.add(finding(c, Mend, seen, means, change, ways...))
}

func finding(c Check, l Level, seen, means, change string, ways ...string) Finding {
	return Finding{Check: c, Level: l, Seen: seen, Means: means, Change: change, Ways: ways}
}

// quote puts a reply in quotes. A destination can say much; the beginning is enough to recognise it.
func quote(r smtpwire.Reply) string {
	const most = 300
	text := []rune(r.String())
	if len(text) > most {
		text = append(text[:most], '…')
	}
	return "“" + string(text) + "”"
}

// words says what a problem was, without the host, which the finding belongs to.
func words(p *callout.Problem) string {
	switch {
	case !p.Reply.IsZero():
		return quote(p.Reply)
	case p.Err != nil && isTimeout(p.Err):
		return "nothing answers in time"
	case p.Err != nil:
		return p.Err.Error()
	}
	return p.Kind.String()
}

// isTimeout reports whether an error says that time was up, in whatever words.
func isTimeout(err error) bool {
	var timeout interface{ Timeout() bool }
	return errors.As(err, &timeout) && timeout.Timeout()
}

// seconds prints a time as people say it.
func seconds(d time.Duration) string {
	switch {
	case d < time.Millisecond:
		return "less than 1 ms"
	case d < time.Second:
		return fmt.Sprintf("%d ms", d.Milliseconds())
	}
	return fmt.Sprintf("%.1f s", d.Seconds())
}

// minutes prints a longer time likewise.
func minutes(d time.Duration) string {
	if d < time.Minute || d%time.Minute != 0 {
		return seconds(d)
	}
	return plural(int(d/time.Minute), "minute")
}
