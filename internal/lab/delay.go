package lab

import (
	"context"
	"net"
	"sync"
	"time"
)

// Delay is a TCP proxy on loopback that makes a server seem far away, and counts what passes. It delivers what
// either side says in order, each octet a fixed time after it came; that a connection over such a distance takes
// time to come about is left out. Without a delay it only counts, in front of any server.
type Delay struct {
	server string
	oneWay time.Duration
	ln     net.Listener
	ctx    context.Context // ends at Close
	cancel context.CancelFunc
	wait   sync.WaitGroup

	mu      sync.Mutex
	open    map[*relay]struct{}
	most    int
	count   int64
	recent  []*relay // the last maxDetail of all
	earlier Traffic  // of those before
}

// Bounds of a Delay.
const (
	maxParcels = 256       // on their way in one direction of one connection
	maxParcel  = 16 * 1024 // octets
	maxDetail  = 10_000    // connections whose traffic is told one by one
)

// NewDelay listens on a free port of 127.0.0.1 and passes connections on to a server, host:port. oneWay is the
// time that each octet takes, in each direction. The caller must Close it.
func NewDelay(server string, oneWay time.Duration) (*Delay, error) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	d := &Delay{server: server, oneWay: oneWay, ln: ln, open: make(map[*relay]struct{})}
	d.ctx, d.cancel = context.WithCancel(context.Background())
	d.wait.Go(d.accept)
	return d, nil
}

// Addr returns the host:port that clients connect to.
func (d *Delay) Addr() string { return d.ln.Addr().String() }

// Close takes no more connections, cuts those that are open and waits for them.
func (d *Delay) Close() {
	d.cancel()
	d.ln.Close()
	d.wait.Wait()
}

// Connections returns how many there were so far.
func (d *Delay) Connections() int64 {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.count
}

// Most returns how many connections were open at once, at the most. A connection is open until its client closes.
func (d *Delay) Most() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.most
}

// Turns returns the turns of all connections.
func (d *Delay) Turns() int64 { return d.Traffic().Turns }

// Traffic returns what has passed on all connections together.
func (d *Delay) Traffic() Traffic {
	d.mu.Lock()
	defer d.mu.Unlock()
	sum := d.earlier
	for _, r := range d.recent {
		sum = sum.plus(r.traffic())
	}
	return sum
}

// Each returns what has passed on each connection, in the order in which they were opened, of the last 10,000.
func (d *Delay) Each() []Traffic {
	d.mu.Lock()
	defer d.mu.Unlock()
	all := make([]Traffic, len(d.recent))
	for i, r := range d.recent {
		all[i] = r.traffic()
	}
	return all
}

func (d *Delay) accept() {
	for {
		conn, err := d.ln.Accept()
		if err != nil {
			return
		}
		r := &relay{d: d, client: conn}
		d.opened(r)
		d.wait.Go(func() {
			r.run()
			d.mu.Lock()
			delete(d.open, r)
			d.mu.Unlock()
		})
	}
}

// opened takes in a new connection. Whether the others are still open is asked of the kernel: a client that closes
// one and opens another has not had both, whichever this process notices first.
func (d *Delay) opened(r *relay) {
	d.mu.Lock()
	defer d.mu.Unlock()
	n := 1
	for other := range d.open {
		if !other.left.Load() && !hasClosed(other.client) {
			n++
		}
	}
	d.most = max(d.most, n)
	d.count++
	d.open[r] = struct{}{}
	d.recent = append(d.recent, r)
	if len(d.recent) > maxDetail && d.recent[0].done.Load() {
		d.earlier = d.earlier.plus(d.recent[0].traffic())
		d.recent = d.recent[1:]
	}
}
