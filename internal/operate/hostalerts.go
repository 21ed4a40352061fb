package operate

import (
	"fmt"
	"slices"
	"time"

	"callout/internal/access"
	"callout/internal/callout"
	"callout/internal/domains"
	"callout/internal/history"
)

// alertHost is the kind of the alert for a host of a destination that can't be asked. Its Host is its address.
const alertHost = "host_trouble"

// troubleLasts is how long a host has had problems, from the first to the last one, when they are an alert. Shorter ones are
// over when the senders come again.
const troubleLasts = time.Minute

// hostAlerts are those for the hosts in trouble that are destinations. Of a host that is Callout itself there is another.
func (l *Lookout) hostAlerts(hosts []callout.HostStatus) (all []history.Alert) {
	hosts = slices.DeleteFunc(hosts, func(h callout.HostStatus) bool { return !troubled(&h) || h.At.Sub(h.Since) < troubleLasts })
	if len(hosts) == 0 {
		return nil
	}
	lead := leadBy(l.domains.All())
	for _, h := range hosts {
		domains := ofNames(lead, h.Names)
		if len(domains) == 0 { // no destination any more, or a next hop alone
			continue
		}
		of := domains[0]
		if n := len(domains) - 1; n > 0 {
			of += " and " + number(n, "other domain")
		}
		all = append(all, history.Alert{Kind: alertHost, Host: h.Address, Since: h.Since, Text: fmt.Sprintf("destination host %s can't be asked (%s), so that recipients of %s "+
			"are deferred unless they are known or another host answers; see whether it is up and lets this server in, and run `callout doctor %s`",
			shortNames(&h), h.Problem.Error(), of, domains[0])})
	}
	return all
}

// leadBy returns the domains by the names of their destinations.
func leadBy(all []*domains.Domain) map[string][]string {
	lead := map[string][]string{}
	for _, d := range all {
		for _, h := range d.Destination.Hosts() {
			name := h.String()
			lead[name] = append(lead[name], d.Name)
		}
	}
	return lead
}

// ofNames returns the domains that some names lead to, each once, in their order.
func ofNames(lead map[string][]string, names []string) (all []string) {
	for _, name := range names {
		all = append(all, lead[name]...)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// troubled reports whether a host can't be asked, as far as is known.
func troubled(h *callout.HostStatus) bool {
	return h.Problem != nil && h.Problem.Kind != callout.Loop && (h.State == callout.StateBackOff || h.State == callout.StateTrouble)
}

// shortNames names a host: its address, and the first names that lead there.
func shortNames(h *callout.HostStatus) string {
	names := slices.DeleteFunc(slices.Clone(h.Names), func(name string) bool { return name == h.Address })
	if len(names) == 0 {
		return h.Address
	}
	return fmt.Sprintf("%s (%s)", h.Address, nameOf(names))
}

// hostIsOver reports whether an alert about a host is over that Alerts does not return: when it answered again, and when it is not
// known to be in trouble or a destination. Alerts begins with it anew where it is in trouble after a restart.
func (l *Lookout) hostIsOver(a *history.Alert) bool {
	h, ok := l.pools.HostStatus(a.Host)
	return !ok || !troubled(&h) || len(ofNames(leadBy(l.domains.All()), h.Names)) == 0
}

// hostAlertsOf makes of the alerts about hosts those that somebody may see who is no admin: one for each of their domains that has one
// for a destination, the first 100 for each, without its names and what it said.
func (k *Desk) hostAlertsOf(who *access.Actor, open []history.Alert) (all []Alert) {
	if !slices.ContainsFunc(open, func(a history.Alert) bool { return a.Kind == alertHost }) {
		return nil
	}
	lead := leadBy(k.mine(who))
	for _, a := range open {
		h, ok := k.pools.HostStatus(a.Host)
		if a.Kind != alertHost || !ok {
			continue
		}
		domains := ofNames(lead, h.Names)
		for _, name := range domains[:min(len(domains), maxHostDomains)] {
			all = append(all, Alert{Kind: a.Kind, Domain: name, Since: a.Since, Text: "a destination host of " + name + " can't be asked, so that its recipients are deferred " +
				"unless they are known or another host answers; who runs this server can see why"})
		}
	}
	return all
}
