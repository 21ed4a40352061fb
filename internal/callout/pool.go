package callout

import (
	"container/list"
	"context"
	"crypto/tls"
	"errors"
	"net/netip"
	"time"

	"callout/internal/address"
	"callout/internal/smtpwire"
)

// maxQueue is how many questions may wait in one pool. Beyond it the answer is unknown at once.
const maxQueue = 10_000

// maxPutBacks is how often a question may lose its session before it had a reply of its own. The last time
// counts as a try.
const maxPutBacks = 3

var (
	noRecipient address.Recipient
	errDeadline = errors.New("the question took too long")
)

// flavour is what sessions to a host must have in common to be shared.
type flavour struct {
	scheme   Scheme
	tls      TLSMode
	certName string // whose certificate it must be; "" where nobody looks
	cert     *tls.Certificate
	source   netip.Addr
	mailFrom string // the reverse-path: a host may refuse one and punish for it
}

// flavourOf returns how a target is to be talked to.
func flavourOf(t target, s *Settings) flavour {
	f := flavour{scheme: t.host.Scheme, tls: s.TLS, cert: s.ClientCert, source: sourceFor(t.ip, s.Source), mailFrom: s.MailFrom}
	if f.tls == TLSVerify {
		f.certName = t.host.Name
	}
	return f
}

// sourceFor returns the local address for a host's, of the same family; zero where the machine is to choose.
func sourceFor(ip netip.Addr, sources []netip.Addr) netip.Addr {
	for _, s := range sources {
		if s.Is4() == ip.Is4() {
			return s
		}
	}
	return netip.Addr{}
}

// pool is one flavour of a host: the questions that wait for it and the sessions that take them. Its fields are
// guarded by h.mu.
type pool struct {
	h       *host
	flavour flavour

	queue       list.List     // of *query
	idle        []*session    // the one used last at the end
	slots       int           // sessions that are open, opening or ending
	opening     int           // those that are opening
	established int           // those past EHLO that still take questions
	unproven    int           // those that are opening or have had no reply to RCPT yet
	flying      int           // sessions that have a flight under way
	refusing    float64       // the part of the RCPTs of the last flights that was refused
	asked       int           // RCPTs of the last flights
	took        time.Duration // by the last one
	back        backOff       // over what its flavour has and others do not
}

// query is a Question at one host.
type query struct {
	*Question
	host        Host // as the answer names it
	ctx         context.Context
	othersLeft  bool              // another host could be asked instead
	renewed     func(ProbeAnswer) // takes what becomes of the renewal; nil where it is on its way or there is none
	provisional bool              // the host is of lower priority than the first
	renewal     bool              // it is the renewal of another, which must not wait for it
	again       bool              // it had a session here that broke off, and is to have a fresh one
	queued      time.Time
	putBacks    int
	failed      int      // sessions that came to nothing while it waited
	told        *session // that it is in one which is open already
	probe       ProbeAnswer
	deliver     func(Answer) // takes one answer without blocking

	// It was refused at position alone of a transaction, in these words, which may have been about the position:
	// it is to be first in one of its own. 0: it need not.
	alone      int
	aloneWords string // the address left out
	aloneReply smtpwire.Reply
}

// wantsProbe reports whether the random address is still to be asked.
func (q *query) wantsProbe() bool { return !q.Question.Probe.IsZero() && !q.probe.Asked }

// rcpts returns how many RCPT commands the query takes.
func (q *query) rcpts() int {
	if q.wantsProbe() {
		return 2
	}
	return 1
}

// finish gives the answer to who waits for it.
func (q *query) finish(a Answer) {
	a.Probe = q.probe
	a.Host = q.host
	q.deliver(a)
}

// fail ends a query in a problem.
func (q *query) fail(p *Problem) {
	if p.Host != q.host {
		mine := *p
		mine.Host = q.host
		p = &mine
	}
	q.finish(failed(p))
}

// failed is the answer that a problem makes.
func failed(p *Problem) Answer {
	a := Answer{Stage: p.Stage, Host: p.Host, Problem: p}
	if p.Stage == StageRcpt && len(p.Reply.Lines) > 0 { // else it is another's
		a.Reply = p.Reply
	}
	return a
}

// ask puts a question in the queue and waits for its answer or for the end of ctx.
func (p *pool) ask(q *query) Answer {
	done := make(chan Answer, 1)
	q.deliver = func(a Answer) { done <- a }
	q.queued = time.Now()
	if problem := p.enqueue(q); problem != nil {
		q.fail(problem)
	}
	select {
	case a := <-done:
		return a
	case <-q.ctx.Done():
		return failed(&Problem{Kind: Timeout, Stage: StageQueue, Host: q.host, Err: errDeadline})
	}
}

// enqueue adds a question at the end of the queue, its renewal behind it, and sees to it that a session takes
// them.
func (p *pool) enqueue(q *query) *Problem {
	h, now := p.h, time.Now()
	h.mu.Lock()
	defer h.mu.Unlock()
	h.lastUsed = now
	h.limit.see(q.Settings.MaxSessions, now)
	p.front() // drops those at the head that nobody waits for any more
	switch {
	case h.closed:
		return &Problem{Kind: ShuttingDown, Stage: StageQueue, NotAsked: true}
	case p.queue.Len() >= maxQueue:
		return &Problem{Kind: QueueFull, Stage: StageQueue, NotAsked: true}
	case p.refuses(q, now):
		return p.leftAlone(now)
	}
	p.queue.PushBack(q)
	if r := q.takeRenewal(h.pools.ctx); r != nil {
		p.queue.PushBack(r)
	}
	switch {
	case p.wakeIdle(q.rcpts()), !p.needs():
	case p.mayOpen(now):
		p.start()
	case !p.wakeSpent(): // to make room
		h.yieldIdle(p)
	}
	return nil
}

// yieldIdle ends an idle session of another pool, so that this one can have its slot. The caller holds h.mu.
func (h *host) yieldIdle(p *pool) {
	if p.slots > 0 {
		return
	}
	for _, other := range h.flavours {
		if other != p && other.wakeSpent() {
			return
		}
	}
}

// needs reports whether there are questions that no session is about to take. The caller holds h.mu.
func (p *pool) needs() bool { return p.front() != nil && p.queue.Len() > p.opening }

// start opens a session in a slot of its own. The caller holds h.mu.
func (p *pool) start() {
	p.slots++
	p.h.slots++
	p.beginOpening()
	p.h.pools.wait.Go(p.work)
}

func (p *pool) beginOpening() {
	p.opening++
	p.h.opening++
	p.unproven++
	p.h.unproven++
}

func (p *pool) endOpening() {
	p.opening--
	p.h.opening--
}

// front returns the first question that somebody still waits for, and leaves it in the queue. The caller
// holds h.mu.
func (p *pool) front() *query {
	for e := p.queue.Front(); e != nil; e = p.queue.Front() {
		q := e.Value.(*query)
		if q.ctx.Err() == nil {
			return q
		}
		p.queue.Remove(e)
		q.fail(&Problem{Kind: Timeout, Stage: StageQueue, Err: errDeadline})
	}
	return nil
}

// stranded is a question that nobody will take.
type stranded struct {
	q   *query
	why *Problem
}

// fail fails questions that nobody will take.
func fail(all []stranded) {
	for _, s := range all {
		s.q.fail(s.why)
	}
}

// drain takes all questions out of the queue. The caller holds h.mu.
func (p *pool) drain() (all []stranded) {
	why := &Problem{Kind: ShuttingDown, Stage: StageQueue, NotAsked: true}
	if back := p.backOff(); back.active() {
		why = back.problem.ofAnother()
		why.NotAsked, why.Delivery = true, false
	}
	for q := p.front(); q != nil; q = p.front() {
		all = append(all, stranded{q, why})
		p.queue.Remove(p.queue.Front())
	}
	return all
}

// head is front for a caller that does not hold h.mu.
func (p *pool) head() *query {
	p.h.mu.Lock()
	defer p.h.mu.Unlock()
	return p.front()
}

// requeue returns questions to the head of the queue in their order, with nothing lost.
func (p *pool) requeue(qs []*query) {
	p.h.mu.Lock()
	defer p.h.mu.Unlock()
	for i := len(qs) - 1; i >= 0; i-- {
		p.queue.PushFront(qs[i])
	}
}

// putBack returns questions to the head of the queue in their order: the session that had them ended before it
// came to them. One that was put back too often fails with why instead, which is what another was told.
func (p *pool) putBack(qs []*query, why *Problem) {
	var back, lost []*query
	for _, q := range qs {
		if q.putBacks++; q.putBacks >= maxPutBacks {
			lost = append(lost, q)
		} else {
			back = append(back, q)
		}
	}
	p.requeue(back)
	for _, q := range lost {
		q.fail(why.ofAnother())
	}
}
