package callout

import (
	"context"
	"crypto/x509"
	"errors"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/netip"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// DialFunc opens a TCP connection to an IP address and port, from a local address where source is valid.
type DialFunc func(ctx context.Context, source netip.Addr, address string) (net.Conn, error)

// Options are what Pools needs from outside. Every field may be left zero.
type Options struct {
	Dial       DialFunc              // nil: net.Dialer
	Resolver   Resolver              // nil: net.DefaultResolver
	Log        *slog.Logger          // dialogue and session ends at debug, what is learned at info; nil: silent
	Registerer prometheus.Registerer // nil: metrics are counted and shown nowhere
	Roots      *x509.CertPool        // whose certificates are good; nil: those the system trusts
	// Own reports whether Callout itself listens at an address. It must not block.
	Own func(netip.AddrPort) bool
	// Here reports whether an address is one of this machine's: a host that MX records name there is left out. It
	// must not block.
	Here func(netip.Addr) bool
	// Learned is what was learned of hosts before; Remember is called with each thing that is learned, and with a
	// zero Expires for each that is forgotten. It must not block.
	Learned  []Learned
	Remember func(Learned)
	// Shuffle draws an order of n hosts; nil: at random.
	Shuffle func(n int) []int
}

// Pools asks destinations. It keeps sessions with each host. Its methods may be called from any goroutine.
type Pools struct {
	dial     DialFunc
	dns      *dns
	log      *slog.Logger
	metrics  *metrics
	roots    *x509.CertPool
	own      func(netip.AddrPort) bool
	here     func(netip.Addr) bool
	remember func(Learned)
	orders   orders

	ctx    context.Context // ends when sessions are to be cut
	cancel context.CancelFunc
	wait   sync.WaitGroup // for the sessions of all hosts

	mu        sync.RWMutex
	hosts     map[string]*host // by IP address and port
	closed    bool
	lastSweep time.Time
}

// Hosts that were not asked for hostLife are forgotten, but for what was learned of them, at most once in
// sweepEvery.
const (
	hostLife   = time.Hour
	sweepEvery = 10 * time.Minute
)

// NewPools returns Pools without sessions; they come with the questions. The caller must Close it.
func NewPools(o Options) *Pools {
	if o.Dial == nil {
		o.Dial = dialFrom
	}
	if o.Resolver == nil {
		o.Resolver = net.DefaultResolver
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Own == nil {
		o.Own = func(netip.AddrPort) bool { return false }
	}
	if o.Here == nil {
		o.Here = func(netip.Addr) bool { return false }
	}
	if o.Remember == nil {
		o.Remember = func(Learned) {}
	}
	if o.Shuffle == nil {
		o.Shuffle = rand.Perm
	}
	ps := &Pools{
		dial: o.Dial, dns: newDNS(o.Resolver), log: o.Log, roots: o.Roots, own: o.Own, here: o.Here, remember: o.Remember,
		orders: orders{shuffle: o.Shuffle}, hosts: make(map[string]*host), lastSweep: time.Now(),
	}
	ps.ctx, ps.cancel = context.WithCancel(context.Background())
	for _, what := range o.Learned {
		ps.host(what.Address).learned[what.Limit] = what
	}
	ps.metrics = newMetrics(o.Registerer, ps)
	return ps
}

// dialFrom dials as the machine does, from a local address where one is given.
func dialFrom(ctx context.Context, source netip.Addr, address string) (net.Conn, error) {
	var d net.Dialer
	if source.IsValid() {
		d.LocalAddr = net.TCPAddrFromAddrPort(netip.AddrPortFrom(source, 0))
	}
	return d.DialContext(ctx, "tcp", address)
}

// Ask asks the hosts of a destination, those of the first priority first, until one says 2xx or 5xx of the
// recipient or none is left. It returns when it has an answer, when Settings.Deadline has passed or when ctx
// ends; the last two leave the recipient unknown.
func (ps *Pools) Ask(ctx context.Context, q Question) Answer {
	start := time.Now()
	ctx, cancel := context.WithTimeout(ctx, q.Settings.Deadline)
	defer cancel()
	a := ps.search(ctx, &q)
	a.Took = time.Since(start)
	ps.metrics.answered(a)
	return a
}

// host returns the host of an address and makes it where there is none.
func (ps *Pools) host(address string) *host {
	ps.mu.RLock()
	h := ps.hosts[address]
	ps.mu.RUnlock()
	if h != nil {
		return h
	}
	ps.mu.Lock()
	defer ps.mu.Unlock()
	if h := ps.hosts[address]; h != nil {
		return h
	}
	ps.sweep()
	h = newHost(ps, address)
	ps.hosts[address] = h
	return h
}

// sweep forgets hosts that nobody has asked for long. The caller holds ps.mu.
func (ps *Pools) sweep() {
	now := time.Now()
	if now.Sub(ps.lastSweep) < sweepEvery {
		return
	}
	ps.lastSweep = now
	ps.dns.sweep(now)
	ps.orders.sweep(now)
	for address, h := range ps.hosts {
		h.mu.Lock()
		h.dropFlavours()
		if h.unusedSince(now.Add(-hostLife)) && !h.knowsAnything(now) {
			delete(ps.hosts, address)
		}
		h.mu.Unlock()
	}
}

// all returns every host.
func (ps *Pools) all() []*host {
	ps.mu.RLock()
	defer ps.mu.RUnlock()
	all := make([]*host, 0, len(ps.hosts))
	for _, h := range ps.hosts {
		all = append(all, h)
	}
	return all
}

// ErrCut says that Close had to cut connections.
var ErrCut = errors.New("sessions were still busy and their connections were cut")

// Close takes no more questions, lets the sessions finish what they have begun and say QUIT, and waits for
// them. When ctx ends first their connections are cut, which still waits, but not for the destinations; the
// error is then ErrCut.
func (ps *Pools) Close(ctx context.Context) error {
	ps.mu.Lock()
	ps.closed = true
	ps.mu.Unlock()
	for _, h := range ps.all() {
		h.close()
	}
	done := make(chan struct{})
	go func() {
		ps.wait.Wait()
		close(done)
	}()
	var err error
	select {
	case <-done:
	case <-ctx.Done():
		err = ErrCut
	}
	ps.cancel()
	<-done
	return err
}
