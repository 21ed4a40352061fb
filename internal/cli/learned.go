package cli

import (
	"context"
	"fmt"
	"net"
	"net/netip"

	"callout/internal/callout"
	"callout/internal/store"
)

// learned returns what was learned of hosts before.
func learned(ctx context.Context, s store.Store) ([]callout.Learned, error) {
	facts, err := s.HostFacts(ctx)
	if err != nil {
		return nil, fmt.Errorf("reading what was learned of destinations: %w", err)
	}
	all := make([]callout.Learned, 0, len(facts))
	for _, f := range facts {
		all = append(all, callout.Learned{
			Address: f.Host, Limit: callout.Limit(f.Kind), N: f.N, Reply: f.Reply, At: f.Learned, Expires: f.Expires,
		})
	}
	return all, nil
}

// rememberIn returns what has the store keep what is learned.
func rememberIn(b *store.Behind) func(callout.Learned) {
	return func(l callout.Learned) {
		b.AddHost(store.HostFact{
			Host: l.Address, Kind: string(l.Limit), N: l.N, Reply: l.Reply, Learned: l.At, Expires: l.Expires,
		})
	}
}

// ownAddresses returns a function that knows where we listen ourselves: a destination there would be a loop.
func ownAddresses(listeners []net.Listener) func(netip.AddrPort) bool {
	var own []netip.AddrPort
	for _, ln := range listeners {
		if ln == nil {
			continue
		}
		if tcp, ok := ln.Addr().(*net.TCPAddr); ok {
			at := tcp.AddrPort()
			own = append(own, netip.AddrPortFrom(at.Addr().Unmap(), at.Port()))
		}
	}
	return listensAt(own)
}

// listensAt reports whether an address is one of ours, or one of this machine's where ours are all of them.
func listensAt(own []netip.AddrPort) func(netip.AddrPort) bool {
	return func(at netip.AddrPort) bool {
		for _, o := range own {
			if at.Port() == o.Port() && (at.Addr() == o.Addr() || o.Addr().IsUnspecified() && ofThisMachine(at.Addr())) {
				return true
			}
		}
		return false
	}
}

// ofThisMachine reports whether an address is one of this machine's.
func ofThisMachine(ip netip.Addr) bool {
	if ip.IsLoopback() {
		return true
	}
	addresses, err := net.InterfaceAddrs()
	if err != nil {
		return false
	}
	for _, a := range addresses {
		if prefix, err := netip.ParsePrefix(a.String()); err == nil && prefix.Addr().Unmap() == ip {
			return true
		}
	}
	return false
}
