package config

import (
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"callout/internal/callout"
)

// mostHosts bounds the hosts of one domain.
const mostHosts = 32

// ownMX in a list of destinations means the MX records of the domain itself.
const ownMX = "mx:"

// placedHost is a host and the value that says it.
type placedHost struct {
	callout.Host
	node *node
}

// hostList is a list of hosts as it was written, all priorities together.
type hostList struct {
	key   string // that it is of, without the table
	hosts []placedHost
}

// destinations reads domain.destinations.
func (r reading) destinations() {
	if r.node.kind == isList && len(r.node.items) == 0 {
		r.to.later.noHosts = r.node // some modes need none
		return
	}
	r.hostList(&r.to.later.destinations, &r.to.domain.Destination)
}

// deliverTo reads domain.deliver_to. An empty list is the destination itself.
func (r reading) deliverTo() {
	r.hostList(&r.to.later.deliverTo, &r.to.domain.DeliverTo)
}

// hostList reads hosts in the order of their priority, those of equal priority in a list of their own.
func (r reading) hostList(list *hostList, to *callout.Destination) {
	list.key = r.key.name
	if !r.is(isList, "a list") {
		return
	}
	var all callout.Destination
	for _, item := range r.node.items {
		group := []*node{item}
		if item.kind == isList {
			group = item.items
		}
		if len(group) == 0 {
			r.failItem(item, "a list in the list is empty; remove it")
		}
		hosts := make([]callout.Host, 0, len(group))
		for _, n := range group {
			h, ok := r.host(n)
			switch {
			case !ok:
				continue
			case list.has(h):
				r.failItem(n, "%s is in the list already; remove one of the two", n.show())
				continue
			case len(list.hosts) == mostHosts:
				r.failItem(n, "there are more than %d hosts; leave some out", mostHosts)
				return
			}
			hosts = append(hosts, h)
			list.hosts = append(list.hosts, placedHost{h, n})
		}
		all = append(all, hosts)
	}
	*to = all
}

// host reads one host. That of ownMX has no name until the domain's is known.
func (r reading) host(n *node) (callout.Host, bool) {
	if n.kind != isText || len(n.text) > maxName {
		r.failItem(n, "%s is not host:port; write for example \"mx.example.com:25\"", n.show())
		return callout.Host{}, false
	}
	if n.text == ownMX {
		return callout.Host{Scheme: callout.MX}, true
	}
	h, err := callout.ParseHost(n.text)
	if err != nil {
		r.failItem(n, "%s", err)
		return callout.Host{}, false
	}
	return h, true
}

// find returns the index of a host, -1 where the list does not have it.
func (l *hostList) find(h callout.Host) int {
	return slices.IndexFunc(l.hosts, func(p placedHost) bool { return p.Host == h })
}

func (l *hostList) has(h callout.Host) bool { return l.find(h) >= 0 }

// ownMX puts the domain's name where a list says ownMX.
func (r domainReader) ownMX(list *hostList, destination callout.Destination) {
	for _, group := range destination {
		for i, h := range group {
			if h.Name != "" {
				continue
			}
			own, err := callout.ParseHost(ownMX + r.to.domain.Name)
			switch n := list.hosts[list.find(h)].node; {
			case err != nil:
				r.add(n.off, r.prefix+list.key, "%s", err)
			case slices.Contains(destination.Hosts(), own):
				r.add(n.off, r.prefix+list.key, "%s is %s, which is in the list already; remove one of the two", n.show(), show(own.String()))
			}
			group[i] = own
		}
	}
}

// checkLoops finds hosts that are Callout itself, as far as the file alone can tell. mend says what to name instead.
func (f *fileReader) checkLoops(list *hostList, mend string) {
	for _, h := range list.hosts {
		if key := f.config.ListensAt(h.Host); key != "" {
			f.add(h.node.off, "domain."+list.key, "%s is Callout itself, its %s; name %s", h.node.show(), key, mend)
		}
	}
}

// ListensAt returns the key of the listener that a host leads to as far as the file alone can tell, "" where it leads to none.
func (c *Config) ListensAt(h callout.Host) string {
	if h.Scheme == callout.MX {
		return ""
	}
	reached := func(l Listen) bool { return l.reachedBy(h, c.Hostname) }
	switch {
	case slices.ContainsFunc(c.Gateway.Listen, reached):
		return "gateway.listen"
	case slices.ContainsFunc(c.Policy, reached):
		return "policy.listen"
	case c.HTTP.Listen != nil && reached(*c.HTTP.Listen):
		return "http.listen"
	}
	return ""
}

// reachedBy reports whether a connection to h comes to the listener, on a machine that is called hostname.
func (l Listen) reachedBy(h callout.Host, hostname string) bool {
	name, port, err := net.SplitHostPort(l.Address)
	if l.Network != "tcp" || err != nil || port != strconv.Itoa(int(h.Port)) {
		return false
	}
	literal := strings.TrimPrefix(strings.Trim(hostname, "[]"), "IPv6:")
	if h.Name == hostname || h.Name == literal || h.Name == name {
		return true
	}
	from, to := ipOf(name), ipOf(h.Name)
	switch {
	case !to.IsValid():
		return false
	case to.IsUnspecified(): // Linux connects to loopback then
		to = loopbackOf(to)
	}
	switch {
	case name == "": // every address
		return to.IsLoopback()
	case from.IsUnspecified():
		return to.IsLoopback() && (from.Is6() || to.Is4()) // [::] takes IPv4 too, 0.0.0.0 not IPv6
	}
	return from == to
}

// ipOf returns the address of a host, not valid for a name but localhost, which is asked as IPv4 first.
func ipOf(name string) netip.Addr {
	if name == "localhost" {
		return netip.AddrFrom4([4]byte{127, 0, 0, 1})
	}
	ip, err := netip.ParseAddr(name)
	if err != nil {
		return netip.Addr{}
	}
	return ip.Unmap()
}

func loopbackOf(ip netip.Addr) netip.Addr {
	if ip.Is4() {
		return netip.AddrFrom4([4]byte{127, 0, 0, 1})
	}
	return netip.IPv6Loopback()
}
