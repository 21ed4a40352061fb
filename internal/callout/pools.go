package callout

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"callout/internal/smtpwire"
)

// DialFunc opens a connection as net.Dialer.DialContext does.
type DialFunc func(ctx context.Context, network, address string) (net.Conn, error)

// Options are what Pools needs from outside. Every field may be left zero.
type Options struct {
	Dial       DialFunc              // nil: net.Dialer
	Log        *slog.Logger          // dialogue and session ends at debug; nil: silent
	Registerer prometheus.Registerer // nil: metrics are counted and shown nowhere
}

// Pools asks destinations. It keeps a pool of sessions for each host. Its methods may be called from any
// goroutine.
type Pools struct {
	dial    DialFunc
	log     *slog.Logger
	metrics *metrics

	ctx    context.Context // ends when sessions are to be cut
	cancel context.CancelFunc
	wait   sync.WaitGroup // for the sessions of all pools

	mu        sync.RWMutex
	pools     map[Host]*pool
	closed    bool
	lastSweep time.Time
}

// Pools of hosts that were not asked for poolLife are forgotten, at most once in sweepEvery.
const (
	poolLife   = time.Hour
	sweepEvery = 10 * time.Minute
)

// NewPools returns Pools without sessions; they come with the questions. The caller must Close it.
func NewPools(o Options) *Pools {
	if o.Dial == nil {
		o.Dial = new(net.Dialer).DialContext
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	ps := &Pools{dial: o.Dial, log: o.Log, pools: make(map[Host]*pool), lastSweep: time.Now()}
	ps.ctx, ps.cancel = context.WithCancel(context.Background())
	ps.metrics = newMetrics(o.Registerer, ps)
	return ps
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

// search goes through the hosts. What it returns where no host settles the question is the problem that came
// furthest, the first of those: a 4xx to RCPT tells more than a refused connection to the backup.
func (ps *Pools) search(ctx context.Context, q *Question) Answer {
	var best Answer
	left := len(q.Destination.Hosts())
	for priority, group := range q.Destination {
		asciiOnly := 0
		for _, h := range group {
			left--
			a := ps.askHost(ctx, q, h, left > 0)
			if a.Probe.Asked {
				q.Probe = noProbe // one is enough, whoever answered it
				best.Probe = a.Probe
			}
			a.Probe = best.Probe
			if a.Outcome != Unknown {
				return a
			}
			if a.Problem.Kind == NoSMTPUTF8 {
				asciiOnly++
			}
			if best.Problem == nil || a.Stage > best.Stage {
				best = a
			}
			if ctx.Err() != nil {
				return best
			}
		}
		if priority == 0 && asciiOnly == len(group) {
			return rejectedAsASCIIOnly(best)
		}
	}
	return best
}

// askHost asks one host, and once more, so on a session of its own making, where the first session broke off
// or made no sense.
func (ps *Pools) askHost(ctx context.Context, q *Question, h Host, othersLeft bool) Answer {
	a := ps.pool(h).ask(ctx, q, othersLeft)
	if a.Outcome != Unknown || ctx.Err() != nil || (a.Problem.Kind != Closed && a.Problem.Kind != Garbage) {
		return a
	}
	again := *q
	if a.Probe.Asked {
		again.Probe = noProbe
	}
	second := ps.pool(h).ask(ctx, &again, othersLeft)
	if a.Probe.Asked {
		second.Probe = a.Probe
	}
	return second
}

// rejectedAsASCIIOnly turns the finding that every host of the first priority left SMTPUTF8 out of its EHLO
// reply into a reply of our own (RFC 6531 section 3.5 has the code): such a recipient can't exist there.
func rejectedAsASCIIOnly(a Answer) Answer {
	a.Outcome, a.Problem = Rejected, nil
	a.Reply = smtpwire.Reply{Code: 550, Enhanced: smtpwire.Enhanced{Class: 5, Subject: 6, Detail: 7},
		Lines: []string{"5.6.7 the destination takes no UTF-8 in addresses (no SMTPUTF8 in its EHLO reply)"}}
	return a
}

// pool returns the pool of a host and makes it where there is none.
func (ps *Pools) pool(h Host) *pool {
	ps.mu.RLock()
	p := ps.pools[h]
	ps.mu.RUnlock()
	if p != nil {
		return p
	}
	ps.mu.Lock()
	defer ps.mu.Unlock()
	if p := ps.pools[h]; p != nil {
		return p
	}
	ps.sweep()
	p = &pool{host: h, pools: ps, closed: ps.closed, lastUsed: time.Now()}
	ps.pools[h] = p
	return p
}

// sweep forgets pools that nobody has asked for long. The caller holds ps.mu.
func (ps *Pools) sweep() {
	now := time.Now()
	if now.Sub(ps.lastSweep) < sweepEvery {
		return
	}
	ps.lastSweep = now
	for h, p := range ps.pools {
		if p.unusedSince(now.Add(-poolLife)) {
			delete(ps.pools, h)
		}
	}
}

// all returns every pool.
func (ps *Pools) all() []*pool {
	ps.mu.RLock()
	defer ps.mu.RUnlock()
	all := make([]*pool, 0, len(ps.pools))
	for _, p := range ps.pools {
		all = append(all, p)
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
	for _, p := range ps.all() {
		p.close()
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
