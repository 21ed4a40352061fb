package operate

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"callout/internal/access"
	"callout/internal/callout"
	"callout/internal/domains"
	"callout/internal/history"
	"callout/internal/nexthop"
	"callout/internal/verify"
)

// alertLoop is the kind of the alert for a destination that is Callout itself.
const alertLoop = "loop"

// The words of such an alert around the names of the destination. They are all that is kept of it, so that the names are
// read from them again.
const (
	loopBefore = "destination or next hop "
	loopBehind = " is Callout itself"
)

// notAskedFor is how long after the start a loop is taken to go on where nobody was asked.
const notAskedFor = 24 * time.Hour

// Lookout knows what should be looked at, by whomever. Its methods are what history.Options wants.
type Lookout struct {
	verifier *verify.Verifier
	pools    *callout.Pools
	domains  *domains.Registry
	hops     *nexthop.Hops // nil: there are none
	since    time.Time
}

// NewLookout returns a Lookout. What is known of hosts begins with it.
func NewLookout(v *verify.Verifier, pools *callout.Pools, registry *domains.Registry) *Lookout {
	return &Lookout{verifier: v, pools: pools, domains: registry, since: time.Now()}
}

// Alerts returns what is known to hold at this moment: what verify knows of, then the hosts and the next hops.
func (l *Lookout) Alerts() []history.Alert {
	var all []history.Alert
	for _, alert := range l.verifier.Alerts() {
		all = append(all, history.Alert{Kind: alert.Kind, Domain: alert.Domain, Since: alert.Since, Text: alert.Text})
	}
	hosts := l.pools.Status()
	for _, h := range hosts {
		if names := namesOf(&h); loops(&h) && l.leadThere(names) {
			all = append(all, history.Alert{Kind: alertLoop, Host: h.Address, Since: h.Since, Text: loopText(names, h.Problem)})
		}
	}
	all = append(all, l.hostAlerts(hosts)...)
	return append(all, l.hopAlerts()...)
}

// Over reports whether an alert is over that Alerts does not return. One about a host is not, while the host was not asked
// since the start and is a destination still: whether it leads to Callout is not known then. That lasts a day, so that an
// alert does not stay for ever where nobody asks.
func (l *Lookout) Over(a history.Alert) bool {
	switch {
	case isHop(a.Kind):
		return l.hopIsOver(&a)
	case a.Kind == alertHost:
		return l.hostIsOver(&a)
	}
	if a.Kind != alertLoop || time.Since(l.since) > notAskedFor {
		return true
	}
	if names, ok := loopNames(a.Text); ok && !l.leadThere(names) {
		return true
	}
	h, ok := l.pools.HostStatus(a.Host)
	// It may have begun to loop since Alerts was asked.
	return ok && (h.State != callout.StateUnknown || h.Problem != nil) && !loops(&h)
}

// loops reports whether a host is Callout itself, as far as is known.
func loops(h *callout.HostStatus) bool {
	return h.Problem != nil && h.Problem.Kind == callout.Loop && h.State != callout.StateUp
}

// namesOf returns the destinations that lead to a host. An mx: that leads nowhere has its name in the place of an address.
func namesOf(h *callout.HostStatus) []string {
	if len(h.Names) == 0 {
		return []string{h.Address}
	}
	return h.Names
}

// leadThere reports whether one of the names is that of a destination or next hop of a domain that is served.
func (l *Lookout) leadThere(names []string) bool {
	for _, d := range l.domains.All() {
		for _, to := range []callout.Destination{d.Destination, d.DeliverTo} {
			for _, h := range to.Hosts() {
				if slices.Contains(names, h.String()) {
					return true
				}
			}
		}
	}
	return false
}

// loopText words the alert for a host that is Callout itself.
func loopText(names []string, p *callout.Problem) string {
	why := "its greeting has our own name: " + p.Reply.String()
	if p.Reply.IsZero() {
		why, _, _ = strings.Cut(fmt.Sprint(p.Err), ";") // what to do is said below
	}
	return fmt.Sprintf("%s%s%s, so that nobody is asked there and no mail goes there (%s); name the server that holds the mailboxes, or that mail is to go to",
		loopBefore, strings.Join(names, ", "), loopBehind, why)
}

// loopNames reads the names from the text of such an alert.
func loopNames(text string) (names []string, ok bool) {
	list, begun := strings.CutPrefix(text, loopBefore)
	list, _, ended := strings.Cut(list, loopBehind)
	return strings.Split(list, ", "), begun && ended
}

// CountAlerts returns how many Alerts returns.
func (k *Desk) CountAlerts(who *access.Actor) int {
	if who.Admin() {
		return len(k.history.OpenAlerts())
	}
	return len(k.Alerts(who))
}

// Alerts returns what should be looked at now of what somebody may see, each since when it was first seen.
func (k *Desk) Alerts(who *access.Actor) []Alert {
	all, open := []Alert{}, k.history.OpenAlerts()
	if !who.Admin() {
		all = append(all, k.hostAlertsOf(who, open)...)
	}
	for _, a := range open {
		switch {
		case isHop(a.Kind) && !who.Admin():
			all = append(all, k.hopAlertsOf(who, &a)...)
		case k.concerns(who, &a):
			all = append(all, alertView(&a))
		}
	}
	return all
}
