package doctor

import (
	"cmp"
	"context"
	"errors"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"callout/internal/callout"
)

const (
	lookupTimeout = 10 * time.Second
	maxPerHost    = 16 // addresses, as for callouts
)

// target is one address to examine.
type target struct {
	host     callout.Host
	address  string // IP:port
	ip       string // or what a resolver says instead
	priority int    // from 0
	problem  string // why there is no address; "" where there is one
}

// lookup finds the addresses of a destination.
type lookup struct {
	c        *Case
	o        *Options
	findings []Finding
}

// targets returns the addresses of a destination in the order of their priority; IPv4 before IPv6 within a host.
func (l *lookup) targets(ctx context.Context) (all []target) {
	for priority, hosts := range l.hosts(ctx) {
		for _, h := range hosts {
			all = append(all, l.addresses(ctx, h, priority)...)
		}
	}
	return all
}

// hosts returns the hosts of each priority, found as for callouts, in the order in which they are written.
func (l *lookup) hosts(ctx context.Context) [][]callout.Host {
	pools := callout.NewPools(callout.Options{Resolver: l.o.Resolver, Own: l.o.Own, Here: l.o.Here, Shuffle: asWritten})
	defer pools.Close(ctx)
	groups, problems := pools.Expand(ctx, l.c.Destination, &l.c.Settings)
	for _, p := range problems {
		l.leadsNowhere(p)
	}
	return groups
}

// asWritten draws no other order.
func asWritten(n int) []int {
	order := make([]int, n)
	for i := range order {
		order[i] = i
	}
	return order
}

// leadsNowhere says why mx: leads to no host.
func (l *lookup) leadsNowhere(p *callout.Problem) {
	mx := p.Host
	switch {
	case p.Kind == callout.Loop:
		l.mend(Loop, mx.String()+" leads to ourselves: "+p.Err.Error()+".", "Callout would ask itself; such a destination is left alone.",
			"Name the server that holds the mailboxes in destinations instead of mx:"+mx.Name+".")
	case errors.Is(p, callout.ErrNullMX):
		l.mend(Reachable, mx.Name+" has a null MX record (RFC 7505).", "It says of itself that it takes no mail, so nobody can be asked.",
			"Name the mail server in destinations by its own name.")
	default:
		l.mend(Reachable, "The MX records of "+mx.Name+" could not be looked up: "+words(p)+".", "Nobody can be asked.",
			"See that DNS answers from here, or name the host itself in destinations.")
	}
}

// addresses returns those of a host.
func (l *lookup) addresses(ctx context.Context, h callout.Host, priority int) (all []target) {
	found, err := l.resolve(ctx, h.Name)
	if err == nil && len(found) == 0 {
		err = errors.New("it has no addresses")
	}
	if err != nil {
		return []target{{host: h, priority: priority, problem: "There is no address for " + h.Name + ": " + plain(err) + "."}}
	}
	for _, ip := range found {
		all = append(all, target{host: h, address: net.JoinHostPort(ip, strconv.Itoa(int(h.Port))), ip: ip, priority: priority})
	}
	return all
}

func (l *lookup) resolve(ctx context.Context, name string) ([]string, error) {
	if ip, err := netip.ParseAddr(name); err == nil {
		return []string{ip.Unmap().String()}, nil
	}
	ctx, cancel := context.WithTimeout(ctx, lookupTimeout)
	defer cancel()
	found, err := l.o.Resolver.LookupHost(ctx, name)
	slices.SortStableFunc(found, func(a, b string) int { return cmp.Compare(strings.Count(a, ":"), strings.Count(b, ":")) })
	return found[:min(len(found), maxPerHost)], err
}

func (l *lookup) mend(c Check, seen, means, change string) {
	l.findings = append(l.findings, finding(c, Mend, seen, means, change))
}

// plain says why a lookup failed, without what the finding says already.
func plain(err error) string {
	var dns *net.DNSError
	switch {
	case errors.As(err, &dns) && dns.IsNotFound:
		return "DNS has none"
	case errors.As(err, &dns) && dns.IsTimeout:
		return "DNS does not answer in time"
	case errors.As(err, &dns):
		return "DNS: " + dns.Err
	}
	return err.Error()
}

// only is a resolver that knows one address, so that a Link is opened to it and no other.
type only string

// LookupHost returns the address, whatever the name.
func (o only) LookupHost(context.Context, string) ([]string, error) { return []string{string(o)}, nil }

// LookupMX is not for this resolver.
func (o only) LookupMX(context.Context, string) ([]*net.MX, error) {
	return nil, errors.New("no MX is needed")
}
