package doctor

import (
	"context"
	"crypto/x509"
	"net"
	"net/netip"
	"time"

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

// Options are what an examination needs from outside. Every field may be left zero.
type Options struct {
	Dial     callout.DialFunc           // nil: net.Dialer
	Resolver callout.Resolver           // nil: net.DefaultResolver
	Roots    *x509.CertPool             // whose certificates are good; nil: those the system trusts
	Own      func(netip.AddrPort) bool  // reports whether Callout itself listens there; nil: nowhere
	Here     func(netip.Addr) bool      // reports whether an address is this machine's; nil: none is
	Begin    func(name, address string) // is called as the examination of an address begins; nil: nobody is
	// Trace is called with each line of every dialogue as it happens, and with notes that say which address is examined; nil:
	// nobody is. It is called by whoever called Examine, with MaxLines for an address at most.
	Trace  func(callout.Line)
	AtMost time.Duration // for the whole examination; what there is no time for is left out, and said to be; 0: no bound
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
// to MaxTime for each, Options.AtMost for all, and ends early with ctx.
func Examine(ctx context.Context, c Case, o Options) *Report {
	o = o.complete()
	r := &Report{Domain: c.Domain, Destination: c.Destination.String(), Began: time.Now(), Findings: []Finding{}, Hosts: []*Host{}}
	if !c.Good.IsZero() {
		r.Good = c.Good.String()
	}
	whole := ctx
	if o.AtMost > 0 {
		var cancel func()
		whole, cancel = context.WithTimeout(ctx, o.AtMost)
		defer cancel()
	}
	l := &lookup{c: &c, o: &o}
	targets := l.targets(whole)
	r.Findings = append(r.Findings, l.findings...)
	for i, t := range targets {
		if whole.Err() != nil {
			r.leftOut(len(targets), len(targets)-i, whyOver(ctx, &o))
			break
		}
		if i == MaxAddresses {
			r.leftOut(len(targets), len(targets)-i, "")
			break
		}
		r.Hosts = append(r.Hosts, examine(whole, &c, &o, t))
	}
	r.compare(&c)
	r.conclude()
	r.TookSeconds = time.Since(r.Began).Seconds()
	return r
}

// examine examines one address.
func examine(ctx context.Context, c *Case, o *Options, t target) *Host {
	h := &Host{Name: t.host.String(), Address: t.address, Priority: t.priority + 1, Findings: []Finding{}}
	if t.problem != "" {
		o.note(t.problem)
		h.mend(Reachable, t.problem, "Nobody can be asked there.", "Mend the name in DNS, or name another host in destinations.")
		return h
	}
	o.Begin(h.Name, h.Address)
	o.note("examining " + h.Name + " [" + h.Address + "]")
	newExam(ctx, c, o, t, h).run()
	return h
}

// whyOver says why no time is left, given the context of who asked.
func whyOver(ctx context.Context, o *Options) string {
	if ctx.Err() != nil {
		return ", since the examination was interrupted"
	}
	return ", since the " + minutes(o.AtMost) + " of an examination were over"
}
