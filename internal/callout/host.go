package callout

import (
	"slices"
	"sync"
	"time"
)

// host is one address and port: what is known and learned of it, and the sessions that all its pools share.
type host struct {
	pools   *Pools
	address string // IP address and port

	mu          sync.Mutex // guards the fields below and those of the host's pools
	flavours    map[flavour]*pool
	names       map[string]struct{} // destinations that led here, as they are written
	slots       int                 // sessions that are open, opening or ending
	opening     int                 // those that are opening: each will take a question
	unproven    int                 // those that are opening or have had no reply to RCPT yet
	established int                 // those past EHLO that still take questions
	closed      bool
	lastUsed    time.Time
	limit       smallest // max_sessions of the domains that share it
	refused     *refusal // a session was refused while others were opening; nil: none
	learned     map[Limit]Learned
	alone       replySet      // what recipients asked alone were answered
	pace        time.Duration // what a RCPT takes
	back        backOff
	state       hostState
}

// hostState is what is known of a host as a whole.
type hostState struct {
	up      bool // it answered as it should, and has had no problem since
	since   time.Time
	problem *Problem // the last one, also one that is over
	at      time.Time
}

// refusal is a session that was refused while others were opening.
type refusal struct {
	sessions int // that there were besides it
	reply    string
}

func newHost(ps *Pools, address string) *host {
	return &host{
		pools: ps, address: address, flavours: make(map[flavour]*pool), names: make(map[string]struct{}),
		learned: make(map[Limit]Learned), closed: ps.closed, lastUsed: time.Now(),
	}
}

// pool returns the pool of a flavour and makes it where there is none. The names are those of the destinations that led here. The
// caller does not hold h.mu.
func (h *host) pool(f flavour, names ...string) *pool {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, name := range names {
		h.addName(name)
	}
	h.lastUsed = time.Now() // so that the pool is not forgotten before it is asked
	p := h.flavours[f]
	if p == nil {
		p = &pool{h: h, flavour: f}
		h.flavours[f] = p
	}
	return p
}

// maxNames bounds how many names of one address are shown.
const maxNames = 100

// addName notes a destination that led here, as it is written. The caller holds h.mu.
func (h *host) addName(name string) {
	if _, known := h.names[name]; !known && len(h.names) < maxNames {
		h.names[name] = struct{}{}
	}
}

// leadsNowhere notes that a destination leads to no host. It stands in the place of one, so that it is seen by its name.
func (h *host) leadsNowhere(problem *Problem, names ...string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, name := range names {
		h.addName(name)
	}
	h.lastUsed = time.Now()
	h.noteTrouble(problem)
}

// most returns how many sessions there may be: as many as the most careful of its domains allows and the host has
// shown to take. The caller holds h.mu.
func (h *host) most(now time.Time) int {
	n := h.limit.least()
	if taken, ok := h.knows(Sessions, now); ok {
		n = min(n, taken)
	}
	return max(n, 1)
}

// distribute gives free slots to the pools whose questions nobody is about to take, those first that have none.
// Where the host is left alone and nothing is open, nobody will: it returns those questions, which are to fail.
// The caller holds h.mu.
func (h *host) distribute(now time.Time) (lost []stranded) {
	for _, starving := range []bool{true, false} {
		for _, p := range h.flavours {
			for (p.slots == 0 || !starving) && p.needs() && p.mayOpen(now) {
				p.start()
			}
		}
	}
	for _, p := range h.flavours {
		switch {
		case h.slots == 0, p.slots == 0 && now.Before(p.back.until):
			lost = append(lost, p.drain()...)
		case p.needs():
			h.yieldIdle(p)
		}
	}
	return lost
}

// mayOpen reports whether one more session may be opened for the questions of a pool: not while it is still to be
// seen how many the host takes, nor while it is left alone, unless the first of them is to have a fresh session.
// The caller holds h.mu.
func (p *pool) mayOpen(now time.Time) bool {
	h := p.h
	if h.refused != nil || h.slots >= h.most(now) || h.pools.ctx.Err() != nil {
		return false
	}
	if p.tried() {
		return false
	}
	if q := p.front(); q != nil && q.again {
		return true
	}
	return !now.Before(h.back.until) && !now.Before(p.back.until)
}

// starves reports whether questions of another pool wait for a session of this one to end. The caller holds h.mu.
func (h *host) starves(p *pool) bool {
	if len(h.flavours) < 2 || h.slots < h.most(time.Now()) {
		return false
	}
	for _, other := range h.flavours {
		if other != p && other.slots == 0 && other.front() != nil {
			return true
		}
	}
	return false
}

// noteFine notes that the host answers as it should. The caller holds h.mu.
func (h *host) noteFine() {
	if !h.state.up {
		h.state.up, h.state.since = true, time.Now()
	}
}

// trouble notes a problem of the host as a whole.
func (h *host) trouble(problem *Problem) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.noteTrouble(problem)
}

func (h *host) noteTrouble(problem *Problem) {
	now := time.Now()
	if h.state.up || h.state.since.IsZero() {
		h.state.up, h.state.since = false, now
	}
	h.state.problem, h.state.at = problem, now
}

// answered notes that a session has had its first reply to RCPT: the host is to be talked to.
func (p *pool) answered() {
	h := p.h
	h.mu.Lock()
	defer h.mu.Unlock()
	h.back, p.back = backOff{}, backOff{}
	h.unproven--
	p.unproven--
}

// proven returns how many sessions have had a reply to RCPT and still take questions. The caller holds h.mu.
func (h *host) proven() int { return h.established + h.opening - h.unproven }

func (p *pool) proven() int { return p.established + p.opening - p.unproven }

// close takes no more questions and ends the idle sessions. Questions that wait are still asked.
func (h *host) close() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.closed = true
	for _, p := range h.flavours {
		for p.wakeSpent() {
		}
	}
}

// unusedSince reports whether nobody has asked since t and nothing is left over. The caller holds h.mu.
func (h *host) unusedSince(t time.Time) bool {
	return h.lastUsed.Before(t) && h.slots == 0 && !slices.ContainsFunc(h.all(), func(p *pool) bool { return p.queue.Len() > 0 })
}

// dropFlavours forgets pools that nobody uses: their settings may be gone. The caller holds h.mu.
func (h *host) dropFlavours() {
	if time.Since(h.lastUsed) < sweepEvery {
		return
	}
	for f, p := range h.flavours {
		if p.slots == 0 && p.queue.Len() == 0 {
			delete(h.flavours, f)
		}
	}
}

// all returns the host's pools. The caller holds h.mu.
func (h *host) all() []*pool {
	all := make([]*pool, 0, len(h.flavours))
	for _, p := range h.flavours {
		all = append(all, p)
	}
	return all
}

// smallest is the least of the numbers that were seen in the last 10 to 20 minutes.
type smallest struct {
	now, before int // 0: none
	since       time.Time
}

const smallestPeriod = 10 * time.Minute

// see takes a number, 1 or more.
func (s *smallest) see(n int, at time.Time) {
	if age := at.Sub(s.since); age > smallestPeriod {
		s.before = s.now
		if age > 2*smallestPeriod {
			s.before = 0
		}
		s.now, s.since = 0, at
	}
	if s.now == 0 || n < s.now {
		s.now = n
	}
}

func (s *smallest) least() int {
	if s.before > 0 && s.before < s.now {
		return s.before
	}
	return s.now
}
