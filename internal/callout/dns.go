package callout

import (
	"cmp"
	"context"
	"errors"
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
		switch {
		case dnsErr.IsNotFound:
			why = "DNS has no address for it"
		case dnsErr.IsTimeout:
			why = "DNS does not answer in time"
		}
		err = errors.New(why)
	}
	return &Problem{Kind: NoHost, Stage: StageConnect, Host: h, Err: err}
}

// leadsSomewhere forgets that a host's name had no address: those that it leads to stand for themselves.
func (ps *Pools) leadsSomewhere(name string) {
	ps.mu.RLock()
	_, known := ps.hosts[name]
	ps.mu.RUnlock()
	if known {
		ps.mu.Lock()
		defer ps.mu.Unlock()
		delete(ps.hosts, name)
	}
}

// recovered notes that MX records that led to no host do so again.
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
