package operate

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"callout/internal/access"
	"callout/internal/callout"
	"callout/internal/domains"
	"callout/internal/nexthop"
)

// NextHop is how a next hop of the gateway stands: the hosts together that mail of some domains goes to.
type NextHop struct {
	Hosts    []string     `json:"hosts" doc:"As deliver_to or the destinations have them, by their priority"`
	Domains  []string     `json:"domains" doc:"Whose mail goes there, the first 100"`
	State    string       `json:"state" enum:"unknown,up,unreachable,refuses" doc:"unreachable, refuses: mail is put off; unknown: no message has shown yet"`
	Since    time.Time    `json:"since,omitzero" doc:"Of the state"`
	RetryAt  time.Time    `json:"retry_at,omitzero" doc:"Until then its hosts are left alone by callouts; a message tries them all the same"`
	Sessions int          `json:"sessions" doc:"For mail, at this moment"`
	Messages uint64       `json:"messages" doc:"That it took since the start"`
	Problem  *HostProblem `json:"problem,omitempty" doc:"The last one, also one that is over, or a message that it refused"`
}

// Name returns the hosts as an alert names them.
func (n *NextHop) Name() string { return nameOf(n.Hosts) }

// Troubled reports whether mail is put off.
func (n *NextHop) Troubled() bool { return nexthop.State(n.State).Troubled() }

// mostNamed is how many hosts of a next hop are named.
const mostNamed = 3

func nameOf(hosts []string) string {
	if n := len(hosts) - mostNamed; n > 0 {
		return fmt.Sprintf("%s and %d more", strings.Join(hosts[:mostNamed], ", "), n)
	}
	return strings.Join(hosts, ", ")
}

// routeOf returns where mail of a domain goes.
func routeOf(d *domains.Domain) nexthop.Route {
	return nexthop.Route{Destination: nexthop.To(d.DeliverTo, d.Destination), Settings: &d.Settings.Callout}
}

// hopOf returns the name of a domain's next hop.
func hopOf(d *domains.Domain) string {
	return nameOf(hostNames(nexthop.To(d.DeliverTo, d.Destination)))
}

// hostNames returns the hosts of a destination as they are written.
func hostNames(d callout.Destination) []string {
	names := []string{}
	for _, h := range d.Hosts() {
		names = append(names, h.String())
	}
	return names
}

// led is a next hop and the domains whose mail goes there.
type led struct {
	nexthop.Status
	hosts   []string
	domains []string
}

// ledTo returns the next hops of some domains of which something is known, in the order of their first domains.
func ledTo(list []*domains.Domain, known map[nexthop.ID]nexthop.Status) (all []*led) {
	if len(known) == 0 {
		return nil
	}
	byID := make(map[nexthop.ID]*led, len(known))
	for _, d := range list {
		r := routeOf(d)
		status, ok := known[r.ID()]
		if !ok {
			continue
		}
		hop := byID[r.ID()]
		if hop == nil {
			hop = &led{Status: status, hosts: hostNames(r.Destination)}
			byID[r.ID()] = hop
			all = append(all, hop)
		}
		hop.domains = append(hop.domains, d.Name)
	}
	return all
}

// NextHops returns how the next hops stand that a message was to go to since the start, for an admin, those first that mail is
// put off for, then in the order of their names. Others get none.
func (k *Desk) NextHops(who *access.Actor) []NextHop {
	if !who.Admin() {
		return nil
	}
	var all []NextHop
	var hosts hostsByName // where some are in trouble
	for _, hop := range ledTo(k.domains.All(), k.hops.Status()) {
		view := NextHop{
			Hosts: hop.hosts, Domains: hop.domains[:min(len(hop.domains), maxHostDomains)], State: string(hop.State), Since: hop.Since,
			Sessions: hop.Sessions, Messages: hop.Messages,
		}
		if p := hop.Problem; p != nil {
			view.Problem = &HostProblem{p.Kind.String(), p.Stage.String(), p.Error(), hop.At}
		}
		if hop.State.Troubled() {
			if hosts == nil {
				hosts = k.hostsByName()
			}
			view.RetryAt = hosts.leftAloneUntil(hop.hosts)
		}
		all = append(all, view)
	}
	slices.SortStableFunc(all, func(a, b NextHop) int { return cmp.Or(a.rank()-b.rank(), cmp.Compare(a.Name(), b.Name())) })
	return all
}

// rank is the place of a next hop among others: 0 matters most.
func (n *NextHop) rank() int {
	if n.Troubled() {
		return 0
	}
	return 1
}

// leftAloneUntil returns when the first of some hosts may be asked again; zero where one may be now, or nothing is known of them.
func (h hostsByName) leftAloneUntil(names []string) (first time.Time) {
	for _, name := range names {
		for _, host := range h[name] {
			if host.State != callout.StateBackOff {
				return time.Time{}
			}
			if first.IsZero() || host.RetryAt.Before(first) {
				first = host.RetryAt
			}
		}
	}
	return first
}
