package operate

import (
	"fmt"
	"time"

	"callout/internal/access"
	"callout/internal/callout"
	"callout/internal/domains"
	"callout/internal/history"
	"callout/internal/nexthop"
)

// The kinds of the alerts for next hops. Their Host is the name of one.
const (
	alertHopUnreachable = "hop_unreachable"
	alertHopRefuses     = "hop_refuses"
)

var hopStates = map[string]nexthop.State{alertHopUnreachable: nexthop.Unreachable, alertHopRefuses: nexthop.Refuses}

// isHop reports whether a kind of alert is about a next hop.
func isHop(kind string) bool { return hopStates[kind] != "" }

// WithHops has the Lookout look at next hops too, nil where there are none.
func (l *Lookout) WithHops(h *nexthop.Hops) *Lookout {
	l.hops = h
	return l
}

// hopAlerts are those for the next hops that mail is put off for, from troubleLasts on. Of one that is Callout itself there is
// another.
func (l *Lookout) hopAlerts() (all []history.Alert) {
	troubled := l.hops.Troubled()
	if len(troubled) == 0 {
		return nil
	}
	for _, hop := range alike(ledTo(l.domains.All(), troubled)) {
		if lasts(hop) {
			all = append(all, hopAlert(hop))
		}
	}
	return all
}

// alike makes one of the next hops in trouble that an alert could not tell apart, since they have one name and state. The first
// whose trouble lasts speaks for all. Those that are Callout itself are left out.
func alike(hops []*led) (all []*led) {
	type same struct {
		name  string
		state nexthop.State
	}
	merged := make(map[same]*led)
	for _, hop := range hops {
		if hop.Trouble.Kind == callout.Loop {
			continue
		}
		id := same{nameOf(hop.hosts), hop.State}
		one := merged[id]
		if one == nil {
			merged[id] = hop
			all = append(all, hop)
			continue
		}
		if !lasts(one) && lasts(hop) {
			one.Status = hop.Status
		}
		one.domains = append(one.domains, hop.domains...)
	}
	return all
}

// lasts reports whether the trouble of a next hop is one to be alerted of.
func lasts(hop *led) bool { return hop.Last.Sub(hop.First) >= troubleLasts }

// hopAlert is the alert for a next hop in trouble.
func hopAlert(hop *led) history.Alert {
	a := history.Alert{Kind: alertHopUnreachable, Host: nameOf(hop.hosts), Since: hop.Since}
	what, do := "can't be reached", "see whether it is up, and its port open from here"
	if hop.State == nexthop.Refuses {
		a.Kind, what, do = alertHopRefuses, "takes no mail from here", "its log says why"
	}
	of := hop.domains[0]
	if n := len(hop.domains) - 1; n > 0 {
		of += " and " + number(n, "other domain")
	}
	a.Text = fmt.Sprintf("next hop %s %s, so that mail of %s is put off and its senders try again (%s); %s", a.Host, what, of, hop.Trouble.Error(), do)
	return a
}

// hopIsOver reports whether an alert about a next hop is over that hopAlerts does not return: when the hop took something again,
// has another trouble, or no mail goes there any more. After a start that is not known until a message has come.
func (l *Lookout) hopIsOver(a *history.Alert) bool {
	if l.hops == nil {
		return true
	}
	there, known := false, false
	for _, d := range l.domains.All() {
		if hopOf(d) != a.Host {
			continue
		}
		there = true
		switch is, stands := hopStands(l.hops, d, a.Kind); {
		case is:
			return false // it may have begun to since Alerts was asked
		case stands:
			known = true
		}
	}
	return !there || known || time.Since(l.since) > notAskedFor
}

// hopStands reports whether a domain's next hop stands as a kind of alert says, and whether it is known how it stands.
func hopStands(hops *nexthop.Hops, d *domains.Domain, kind string) (so, known bool) {
	r := routeOf(d)
	s, ok := hops.StatusOf(&r)
	known = ok && s.State != nexthop.Unknown
	return known && s.State == hopStates[kind] && s.Trouble.Kind != callout.Loop, known
}

// hopAlertsOf makes of an alert about a next hop those that somebody may see who is no admin: one for each of their domains whose
// mail goes there, the first 100, without the names of hosts.
func (k *Desk) hopAlertsOf(who *access.Actor, a *history.Alert) (all []Alert) {
	why := "can't be reached"
	if a.Kind == alertHopRefuses {
		why = "takes none"
	}
	for _, d := range k.mine(who) {
		if hopOf(d) != a.Host {
			continue
		}
		if so, known := hopStands(k.hops, d, a.Kind); known && !so { // its mail goes there otherwise
			continue
		}
		text := fmt.Sprintf("mail of %s is put off, and its senders try again: its next hop %s; who runs this server can see why", d.Name, why)
		if all = append(all, Alert{Kind: a.Kind, Domain: d.Name, Since: a.Since, Text: text}); len(all) == maxHostDomains {
			break
		}
	}
	return all
}
