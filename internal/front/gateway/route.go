package gateway

import (
	"slices"

	"callout/internal/callout"
	"callout/internal/domains"
	"callout/internal/nexthop"
)

// route is the next hop of a recipient: deliver_to of its domain, or else the destination itself, spoken to as the
// domain's callouts are.
type route struct {
	destination callout.Destination
	settings    *callout.Settings
	lmtp        bool // some host of it speaks LMTP
}

func routeOf(d *domains.Domain) route {
	to := nexthop.To(d.DeliverTo, d.Destination)
	lmtp := slices.ContainsFunc(to, func(hosts []callout.Host) bool {
		return slices.ContainsFunc(hosts, func(h callout.Host) bool { return h.Scheme == callout.LMTP })
	})
	return route{to, &d.Settings.Callout, lmtp}
}

// same reports whether two recipients may share a transaction: one message goes to one next hop.
func (r route) same(other route) bool {
	if r.settings != other.settings && !alike(r.settings, other.settings) {
		return false
	}
	return slices.EqualFunc(r.destination, other.destination, slices.Equal[[]callout.Host])
}

// alike reports whether two domains have their next hops spoken to in the same way.
func alike(a, b *callout.Settings) bool {
	return a.Hostname == b.Hostname && a.TLS == b.TLS && a.ClientCert == b.ClientCert && slices.Equal(a.Source, b.Source)
}

// hop is the route as the delivery takes it.
func (r route) hop(xclient bool) nexthop.Route {
	return nexthop.Route{Destination: r.destination, Settings: r.settings, XCLIENT: xclient}
}
