package config

import (
	"errors"
	"net/netip"
	"slices"
	"strings"
)

// mostNetworks bounds a list of proxies: each new connection or request is held against all of them.
const mostNetworks = 1000

// networks takes IP addresses and networks.
func networks(at func(*Config) *[]netip.Prefix) takes {
	return takes{
		words: "a list of IP addresses and networks", example: `["192.0.2.10", "10.1.0.0/16"]`,
		read: func(r reading) { r.networks(at(r.to.file.config)) },
	}
}

// networks reads a list of them, each masked, and none IPv4 as IPv6.
func (r reading) networks(to *[]netip.Prefix) {
	if !r.is(isList, "a list") {
		return
	}
	if len(r.node.items) > mostNetworks {
		r.fail("there are %d networks; write %d at most, wider ones", len(r.node.items), mostNetworks)
		return
	}
	var all []netip.Prefix
	for _, n := range r.node.items {
		if n.kind != isText {
			r.failItem(n, "%s is not text; write for example \"192.0.2.10\" or \"10.1.0.0/16\"", n.show())
			continue
		}
		network, err := parseNetwork(n.text)
		switch {
		case err != nil:
			r.failItem(n, "%s %s", n.show(), err)
		case slices.Contains(all, network):
			r.failItem(n, "%s is in the list already; remove one of the two", n.show())
		default:
			all = append(all, network)
		}
	}
	*to = all
}

// parseNetwork reads a network or a single address; IPv4 that is written as IPv6 becomes IPv4. The error says what is
// wrong with it and what to write; the value itself is for the caller to name.
func parseNetwork(s string) (netip.Prefix, error) {
	const mend = `is neither an IP address nor a network; write for example "192.0.2.10" or "10.1.0.0/16"`
	if !strings.Contains(s, "/") {
		ip, err := netip.ParseAddr(s)
		if err != nil || ip.Zone() != "" {
			return netip.Prefix{}, errors.New(mend)
		}
		ip = ip.Unmap()
		return netip.PrefixFrom(ip, ip.BitLen()), nil
	}
	network, err := netip.ParsePrefix(s)
	if err != nil {
		return netip.Prefix{}, errors.New(mend)
	}
	if ip := network.Addr(); ip.Is4In6() {
		if network.Bits() < 96 {
			return netip.Prefix{}, errors.New(mend)
		}
		network = netip.PrefixFrom(ip.Unmap(), network.Bits()-96)
	}
	if masked := network.Masked(); masked != network {
		return netip.Prefix{}, errors.New("begins in the middle of its network; write " + show(masked.String()) +
			", or " + show(network.Addr().String()) + " for the one address")
	}
	return network, nil
}
