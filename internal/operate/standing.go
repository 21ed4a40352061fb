package operate

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"callout/internal/callout"
	"callout/internal/nexthop"
)

// Standing is one thing that can be said of how a domain stands, and what to do about it.
type Standing struct {
	Word string `json:"word" enum:"unreachable,mail_put_off,suspect,paused,not_enforced,list_empty,accepts_everything,trouble,unproven,verifies,listed,off,not_asked"`
	Text string `json:"text" doc:"A sentence"`
	Do   string `json:"do,omitempty" doc:"What to do about it, absent for nothing"`
}

// The words, in the order in which they matter.
const (
	StandsUnreachable = "unreachable"
	StandsPutOff      = "mail_put_off"
	StandsSuspect     = "suspect"
	StandsPaused      = "paused"
	StandsNotEnforced = "not_enforced"
	StandsListEmpty   = "list_empty"
	StandsAccepts     = "accepts_everything"
	StandsTrouble     = "trouble"
	StandsUnproven    = "unproven"
	StandsVerifies    = "verifies"
	StandsListed      = "listed"
	StandsOff         = "off"
	StandsNotAsked    = "not_asked"
)

var standingWords = []string{StandsUnreachable, StandsPutOff, StandsSuspect, StandsPaused, StandsNotEnforced, StandsListEmpty, StandsAccepts,
	StandsTrouble, StandsUnproven, StandsVerifies, StandsListed, StandsOff, StandsNotAsked}

// rank is the place of a standing among them: 0 matters most.
func (s Standing) rank() int { return slices.Index(standingWords, s.Word) }

// fewRefused is how many refused recipients make a domain suspect of which none was ever accepted.
const fewRefused = 20

// standings says how a domain stands, what matters most first. hosts are those of its destination of which something is
// known, hop how its next hop stands.
func standings(d *Domain, hosts []callout.HostStatus, hop nexthop.State) []Standing {
	var all []Standing
	add := func(word, do, text string, args ...any) {
		all = append(all, Standing{word, fmt.Sprintf(text, args...), do})
	}
	switch hop {
	case nexthop.Unreachable:
		add(StandsPutOff, "See whether its next hop is up; senders try again meanwhile.", "Mail is put off: its next hop can't be reached.")
	case nexthop.Refuses:
		add(StandsPutOff, "See the log of its next hop; senders try again meanwhile.", "Mail is put off: its next hop takes none from here.")
	}
	if d.Mode == "off" {
		add(StandsOff, "", "Its recipients are not verified: its mode is off.")
		return all
	}
	held(d, add)
	if d.Mode == "list" {
		listed(d, add)
	} else {
		asked(d, hosts, add)
	}
	slices.SortStableFunc(all, func(a, b Standing) int { return a.rank() - b.rank() })
	return all
}

// held says why nothing is enforced.
func held(d *Domain, add func(word, do, text string, args ...any)) {
	switch p := d.Paused; {
	case p != nil && p.Until.IsZero():
		add(StandsPaused, "Resume when you have seen enough.", "Paused: everything is accepted, until somebody resumes it.")
	case p != nil:
		add(StandsPaused, "Resume when you have seen enough.", "Paused: everything is accepted, until %s.", p.Until.UTC().Format(time.RFC3339))
	}
	if !d.Enforce {
		add(StandsNotEnforced, "Look at what would have been refused under Decisions, then set enforce = true.",
			"Not enforced: its settings let everything through, and only say what would have been refused.")
	}
}

// listed says how a domain stands that is decided by local recipients alone.
func listed(d *Domain, add func(word, do, text string, args ...any)) {
	if d.Recipients == 0 {
		add(StandsListEmpty, "Import its recipients, or choose another mode.", "Deferred: its mode is list, and no recipients are listed.")
		return
	}
	if d.anybody {
		everybodyListed(add)
		return
	}
	add(StandsListed, "", "Verified by its %s.", number(d.Recipients, "local recipient"))
}

func everybodyListed(add func(word, do, text string, args ...any)) {
	add(StandsAccepts, "Take the pattern * out of its local recipients.", "Accepts everything: * is among its local recipients, and stands for anybody.")
}

// asked says how a domain stands whose destination is asked.
func asked(d *Domain, hosts []callout.HostStatus, add func(word, do, text string, args ...any)) {
	trouble := reach(hosts, add)
	c := d.CatchAll
	switch {
	case d.anybody && d.Mode == "list+callout":
		everybodyListed(add)
	case c != nil && c.Accepts && c.Turned:
		add(StandsSuspect, "See whether the destination still knows its recipients, then clear the domain.",
			"Suspect: %s accepts every recipient now, and refused some not long ago.", c.Host)
	case c != nil && c.Accepts && d.Mode == "list+callout":
		add(StandsAccepts, "Its local recipients make no difference while the destination accepts all others: choose mode list, or see the doctor.",
			"Accepts everything: %s takes any address, so recipients can't be verified there.", c.Host)
	case c != nil && c.Accepts:
		add(StandsAccepts, "Run the doctor: it says how to switch recipient checks on there. Or list the recipients here.",
			"Accepts everything: %s takes any address, so recipients can't be verified there.", c.Host)
	case d.Verdicts.Valid == 0 && d.Verdicts.Invalid >= fewRefused:
		add(StandsSuspect, "Test an address that you know exists. Is the destination the right one?",
			"Suspect: %d recipients were refused, and none was ever accepted.", d.Verdicts.Invalid)
	case trouble:
	case d.Verdicts.Valid == 0 && (c != nil || d.Verdicts.Invalid > 0): // one that refuses all relaying does so too
		add(StandsUnproven, "Test an address that you know exists. Where that is refused too, run the doctor.",
			"Not proven yet: the destination refuses recipients, and has accepted none so far.")
	case d.Verdicts.Valid > 0:
		add(StandsVerifies, "", "Verifies properly: the destination tells recipients that exist from those that don't.")
	default:
		add(StandsNotAsked, "Test an address to see how it answers.", "Not asked yet.")
	}
}

// reach says whether hosts can be asked; trouble says that all can't.
func reach(hosts []callout.HostStatus, add func(word, do, text string, args ...any)) (trouble bool) {
	var bad, whys []string
	for _, h := range hosts {
		if h.State != callout.StateBackOff && h.State != callout.StateTrouble {
			continue
		}
		bad = append(bad, h.Address)
		if h.Problem != nil && len(whys) < mostNamed {
			whys = append(whys, h.Problem.Error())
		}
	}
	why := ""
	if len(whys) > 0 {
		why = ": " + strings.Join(whys, "; ")
	}
	switch {
	case len(bad) == 0:
		return false
	case len(bad) == len(hosts):
		add(StandsUnreachable, "Run the doctor, and see the destination. Known recipients are accepted, others deferred meanwhile.",
			"Unreachable: no host of its destination can be asked%s.", why)
		return true
	}
	add(StandsTrouble, "See the destination.", "Trouble with %s%s; the other hosts are asked.", strings.Join(bad, ", "), why)
	return false
}

func number(n int, what string) string {
	if n == 1 {
		return "one " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
