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

// hostAlert is the alert for a host in trouble, if it is one. Of a host that is Callout itself there is another.
func hostAlert(h *callout.HostStatus) (a history.Alert, ok bool) {
	if !troubled(h) || h.At.Sub(h.Since) < troubleLasts {
		return a, false
	}
	text := fmt.Sprintf("destination host %s can't be asked (%s): the other hosts of its domains are, and where there are none, recipients that are not "+
		"known are deferred; see whether it is up and lets this server in, and run `callout doctor` for a domain of it", shortNames(h), h.Problem.Error())
	return history.Alert{Kind: alertHost, Host: h.Address, Since: h.Since, Text: text}, true
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

// hostIsOver reports whether an alert about a host is over that Alerts does not return: when it answered again, or no destination
// leads there any more. After a start that is not known until somebody was asked there.
func (l *Lookout) hostIsOver(a *history.Alert) bool {
	h, ok := l.pools.HostStatus(a.Host)
	if !ok || h.State == callout.StateUnknown {
		return time.Since(l.since) > notAskedFor
	}
	return !troubled(&h) || !l.leadThere(namesOf(&h))
}

// hostAlertsOf makes of an alert about a host those that somebody may see who is no admin: one for each of their domains that has it
// for a destination, the first 100, without its names and what it said.
func (k *Desk) hostAlertsOf(who *access.Actor, a *history.Alert) (all []Alert) {
	h, ok := k.pools.HostStatus(a.Host)
	if !ok {
		return nil
	}
	for _, d := range k.mine(who) {
		if !leadsTo(d, &h) {
			continue
		}
		all = append(all, Alert{Kind: a.Kind, Domain: d.Name, Since: a.Since, Text: "a destination host of this domain can't be asked: where there is no other, " +
			"recipients that are not known are deferred; who runs this server can see why"})
		if len(all) == maxHostDomains {
			break
		}
	}
	return all
}

// leadsTo reports whether a host is one of a domain's destination, by its names.
func leadsTo(d *domains.Domain, h *callout.HostStatus) bool {
	return slices.ContainsFunc(d.Destination.Hosts(), func(to callout.Host) bool { return slices.Contains(h.Names, to.String()) })
}
