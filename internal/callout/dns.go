package callout

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
	"sync"
	"time"
)

// Resolver looks names up as net.Resolver does.
type Resolver interface {
	LookupHost(ctx context.Context, name string) (addresses []string, err error)
	LookupMX(ctx context.Context, name string) ([]*net.MX, error)
}

const (
	dnsLife    = time.Minute      // an answer counts so long: Go's resolver does not tell its TTL
	dnsRetry   = 10 * time.Second // while DNS fails, the last good answer serves so long before it is asked again
	dnsFailure = time.Second      // a failure serves those who wait for the same answer
	dnsTimeout = 5 * time.Second
	dnsKeep    = 24 * time.Hour // answers that nobody needed for so long are forgotten

	maxAddresses = 16 // of one host
	maxMX        = 32 // records of one domain
)

// dns looks up hosts and keeps the last good answer of each, which serves while DNS fails.
type dns struct {
	resolver Resolver
	names    sync.Map // of *lookup, by what is looked up
}

// lookup is one name. Questions for it wait for the same answer.
type lookup struct {
	busy   chan struct{} // has a value while it is looked up; guards what follows
	good   any           // the last good answer, nil for none
	err    error         // of the last lookup where it was an answer too: there is nothing
	fresh  time.Time     // until then it is not looked up again
	usedAt time.Time
}

func newDNS(r Resolver) *dns { return &dns{resolver: r} }

// find returns a good answer, of now or of before.
func find[T any](ctx context.Context, d *dns, what string, ask func(context.Context) (T, error)) (T, error) {
	var none T
	made, ok := d.names.Load(what)
	if !ok {
		made, _ = d.names.LoadOrStore(what, &lookup{busy: make(chan struct{}, 1)})
	}
	l := made.(*lookup)
	select {
	case l.busy <- struct{}{}:
		defer func() { <-l.busy }()
	case <-ctx.Done():
		return none, ctx.Err()
	}
	now := time.Now()
	l.usedAt = now
	if !now.Before(l.fresh) {
		gaveUp := ctx
		ctx, cancel := context.WithTimeout(ctx, dnsTimeout)
		answer, err := ask(ctx)
		cancel()
		now = time.Now()
		switch {
		case err == nil:
			l.good, l.err, l.fresh = answer, nil, now.Add(dnsLife)
		case notFound(err):
			l.good, l.err, l.fresh = nil, err, now.Add(dnsRetry)
		case gaveUp.Err() != nil:
			return none, err // that is the question's, not the name's
		case l.good != nil:
			l.fresh = now.Add(dnsRetry)
		default:
			l.err, l.fresh = err, now.Add(dnsFailure)
		}
	}
	if good, ok := l.good.(T); ok {
		return good, nil
	}
	return none, l.err
}

func notFound(err error) bool {
	var dnsErr *net.DNSError
	return errors.As(err, &dnsErr) && dnsErr.IsNotFound
}

func (d *dns) sweep(now time.Time) {
	d.names.Range(func(what, found any) bool {
		l := found.(*lookup)
		select {
		case l.busy <- struct{}{}:
			if now.Sub(l.usedAt) > dnsKeep {
				d.names.Delete(what)
			}
			<-l.busy
		default: // in use
		}
		return true
	})
}

// targets returns the addresses of a host, IPv4 before IPv6.
func (d *dns) targets(ctx context.Context, h Host) ([]target, *Problem) {
	port := strconv.Itoa(int(h.Port))
	if ip, err := netip.ParseAddr(h.Name); err == nil {
		return []target{{h, h.Address(), ip.Unmap()}}, nil
	}
	addresses, err := find(ctx, d, h.Name, func(ctx context.Context) ([]string, error) {
		addresses, err := d.resolver.LookupHost(ctx, h.Name)
		slices.SortStableFunc(addresses, func(a, b string) int { return cmp.Compare(family(a), family(b)) })
		return addresses[:min(len(addresses), maxAddresses)], err
	})
	if err == nil && len(addresses) == 0 {
		err = errors.New("it has no addresses")
	}
	if err != nil {
		return nil, noHost(h, err)
	}
	targets := make([]target, 0, len(addresses))
	for _, a := range addresses {
		ip, _ := netip.ParseAddr(a) // a resolver for tests may say a name
		targets = append(targets, target{h, net.JoinHostPort(a, port), ip.Unmap()})
	}
	return targets, nil
}

// family sorts addresses: IPv4 first.
func family(address string) int {
	if strings.Contains(address, ":") {
		return 6
	}
	return 4
}

// noHost is the problem of a name that leads nowhere.
func noHost(h Host, err error) *Problem {
	var dnsErr *net.DNSError
	if errors.As(err, &dnsErr) {
		why := "DNS: " + dnsErr.Err
		if dnsErr.IsNotFound {
			why = "DNS has no address for it"
		}
		err = errors.New(why)
	}
	return &Problem{Kind: NoHost, Stage: StageConnect, Host: h, Err: err}
}

func hasMX(group []Host) bool {
	return slices.ContainsFunc(group, func(h Host) bool { return h.Scheme == MX })
}

// expand puts the hosts that MX records name in the place of mx: (RFC 5321 section 5.1), as groups of equal
// preference. Hosts beside mx: are of its first priority.
func (s *search) expand(ctx context.Context, group []Host) [][]Host {
	var groups [][]Host
	for _, h := range group {
		if h.Scheme != MX {
			groups = addTo(groups, 0, h)
			continue
		}
		found, problem := s.mx(ctx, h)
		if problem != nil {
			s.lost(problem)
		}
		for i, equal := range found {
			groups = addTo(groups, i, equal...)
		}
	}
	return groups
}

func addTo(groups [][]Host, i int, hosts ...Host) [][]Host {
	if i == len(groups) {
		groups = append(groups, nil)
	}
	groups[i] = append(groups[i], hosts...)
	return groups
}

// mx returns the hosts of a domain in the order of their preference.
func (s *search) mx(ctx context.Context, h Host) ([][]Host, *Problem) {
	records, err := find(ctx, s.ps.dns, "mx:"+h.Name, func(ctx context.Context) ([]*net.MX, error) {
		return s.ps.dns.lookupMX(ctx, h.Name)
	})
	if err != nil {
		return nil, noHost(h, err)
	}
	if len(records) == 1 && strings.Trim(records[0].Host, ".") == "" {
		return nil, noHost(h, errNullMX)
	}
	s.ps.recovered(h.String())
	var groups [][]Host
	for _, equal := range byPreference(records) {
		hosts := make([]Host, 0, len(equal))
		for _, r := range equal {
			hosts = append(hosts, Host{Name: strings.ToLower(strings.TrimSuffix(r.Host, ".")), Port: h.Port})
		}
		groups = append(groups, s.shuffled(len(groups), hosts))
	}
	return groups, nil
}

// shuffled returns hosts of one preference in the order that is drawn for the domain.
func (s *search) shuffled(preference int, hosts []Host) []Host {
	const groupsOfMX = 1000 // apart from those of the configuration
	return s.ordered(groupsOfMX+preference, hosts)
}

var errNullMX = errors.New("it has a null MX record: it takes no mail (RFC 7505)")

// lookupMX returns the MX records of a domain, or one for the domain itself where there are none.
func (d *dns) lookupMX(ctx context.Context, domain string) ([]*net.MX, error) {
	records, err := d.resolver.LookupMX(ctx, domain)
	switch {
	case len(records) > 0: // an error beside them is about others that were left out
		return records[:min(len(records), maxMX)], nil
	case err == nil || notFound(err):
		return []*net.MX{{Host: domain}}, nil
	}
	return nil, err
}

// byPreference returns records in groups of equal preference, the most preferred first.
func byPreference(records []*net.MX) (groups [][]*net.MX) {
	records = slices.Clone(records)
	slices.SortStableFunc(records, func(a, b *net.MX) int { return cmp.Compare(a.Pref, b.Pref) })
	for _, r := range records {
		if n := len(groups); n > 0 && groups[n-1][0].Pref == r.Pref {
			groups[n-1] = append(groups[n-1], r)
		} else {
			groups = append(groups, []*net.MX{r})
		}
	}
	return groups
}

// leadsHere reports whether we are one of the hosts of a preference: those, and all of lower priority, are left out,
// since they would hand the mail to us. It is asked when their turn has come, so that no question waits for the names
// of hosts that it does not need.
func (s *search) leadsHere(ctx context.Context, written, group []Host, first bool) bool {
	i := slices.IndexFunc(group, func(h Host) bool { return !slices.Contains(written, h) && s.isOurs(ctx, h) })
	if i < 0 {
		return false
	}
	if first {
		mx := written[slices.IndexFunc(written, func(h Host) bool { return h.Scheme == MX })]
		s.lost(&Problem{Kind: Loop, Stage: StageConnect, Host: mx, Err: fmt.Errorf("its first MX record names ourselves, %s", group[i].Name)})
	}
	return true
}

// lost notes a problem of a destination that leads to no host, so that it is seen.
func (s *search) lost(problem *Problem) {
	h := s.ps.host(problem.Host.String())
	h.trouble(problem)
	a := failed(problem)
	s.keep(&a, 0)
}

// recovered notes that a destination that led to no host does so again.
func (ps *Pools) recovered(name string) {
	ps.mu.RLock()
	h := ps.hosts[name]
	ps.mu.RUnlock()
	if h != nil {
		h.mu.Lock()
		defer h.mu.Unlock()
		h.noteFine()
	}
}

// isOurs reports whether a host that MX records name is this machine, by its name or one of its addresses.
func (s *search) isOurs(ctx context.Context, h Host) bool {
	if strings.EqualFold(h.Name, s.q.Settings.Hostname) {
		return true
	}
	targets, _ := s.ps.dns.targets(ctx, h)
	return slices.ContainsFunc(targets, func(t target) bool {
		return t.ip.IsValid() && (s.ps.here(t.ip) || s.ps.own(netip.AddrPortFrom(t.ip, h.Port)))
	})
}
