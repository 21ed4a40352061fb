package lab

import (
	"cmp"
	"context"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// record is what one dns line says.
type record struct {
	weather weather
	name    string    // "" where the line is about all names
	mx      bool      // the line is about MX records, else about addresses
	hosts   []string  // addresses
	records []*net.MX // in the order of their preference
}

// weather is how lookups go.
type weather uint8

const (
	works weather = iota
	fails         // a temporary failure
	hangs         // nothing comes until the caller gives up
)

// parseRecord reads a dns line without its first word.
func parseRecord(text string) (r record, err error) {
	words := strings.Fields(text)
	if len(words) == 1 {
		all := map[string]weather{"works": works, "fails": fails, "hangs": hangs}
		var known bool
		if r.weather, known = all[words[0]]; known {
			return r, nil
		}
	}
	if r.mx = len(words) > 1 && words[0] == "mx"; r.mx {
		words = words[1:]
	}
	if len(words) < 2 {
		return r, fmt.Errorf("%q says nothing of a name", text)
	}
	r.name = canonical(words[0])
	switch {
	case len(words) == 2 && words[1] == "none":
	case r.mx:
		r.records, err = parseMX(strings.Join(words[1:], " "))
	default:
		for _, w := range words[1:] {
			if _, err := netip.ParseAddr(w); err != nil {
				return r, fmt.Errorf("%q is no IP address", w)
			}
		}
		r.hosts = words[1:]
	}
	return r, err
}

// parseMX reads "10 mx1.example.com, 20 mx2.example.com", or "." for the null MX of RFC 7505.
func parseMX(text string) ([]*net.MX, error) {
	if text == "." {
		return []*net.MX{{Host: "."}}, nil
	}
	var all []*net.MX
	for one := range strings.SplitSeq(text, ",") {
		words := strings.Fields(one)
		if len(words) != 2 {
			return nil, fmt.Errorf("%q is no preference and host", one)
		}
		preference, err := strconv.ParseUint(words[0], 10, 16)
		if err != nil {
			return nil, fmt.Errorf("%q is no preference from 0 to 65535", words[0])
		}
		all = append(all, &net.MX{Host: canonical(words[1]) + ".", Pref: uint16(preference)})
	}
	slices.SortStableFunc(all, func(a, b *net.MX) int { return cmp.Compare(a.Pref, b.Pref) })
	return all, nil
}

// canonical returns a name as lookups compare it.
func canonical(name string) string { return strings.ToLower(strings.TrimSuffix(name, ".")) }

// zone is the DNS of a Network.
type zone struct {
	mu      sync.Mutex
	weather weather
	hosts   map[string][]string
	mx      map[string][]*net.MX
}

func newZone() *zone {
	return &zone{hosts: make(map[string][]string), mx: make(map[string][]*net.MX)}
}

// DNS changes the network's DNS as a line of a script does, whose first word, dns, may be left out.
func (n *Network) DNS(line string) error {
	r, err := parseRecord(strings.TrimPrefix(line, "dns "))
	if err != nil {
		return err
	}
	z := n.zone
	z.mu.Lock()
	defer z.mu.Unlock()
	switch {
	case r.name == "":
		z.weather = r.weather
	case r.mx:
		z.mx[r.name] = r.records
	default:
		z.hosts[r.name] = r.hosts
	}
	return nil
}

// LookupHost returns the addresses of a host as net.Resolver's LookupHost does, in the order of the script. A
// host that no dns line has mentioned so far has its own name for its only address, which Dial then connects to.
func (n *Network) LookupHost(ctx context.Context, name string) ([]string, error) {
	if _, err := netip.ParseAddr(name); err == nil {
		return []string{name}, nil
	}
	if err := n.zone.lookup(ctx, name); err != nil {
		return nil, err
	}
	n.zone.mu.Lock()
	defer n.zone.mu.Unlock()
	addrs, mentioned := n.zone.hosts[canonical(name)]
	switch {
	case !mentioned && name != "":
		return []string{canonical(name)}, nil
	case len(addrs) == 0:
		return nil, notFound(name)
	}
	return slices.Clone(addrs), nil
}

// LookupMX returns the MX records of a domain as net.Resolver's LookupMX does, sorted by preference, those of one
// preference in the order of the script. A domain that no dns mx line has mentioned so far has none.
func (n *Network) LookupMX(ctx context.Context, name string) ([]*net.MX, error) {
	if err := n.zone.lookup(ctx, name); err != nil {
		return nil, err
	}
	n.zone.mu.Lock()
	defer n.zone.mu.Unlock()
	all := n.zone.mx[canonical(name)]
	if len(all) == 0 {
		return nil, notFound(name)
	}
	copies := make([]*net.MX, len(all))
	for i, mx := range all {
		one := *mx
		copies[i] = &one
	}
	return copies, nil
}

// lookup is what befalls every lookup, whatever is looked for.
func (z *zone) lookup(ctx context.Context, name string) error {
	z.mu.Lock()
	weather := z.weather
	z.mu.Unlock()
	if weather == hangs {
		<-ctx.Done()
	}
	if err := ctx.Err(); err != nil {
		return &net.DNSError{UnwrapErr: err, Err: err.Error(), Name: name, IsTimeout: err == context.DeadlineExceeded}
	}
	if weather == fails {
		return &net.DNSError{Err: "server misbehaving", Name: name, IsTemporary: true}
	}
	return nil
}

func notFound(name string) error {
	return &net.DNSError{Err: "no such host", Name: name, IsNotFound: true}
}

// names returns the names that have an address, and the address itself.
func (z *zone) names(addr string) []string {
	z.mu.Lock()
	defer z.mu.Unlock()
	all := []string{addr}
	for name, addrs := range z.hosts {
		if slices.Contains(addrs, addr) {
			all = append(all, name)
		}
	}
	return all
}
