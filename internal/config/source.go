package config

import (
	"errors"
	"net/netip"
	"slices"
	"strings"

	"callout/internal/address"
	"callout/internal/callout"
)

// maxMailFrom is the longest reverse-path in octets: RFC 5321 section 4.5.3.1.3 has 256 with its angle brackets.
const maxMailFrom = 254

// source reads callout.source.
func (r reading) source() {
	if !r.is(isList, "a list") {
		return
	}
	var ips []netip.Addr
	for _, n := range r.node.items {
		ip, ok := r.sourceIP(n)
		if !ok {
			continue
		}
		if slices.ContainsFunc(ips, func(other netip.Addr) bool { return other.Is4() == ip.Is4() }) {
			r.failItem(n, "%s is the second of its family; write one IPv4 address and one IPv6 address at most", n.show())
			continue
		}
		ips = append(ips, ip)
	}
	slices.SortFunc(ips, netip.Addr.Compare) // the order means nothing
	r.to.settings.Callout.Source = ips
}

// sourceIP reads one address that a connection can come from.
func (r reading) sourceIP(n *node) (netip.Addr, bool) {
	if n.kind != isText {
		r.failItem(n, "%s is not text; write for example \"192.0.2.10\"", n.show())
		return netip.Addr{}, false
	}
	ip, err := netip.ParseAddr(n.text)
	switch ip = ip.Unmap(); {
	case err != nil:
		r.failItem(n, "%s is not an IP address; write for example \"192.0.2.10\"", n.show())
	case ip.IsUnspecified():
		r.failItem(n, "%s is no address of its own; leave it out, and the system chooses", n.show())
	case ip.IsMulticast():
		r.failItem(n, "%s is a multicast address, which no connection comes from; write one of this machine's", n.show())
	default:
		return ip, true
	}
	return netip.Addr{}, false
}

// parseMailFrom reads a reverse-path: "" or a mailbox that any server can take.
func parseMailFrom(s string) (string, error) {
	if s == "" {
		return "", nil
	}
	rcpt, err := address.Parse(s)
	sender := rcpt.String()
	switch {
	case err != nil || strings.HasPrefix(sender, `"`) && !strings.HasPrefix(s, `"`):
		return "", errors.New(show(s) + ` is not an address; write for example "callout@example.net", or "" for the null sender`)
	case len(sender) > maxMailFrom:
		return "", errors.New(show(s) + " is longer than 254 octets; choose a shorter address")
	case !rcpt.ASCII():
		return "", errors.New(show(s) + " has a local-part that is not ASCII, which many servers refuse; choose another address")
	}
	return sender, nil
}

// tlsMode is the mode of a word of callout.tls.
func tlsMode(word string) callout.TLSMode {
	for m := callout.TLSOpportunistic; m < callout.TLSVerify; m++ {
		if m.String() == word {
			return m
		}
	}
	return callout.TLSVerify
}
