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

// destinations reads domain.destinations: hosts in the order of their priority, those of equal priority in a
// list of their own.
func (r reading) destinations() {
	if !r.is(isList, "a list") {
		return
	}
	if len(r.node.items) == 0 {
		r.to.later.noHosts = r.node // some modes need none
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
			if !ok {
				continue
			}
			if len(r.to.later.hosts) == mostHosts {
				r.failItem(n, "there are more than %d hosts; leave some out", mostHosts)
				return
			}
			hosts = append(hosts, h)
			r.to.later.hosts = append(r.to.later.hosts, placedHost{h, n})
		}
		all = append(all, hosts)
	}
	r.to.domain.Destination = all
}

// host reads one host that is not there yet. That of ownMX has no name until the domain's is known.
func (r reading) host(n *node) (callout.Host, bool) {
	if n.kind != isText || len(n.text) > maxName {
		r.failItem(n, "%s is not host:port; write for example \"mx.example.com:25\"", n.show())
		return callout.Host{}, false
	}
	h := callout.Host{Scheme: callout.MX}
	if n.text != ownMX {
		var err error
		if h, err = callout.ParseHost(n.text); err != nil {
			r.failItem(n, "%s", err)
			return callout.Host{}, false
		}
	}
	if r.hasHost(h) {
		r.twice(n)
		return callout.Host{}, false
	}
	return h, true
}

func (r reading) hasHost(h callout.Host) bool {
	return slices.ContainsFunc(r.to.later.hosts, func(p placedHost) bool { return p.Host == h })
}

func (r reading) twice(n *node) {
	r.failItem(n, "%s is in the list already; remove one of the two", n.show())
}

// ownMX puts the domain's name where the list says ownMX.
func (r domainReader) ownMX() {
	for _, group := range r.to.domain.Destination {
		for i, h := range group {
			if h.Name != "" {
				continue
			}
			own, err := callout.ParseHost(ownMX + r.to.domain.Name)
			placed := slices.IndexFunc(r.to.later.hosts, func(p placedHost) bool { return p.Host == h })
			switch n := r.to.later.hosts[placed].node; {
			case err != nil:
				r.add(n.off, r.prefix+"destinations", "%s", err)
			case slices.Contains(r.to.domain.Destination.Hosts(), own):
				r.add(n.off, r.prefix+"destinations", "%s is %s, which is in the list already; remove one of the two", n.show(), show(own.String()))
			}
			group[i] = own
		}
	}
}

// checkLoops finds destinations that are Callout itself, as far as the file alone can tell.
func (f *fileReader) checkLoops(hosts []placedHost) {
	for _, h := range hosts {
		if key := f.config.listensAt(h.Host); key != "" {
			f.add(h.node.off, "domain.destinations", "%s is Callout itself, its %s; name the server that holds the mailboxes", h.node.show(), key)
		}
	}
}

// listensAt returns the key of the listener that a host leads to, "" where it leads to none.
func (c *Config) listensAt(h callout.Host) string {
	if h.Scheme == callout.MX {
		return ""
	}
	for _, l := range c.Policy {
		if l.reachedBy(h, c.Hostname) {
			return "policy.listen"
		}
	}
	if c.HTTP.Listen != nil && c.HTTP.Listen.reachedBy(h, c.Hostname) {
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
