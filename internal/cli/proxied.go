package cli

import (
	"crypto/tls"
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// mostProxies is how many proxies in a row may stand between a client and the listener: a client can write a header of
// thousands.
const mostProxies = 20

// proxied lets requests that come from the proxies of a list be those of their clients, so that nothing behind it needs
// to know of proxies: RemoteAddr is the client's address, and TLS is set where the client spoke TLS with the proxy. Of
// others X-Forwarded-For and X-Forwarded-Proto mean nothing.
func proxied(proxies []netip.Prefix, next http.Handler) http.Handler {
	if len(proxies) == 0 {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		peer := peerOf(r)
		if !among(proxies, peer) {
			next.ServeHTTP(w, r)
			return
		}
		own := *r // a handler may not change the request that it was given
		own.RemoteAddr = netip.AddrPortFrom(clientBehind(proxies, peer, r.Header.Values("X-Forwarded-For")), 0).String()
		if own.TLS == nil && strings.EqualFold(r.Header.Get("X-Forwarded-Proto"), "https") {
			own.TLS = &tls.ConnectionState{} // of which nobody reads more than that it is there
		}
		next.ServeHTTP(w, &own)
	})
}

// peerOf returns the address at the other end of a connection. That of a unix socket has none: it is this machine.
func peerOf(r *http.Request) netip.Addr {
	at, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.AddrFrom4([4]byte{127, 0, 0, 1})
	}
	return at.Addr().Unmap().WithZone("")
}

// clientBehind returns the address that the nearest of the proxies saw which is no proxy itself. What stands before it in
// the header is the client's own word. The peer it is where there is no such address, or one on the way to it can't be read.
func clientBehind(proxies []netip.Prefix, peer netip.Addr, headers []string) netip.Addr {
	rest := strings.Join(headers, ",")
	for range mostProxies {
		comma := strings.LastIndexByte(rest, ',')
		ip, err := forwardedAddress(strings.TrimSpace(rest[comma+1:]))
		if err != nil {
			break
		}
		if !among(proxies, ip) {
			return ip
		}
		if comma < 0 {
			break
		}
		rest = rest[:comma]
	}
	return peer
}

// forwardedAddress reads one entry of X-Forwarded-For. Some proxies write the port as well.
func forwardedAddress(s string) (netip.Addr, error) {
	ip, err := netip.ParseAddr(s)
	if err != nil {
		var at netip.AddrPort
		at, err = netip.ParseAddrPort(s)
		ip = at.Addr()
	}
	return ip.Unmap().WithZone(""), err
}

// among reports whether an address lies in one of some networks.
func among(networks []netip.Prefix, ip netip.Addr) bool {
	return slices.ContainsFunc(networks, func(n netip.Prefix) bool { return n.Contains(ip) })
}
