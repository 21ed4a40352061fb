package cli

import (
	"fmt"
	"strings"
	"time"

	"callout/internal/address"
	"callout/internal/callout"
	"callout/internal/domains"
	"callout/internal/verify"
)

// checkResult is what a check found.
type checkResult struct {
	Recipient   string         `json:"recipient"`
	Verdict     string         `json:"verdict"`
	CatchAll    *bool          `json:"catch_all,omitempty"`   // absent where it was not found out
	Provisional bool           `json:"provisional,omitempty"` // a host of lower priority than the first said so
	Mode        string         `json:"mode,omitempty"`        // of the domain
	Local       string         `json:"local,omitempty"`       // why the mode decides, not the destination: "listed", "not_listed", "list_empty", "off"
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
	r.probe(&a.Probe)
	accepted := r.CatchAll != nil && *r.CatchAll
	var kept time.Duration
	switch {
	case a.Outcome == callout.Rejected && a.Stage == callout.StageEHLO:
		r.Verdict, r.Why, kept = "invalid", r.Host+" was not asked: "+a.Reply.Text(), d.Settings.Cache.InvalidTTL
		r.Reply = "" // it is ours
	case a.Outcome == callout.Rejected:
		r.Verdict, r.Why, kept = "invalid", refusedBy(r.Host, r.Reply), d.Settings.Cache.InvalidTTL
	case a.Outcome == callout.Accepted && !a.ProbeSufficed:
		r.Verdict, r.Why, kept = "valid", acceptedBy(r.Host, r.Reply), d.Settings.Cache.ValidTTL
	case accepted:
		r.Verdict, r.Why, kept = "valid", acceptsAll, d.Settings.Cache.ValidTTL
		a.Provisional = a.Probe.Provisional
	default:
		r.Verdict, r.Why, kept = "unknown", a.Problem.Error(), verify.KeepUnknown
	}
	if a.Provisional && r.Verdict != "unknown" {
		r.Provisional, kept = true, min(kept, verify.KeepProvisional)
		r.Why += forAWhile
	}
	r.KeptSeconds = int(kept.Seconds())
	return r
}

// Words for why.
const (
	acceptsAll = "the domain accepts every recipient"
	forAWhile  = " (a host of lower priority, so only for a while)"
)

func acceptedBy(host, reply string) string { return host + " accepted it: " + reply }
func refusedBy(host, reply string) string  { return host + " refused it: " + reply }

// probe says what became of the random address.
func (r *checkResult) probe(p *callout.ProbeAnswer) {
	if !p.Asked {
		return
	}
	accepts := p.Outcome == callout.Accepted
	switch {
	case accepts || p.Outcome == callout.Rejected:
		r.CatchAll, r.catchAllWhy = &accepts, catchAllWords(accepts, p.Reply.String())
	default:
		r.catchAllWhy = "undecided: a random address was neither accepted nor refused"
		if !p.Reply.IsZero() {
			r.catchAllWhy += " (" + p.Reply.String() + ")"
		}
	}
	if p.Provisional {
		r.catchAllWhy += byBackup
	}
}

const byBackup = ", by a host of lower priority"

// catchAllWords says what became of the random address, with the reply to it.
func catchAllWords(accepts bool, reply string) string {
	if accepts {
		return "yes: a random address was accepted too (" + reply + "), so every recipient counts as valid"
	}
	return "no: a random address was refused (" + reply + ")"
}

// localWords says what the mode of the domain makes of the recipient, whatever the destination says.
var localWords = map[string]string{
	verify.ReasonListed:    "it is a local recipient, so it is accepted without asking",
	verify.ReasonNotListed: "it is no local recipient, so it is refused without asking",
	verify.ReasonListEmpty: "the domain has no local recipients, so all its mail is deferred",
	verify.ReasonOff:       "the domain is not verified, so there is no opinion on it",
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
	if r.Local != "" {
		fmt.Fprintf(a.out, "mode       %s: %s\n", r.Mode, localWords[r.Local])
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
