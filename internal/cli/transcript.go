package cli

import (
	"fmt"
	"strings"
	"sync"
	"time"

	"callout/internal/address"
	"callout/internal/callout"
	"callout/internal/domains"
	"callout/internal/verify"
)

// transcript shows the lines of a dialogue as they happen, or collects them for JSON.
type transcript struct {
	a      *app
	quiet  bool
	colour bool
	probe  string
	start  time.Time

	mu    sync.Mutex
	taken []dialogueLine
}

// dialogueLine is a line of a dialogue as JSON has it.
type dialogueLine struct {
	After float64 `json:"after_seconds"`
	From  string  `json:"from"` // "client", "server", "note"
	Text  string  `json:"text"`
}

func newTranscript(a *app, quiet bool, probe address.Recipient) *transcript {
	t := &transcript{a: a, quiet: quiet, colour: isTerminal(a.out), start: time.Now()}
	if !probe.IsZero() {
		t.probe = probe.String()
	}
	return t
}

const (
	colourClient = "\x1b[36m"
	colourServer = "\x1b[32m"
	colourNo     = "\x1b[33m" // a 4xx or 5xx
	colourNote   = "\x1b[2m"
	colourOff    = "\x1b[0m"
)

// line takes one line. The sessions call it, each from its own goroutine.
func (t *transcript) line(l callout.Line) {
	t.mu.Lock()
	defer t.mu.Unlock()
	after := l.At.Sub(t.start)
	text := clean(l.Text)
	if t.probe != "" && l.Dir == callout.FromClient && strings.Contains(l.Text, t.probe) {
		text += "   (a random address: does the domain accept everything?)"
	}
	from, colour := "note", colourNote
	switch l.Dir {
	case callout.FromClient:
		from, colour = "client", colourClient
	case callout.FromServer:
		from, colour = "server", colourServer
		if l.Text != "" && (l.Text[0] == '4' || l.Text[0] == '5') {
			colour = colourNo
		}
	}
	if t.quiet {
		t.taken = append(t.taken, dialogueLine{after.Seconds(), from, clean(l.Text)})
		return
	}
	off := colourOff
	if !t.colour {
		colour, off = "", ""
	}
	fmt.Fprintf(t.a.out, "%7.3fs  %s%c %s%s\n", after.Seconds(), colour, l.Dir, text, off)
}

// lines returns what was collected.
func (t *transcript) lines() []dialogueLine {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.taken
}

// checkResult is what a check found.
type checkResult struct {
	Recipient   string         `json:"recipient"`
	Verdict     string         `json:"verdict"`
	CatchAll    *bool          `json:"catch_all,omitempty"` // absent where it was not found out
	Why         string         `json:"why"`
	Host        string         `json:"host,omitempty"`
	Stage       string         `json:"stage,omitempty"`
	Reply       string         `json:"reply,omitempty"`
	KeptSeconds int            `json:"kept_seconds"`
	TookSeconds float64        `json:"took_seconds"`
	Dialogue    []dialogueLine `json:"dialogue,omitempty"`

	catchAllWhy string
}

func (r *checkResult) status() int {
	switch r.Verdict {
	case "valid":
		return checkValid
	case "invalid":
		return checkInvalid
	}
	return checkUnknown
}

// newCheckResult puts an answer in the words and times that the cache would give it.
func newCheckResult(rcpt address.Recipient, d *domains.Domain, a callout.Answer) checkResult {
	r := checkResult{Recipient: rcpt.String(), Host: a.Host.String(), Stage: a.Stage.String(), Reply: a.Reply.String(), TookSeconds: a.Took.Seconds()}
	if p := a.Probe; p.Asked {
		accepts := p.Outcome == callout.Accepted
		switch {
		case accepts:
			r.CatchAll, r.catchAllWhy = &accepts, "yes: a random address was accepted too ("+p.Reply.String()+"), so every recipient counts as valid"
		case p.Outcome == callout.Rejected:
			r.CatchAll, r.catchAllWhy = &accepts, "no: a random address was refused ("+p.Reply.String()+")"
		default:
			r.catchAllWhy = "undecided: a random address was neither accepted nor refused"
			if !p.Reply.IsZero() {
				r.catchAllWhy += " (" + p.Reply.String() + ")"
			}
		}
	}
	accepted := r.CatchAll != nil && *r.CatchAll
	var kept time.Duration
	switch {
	case a.Outcome == callout.Rejected && a.Stage == callout.StageEHLO:
		r.Verdict, r.Why, kept = "invalid", r.Host+" was not asked: "+a.Reply.Text(), d.Settings.Cache.InvalidTTL
		r.Reply = "" // it is ours
	case a.Outcome == callout.Rejected:
		r.Verdict, r.Why, kept = "invalid", r.Host+" refused it: "+r.Reply, d.Settings.Cache.InvalidTTL
	case a.Outcome == callout.Accepted && !a.ProbeSufficed:
		r.Verdict, r.Why, kept = "valid", r.Host+" accepted it: "+r.Reply, d.Settings.Cache.ValidTTL
	case accepted:
		r.Verdict, r.Why, kept = "valid", "the domain accepts every recipient", d.Settings.Cache.ValidTTL
	default:
		r.Verdict, r.Why, kept = "unknown", a.Problem.Error(), verify.KeepUnknown
	}
	r.KeptSeconds = int(kept.Seconds())
	return r
}

// print shows a result.
func (r *checkResult) print(a *app) {
	verdict := r.Verdict
	if isTerminal(a.out) {
		colour := map[string]string{"valid": "\x1b[1;32m", "invalid": "\x1b[1;31m", "unknown": "\x1b[1;33m"}[verdict]
		verdict = colour + verdict + colourOff
	}
	fmt.Fprintf(a.out, "recipient  %s\nverdict    %s\nwhy        %s\n", clean(r.Recipient), verdict, clean(r.Why))
	if r.catchAllWhy != "" {
		fmt.Fprintf(a.out, "catch-all  %s\n", clean(r.catchAllWhy))
	}
	if r.KeptSeconds > 0 {
		fmt.Fprintf(a.out, "kept       for %s\n", shortDuration(time.Duration(r.KeptSeconds)*time.Second))
	}
}

// shortDuration prints whole hours and minutes without the zeros behind them.
func shortDuration(d time.Duration) string {
	s := d.String()
	s = strings.TrimSuffix(s, "0s")
	if s != d.String() && strings.HasSuffix(s, "h0m") {
		return strings.TrimSuffix(s, "0m")
	}
	if s == "" || (s != d.String() && !strings.HasSuffix(s, "m")) {
		return d.String()
	}
	return s
}
