package doctor

import (
	"context"
	"crypto/x509"
	"net"
	"net/netip"
	"time"

	"callout/internal/address"
	"callout/internal/callout"
)

// Bounds on what an examination costs. They hold for each address of each host.
const (
	MaxConnections = 4
	MaxRecipients  = 12               // RCPTs
	MaxRefusals    = 5                // refused recipients of one session: some servers shut out clients that have more
	MaxTime        = 60 * time.Second // after it the address is left, with what was found
	MaxAddresses   = 10               // of a destination; those of lower priority are left out
)

// Case is a destination to examine.
type Case struct {
	Domain      string // whose recipients are asked about, A-labels
	Destination callout.Destination
	Settings    callout.Settings  // as callouts to it have them
	ProbePrefix string            // of random local-parts
	Good        address.Recipient // of the domain, known to exist; zero for none
	// Listed says that local recipients alone decide for the domain: its hosts may accept everything.
	Listed bool
}

// Options are what an examination needs from outside. Every field may be left zero.
type Options struct {
	Dial     callout.DialFunc           // nil: net.Dialer
	Resolver callout.Resolver           // nil: net.DefaultResolver
	Roots    *x509.CertPool             // whose certificates are good; nil: those the system trusts
	Own      func(netip.AddrPort) bool  // reports whether Callout itself listens there; nil: nowhere
	Here     func(netip.Addr) bool      // reports whether an address is this machine's; nil: none is
	Begin    func(name, address string) // is called as the examination of an address begins; nil: nobody is
}

// complete fills in what was left zero.
func (o Options) complete() Options {
	if o.Dial == nil {
		o.Dial = func(ctx context.Context, source netip.Addr, address string) (net.Conn, error) {
			var d net.Dialer
			if source.IsValid() {
				d.LocalAddr = net.TCPAddrFromAddrPort(netip.AddrPortFrom(source, 0))
			}
			return d.DialContext(ctx, "tcp", address)
		}
	}
	if o.Resolver == nil {
		o.Resolver = net.DefaultResolver
	}
	if o.Own == nil {
		o.Own = func(netip.AddrPort) bool { return false }
	}
	if o.Here == nil {
		o.Here = func(netip.Addr) bool { return false }
	}
	if o.Begin == nil {
		o.Begin = func(string, string) {}
	}
	return o
}

// Examine examines the hosts of a destination in the order of their priority, one address after the other. It takes up
// to MaxTime for each, and ends early with ctx.
func Examine(ctx context.Context, c Case, o Options) *Report {
	o = o.complete()
	r := &Report{Domain: c.Domain, Destination: c.Destination.String(), Began: time.Now(), Findings: []Finding{}, Hosts: []*Host{}}
	if !c.Good.IsZero() {
		r.Good = c.Good.String()
	}
	l := &lookup{c: &c, o: &o}
	targets := l.targets(ctx)
	r.Findings = append(r.Findings, l.findings...)
	for i, t := range targets {
		if i == MaxAddresses {
			r.leftOut(targets[i:])
			break
		}
		h := &Host{Name: t.host.String(), Address: t.address, Priority: t.priority + 1, Findings: []Finding{}}
		r.Hosts = append(r.Hosts, h)
		if t.problem != "" {
			h.mend(Reachable, t.problem, "Nobody can be asked there.", "Mend the name in DNS, or name another host in destinations.")
			continue
		}
		o.Begin(h.Name, h.Address)
		newExam(ctx, &c, &o, t, h).run()
	}
	r.compare(&c)
	r.conclude()
	r.TookSeconds = time.Since(r.Began).Seconds()
	return r
}
