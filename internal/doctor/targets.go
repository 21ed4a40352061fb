package doctor

import (
	"cmp"
	"context"
	"errors"
	"fmt"
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
	maxRecords    = 32 // MX records of a domain, and addresses of a host
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
	priority := 0
	for _, group := range l.c.Destination {
		sets := [][]callout.Host{nil}
		for _, h := range group {
			if h.Scheme != callout.MX {
				sets[0] = append(sets[0], h)
				continue
			}
			for i, equal := range l.mx(ctx, h) {
				if i == len(sets) {
					sets = append(sets, nil)
				}
				sets[i] = append(sets[i], equal...)
			}
		}
		for _, hosts := range sets {
			for _, h := range hosts {
				all = append(all, l.addresses(ctx, h, priority)...)
			}
			priority++
		}
	}
	return all
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
	return found[:min(len(found), maxRecords)], err
}

// mx returns the hosts that MX records name, by preference. As for callouts, a preference that has ourselves in it and
// all behind it are left out (RFC 5321 section 5.1).
func (l *lookup) mx(ctx context.Context, h callout.Host) (groups [][]callout.Host) {
	within, cancel := context.WithTimeout(ctx, lookupTimeout)
	defer cancel()
	records, err := l.o.Resolver.LookupMX(within, h.Name)
	var none *net.DNSError
	switch {
	case len(records) == 1 && strings.Trim(records[0].Host, ".") == "":
		l.mend(Reachable, h.Name+" has a null MX record (RFC 7505).", "It says of itself that it takes no mail, so nobody can be asked.",
			"Name the mail server in destinations by its own name.")
		return nil
	case len(records) > 0: // an error beside them is about others
	case err == nil || errors.As(err, &none) && none.IsNotFound:
		records = []*net.MX{{Host: h.Name}}
	default:
		l.mend(Reachable, "The MX records of "+h.Name+" could not be looked up: "+plain(err)+".", "Nobody can be asked.", "See that DNS answers from here, or name the host itself in destinations.")
		return nil
	}
	records = slices.Clone(records[:min(len(records), maxRecords)])
	slices.SortStableFunc(records, func(a, b *net.MX) int { return cmp.Compare(a.Pref, b.Pref) })
	for i, r := range records {
		if i == 0 || r.Pref != records[i-1].Pref {
			groups = append(groups, nil)
		}
		one := callout.Host{Name: strings.ToLower(strings.TrimSuffix(r.Host, ".")), Port: h.Port}
		last := len(groups) - 1
		if l.isOurs(ctx, one) {
			if last == 0 {
				l.mend(Loop, fmt.Sprintf("The first MX record of %s names ourselves, %s.", h.Name, one.Name), "Callout would ask itself; such a destination is left alone.",
					"Name the server that holds the mailboxes in destinations instead of mx:"+h.Name+".")
			}
			return groups[:last]
		}
		groups[last] = append(groups[last], one)
	}
	return groups
}

// isOurs reports whether a host that MX records name is this machine.
func (l *lookup) isOurs(ctx context.Context, h callout.Host) bool {
	if strings.EqualFold(h.Name, l.c.Settings.Hostname) {
		return true
	}
	found, _ := l.resolve(ctx, h.Name)
	return slices.ContainsFunc(found, func(text string) bool {
		ip, err := netip.ParseAddr(text)
		return err == nil && (l.o.Here(ip.Unmap()) || l.o.Own(netip.AddrPortFrom(ip.Unmap(), h.Port)))
	})
}

func (l *lookup) mend(c Check, seen, means, change string) {
	l.findings = append(l.findings, Finding{c, Mend, seen, means, change})
}

// plain says why a lookup failed, without what the finding says already.
func plain(err error) string {
	var dns *net.DNSError
	switch {
	case errors.As(err, &dns) && dns.IsNotFound:
		return "DNS has none"
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
