package cli

import (
	"fmt"
	"strconv"
	"strings"

	"callout/internal/operate"
)

// fewEnough is how many rows of a kind are shown whether or not they have something to say.
const fewEnough = 25

// showStatus prints what should be looked at first, then destinations, next hops where there are any, and domains.
func (a *app) showStatus(s *operate.Status, all bool) {
	a.showAlerts(s.Alerts)
	fmt.Fprintln(a.out)
	a.showHosts(s.Hosts, all)
	fmt.Fprintln(a.out)
	if len(s.NextHops) > 0 {
		a.showNextHops(s.NextHops, all)
		fmt.Fprintln(a.out)
	}
	a.showDomains(s, all)
}

func (a *app) showAlerts(alerts []operate.Alert) {
	if len(alerts) == 0 {
		fmt.Fprintln(a.out, "no alerts")
		return
	}
	t := a.table()
	t.row("ALERT", "SINCE", "WHAT")
	for _, alert := range alerts {
		t.row(alert.Kind, since(alert.Since), clean(alert.Text))
	}
	t.print(a.out)
}

func (a *app) showHosts(hosts []operate.Host, all bool) {
	if len(hosts) == 0 {
		fmt.Fprintln(a.out, "no destination has been asked yet")
		return
	}
	t := a.table()
	t.row("DESTINATION", "STATE", "SINCE", "SESSIONS", "QUEUE", "NAMES")
	hidden := 0
	for i := range hosts {
		h := &hosts[i]
		if !all && len(hosts) > fewEnough && quietHost(h) {
			hidden++
			continue
		}
		t.row(h.Address, hostState(h), since(h.Since), sessionsOf(h), strconv.Itoa(h.Queue),
			clean(strings.Join(h.Names, ", ")))
		for _, l := range h.Learned {
			t.under("%s; learned %s, counts for %s: %s", l.Text, since(l.At), still(l.Expires), clean(l.Reply))
		}
		if p := h.Problem; p != nil {
			t.under("last problem %s: %s", since(p.At), clean(p.Text))
		}
	}
	t.print(a.out)
	a.sayHidden(hidden, "destination")
}

// quietHost reports whether a host has nothing to say that anyone would look for.
func quietHost(h *operate.Host) bool {
	for _, l := range h.Learned {
		if l.Limit != "several" { // nearly every host is so
			return false
		}
	}
	return (h.State == "up" || h.State == "unknown") && h.Queue == 0
}

// sessionsOf is told to admins alone.
func sessionsOf(h *operate.Host) string {
	if h.SessionLimit == 0 {
		return "-"
	}
	return fmt.Sprintf("%d of %d", h.Sessions, h.SessionLimit)
}

func hostState(h *operate.Host) string {
	switch h.State {
	case "back_off":
		return "left alone for " + still(h.RetryAt)
	case "trouble":
		return "in trouble"
	case "unknown":
		return "not asked yet"
	}
	return h.State
}

// showNextHops prints where mail is passed on to.
func (a *app) showNextHops(hops []operate.NextHop, all bool) {
	t := a.table()
	t.row("NEXT HOP", "STATE", "SINCE", "SESSIONS", "MESSAGES", "MAIL OF")
	hidden := 0
	for i := range hops {
		h := &hops[i]
		if !all && len(hops) > fewEnough && !h.Troubled() {
			hidden++
			continue
		}
		of := h.Domains[0]
		if n := len(h.Domains) - 1; n > 0 {
			of += fmt.Sprintf(" and %d more", n)
		}
		t.row(h.Name(), hopState(h), since(h.Since), strconv.Itoa(h.Sessions), strconv.FormatUint(h.Messages, 10), of)
		if p := h.Problem; p != nil {
			t.under("last problem %s: %s", since(p.At), clean(p.Text))
		}
	}
	t.print(a.out)
	a.sayHidden(hidden, "next hop")
}

func hopState(h *operate.NextHop) string {
	switch h.State {
	case "unreachable":
		return "can't be reached"
	case "refuses":
		return "takes no mail"
	case "unknown":
		return "not known yet"
	}
	return h.State
}

func (a *app) showDomains(s *operate.Status, all bool) {
	if len(s.Domains) == 0 {
		fmt.Fprintln(a.out, "no domains; add one with `callout domain add DOMAIN --destination HOST:PORT`")
		return
	}
	alerted := make(map[string]bool)
	for _, alert := range s.Alerts {
		alerted[alert.Domain] = true
	}
	t := a.table()
	t.row("DOMAIN", "MODE", "CATCH-ALL", "VALID", "INVALID", "NOTES")
	hidden := 0
	for i := range s.Domains {
		d := &s.Domains[i]
		notes := domainNotes(d)
		if !all && len(s.Domains) > fewEnough && len(notes) == 0 && !alerted[d.Name] && d.Mode == "callout" && d.CatchAll != "yes" {
			hidden++
			continue
		}
		if d.AliasOf != "" {
			notes = append([]string{"alias of " + d.AliasOf}, notes...)
		}
		t.row(d.Name, d.Mode, statusCatchAll(d), strconv.Itoa(d.Verdicts.Valid), strconv.Itoa(d.Verdicts.Invalid), strings.Join(notes, ", "))
	}
	t.print(a.out)
	a.sayHidden(hidden, "domain")
}

func statusCatchAll(d *operate.DomainStatus) string {
	switch {
	case d.Mode == "list" || d.Mode == "off":
		return "-"
	case d.CatchAll == "unknown":
		return "?"
	}
	return d.CatchAll
}

// domainNotes says what is special about a domain. A pause of everything is an alert and not a word here.
func domainNotes(d *operate.DomainStatus) []string {
	var notes []string
	if !d.Enforce {
		notes = append(notes, "not enforced")
	}
	if p := d.Paused; p != nil && p.Domain != "" {
		notes = append(notes, pauseNote(p))
	}
	if d.Recipients > 0 {
		notes = append(notes, count(d.Recipients, "local recipient"))
	}
	if d.Turned {
		notes = append(notes, "refused recipients before")
	}
	if d.Provisional {
		notes = append(notes, "catch-all by a host of lower priority")
	}
	if !d.UndecidedUntil.IsZero() {
		notes = append(notes, "no usable answer to a random address; the next in "+still(d.UndecidedUntil))
	}
	return notes
}

func (a *app) sayHidden(n int, what string) {
	if n > 0 {
		a.out.line("%s more with nothing to say; --all shows them", count(n, what))
	}
}

// table returns a table in the colours of the terminal.
func (a *app) table() *table {
	if !isTerminal(a.out) {
		return &table{}
	}
	return &table{paint: func(cell string) string {
		switch {
		case cell == "up":
			return colourServer + cell + colourOff
		case cell == "in trouble", cell == "can't be reached", cell == "takes no mail", strings.HasPrefix(cell, "left alone"):
			return colourNo + cell + colourOff
		}
		return cell
	}}
}
