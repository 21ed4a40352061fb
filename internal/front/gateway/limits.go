package gateway

import "net/netip"

// clients counts the connections of each client.
type clients map[netip.Prefix]int

// clientNetwork returns what counts as one client: an IPv4 address, or the /64 that an IPv6 host has to itself.
func clientNetwork(a netip.Addr) netip.Prefix {
	a = a.Unmap().WithZone("")
	bits := a.BitLen()
	if a.Is6() {
		bits = 64
	}
	p, _ := a.Prefix(bits) // of no address (a unix socket) this is the zero prefix: one client
	return p
}

// enter counts a connection, unless its client has most of them.
func (c clients) enter(p netip.Prefix, most int) bool {
	if c[p] >= most {
		return false
	}
	c[p]++
	return true
}

// leave takes a connection that was counted back.
func (c clients) leave(p netip.Prefix) {
	if c[p]--; c[p] <= 0 {
		delete(c, p)
	}
}
