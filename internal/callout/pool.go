package callout

import (
	"container/list"
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"callout/internal/address"
)

// maxQueue is how many questions may wait for one host. Beyond it the answer is unknown at once.
const maxQueue = 10_000

// maxPutBacks is how often a question may lose its session before it had a reply of its own. The last time
// counts as a try.
const maxPutBacks = 3

var (
	noProbe     address.Recipient
	errDeadline = errors.New("the question took too long")
)

// pool is one host: the questions that wait for it and the sessions that take them.
type pool struct {
	host  Host
	pools *Pools

	mu          sync.Mutex
	queue       list.List  // of *query
	idle        []*session // the one used last at the end
	slots       int        // sessions that are open, opening or ending
	opening     int        // those that are opening: each will take a question
	established int        // those past EHLO that still take questions
	closed      bool
	lastUsed    time.Time
	state       hostState
}

// hostState is what is known of a host as a whole.
type hostState struct {
	problem *Problem // the last one, nil once a recipient was answered for after it
	since   time.Time
}

// query is a Question at one host.
type query struct {
	*Question
	ctx        context.Context
	othersLeft bool // another host could be asked instead
	queued     time.Time
	putBacks   int
	failed     int // sessions that came to nothing while it waited
	probe      ProbeAnswer
	done       chan Answer // takes one answer without blocking
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
	q.done <- a
}

// fail ends a query in a problem.
func (q *query) fail(p *Problem) {
	q.finish(failed(p))
}

// failed is the answer that a problem makes.
func failed(p *Problem) Answer {
	a := Answer{Stage: p.Stage, Host: p.Host, Problem: p}
	if p.Stage == StageRcpt {
		a.Reply = p.Reply
	}
	return a
}

// ask puts a question in the queue and waits for its answer or for the end of ctx.
func (p *pool) ask(ctx context.Context, question *Question, othersLeft bool) Answer {
	q := &query{Question: question, ctx: ctx, othersLeft: othersLeft, queued: time.Now(), done: make(chan Answer, 1)}
	if problem := p.enqueue(q); problem != nil {
		return failed(problem)
	}
	select {
	case a := <-q.done:
		return a
	case <-ctx.Done():
		return failed(&Problem{Kind: Timeout, Stage: StageQueue, Host: p.host, Err: errDeadline})
	}
}

// enqueue adds a question at the end of the queue and sees to it that a session takes it.
func (p *pool) enqueue(q *query) *Problem {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.lastUsed = time.Now()
	p.front() // drops those at the head that nobody waits for any more
	switch {
	case p.closed:
		return &Problem{Kind: ShuttingDown, Stage: StageQueue, Host: p.host}
	case p.queue.Len() >= maxQueue:
		return &Problem{Kind: QueueFull, Stage: StageQueue, Host: p.host}
	}
	p.queue.PushBack(q)
	if !p.wakeIdle(q.rcpts()) && p.slots < q.Settings.MaxSessions && p.queue.Len() > p.opening {
		p.slots++
		p.opening++
		p.pools.wait.Go(p.work)
	}
	return nil
}

// wakeIdle has an idle session look at the queue, where one has room for rcpts. The caller holds p.mu.
func (p *pool) wakeIdle(rcpts int) bool {
	for i := len(p.idle) - 1; i >= 0; i-- {
		if s := p.idle[i]; s.room() >= rcpts {
			p.idle = slices.Delete(p.idle, i, i+1)
			s.wake()
			return true
		}
	}
	return false
}

// front returns the first question that somebody still waits for, and leaves it in the queue. The caller
// holds p.mu.
func (p *pool) front() *query {
	for e := p.queue.Front(); e != nil; e = p.queue.Front() {
		if q := e.Value.(*query); q.ctx.Err() == nil {
			return q
		}
		p.queue.Remove(e)
	}
	return nil
}

// head is front for a caller that does not hold p.mu.
func (p *pool) head() *query {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.front()
}

// take removes the questions for a flight of up to most RCPTs from the head of the queue. The caller holds
// p.mu.
func (p *pool) take(most int) []*query {
	var taken []*query
	for q := p.front(); q != nil; q = p.front() {
		if most -= q.rcpts(); most < 0 {
			break
		}
		p.queue.Remove(p.queue.Front())
		taken = append(taken, q)
	}
	return taken
}

// putBack returns questions to the head of the queue in their order: the session that had them ended before it
// came to them. One that was put back too often fails with why instead.
func (p *pool) putBack(qs []*query, why *Problem) {
	var lost []*query
	p.mu.Lock()
	for i := len(qs) - 1; i >= 0; i-- {
		if qs[i].putBacks++; qs[i].putBacks >= maxPutBacks {
			lost = append(lost, qs[i])
			continue
		}
		p.queue.PushFront(qs[i])
	}
	p.mu.Unlock()
	for _, q := range lost {
		q.fail(why)
	}
}

// work fills one session slot: it opens a session, has it take questions until it is spent, and opens another
// as long as questions wait that no other slot is about to take.
func (p *pool) work() {
	for {
		if first := p.head(); first != nil {
			began := time.Now()
			s, problem := open(p, first)
			if problem != nil {
				p.openFailed(problem, began)
				return
			}
			p.opened()
			s.serve()
			s.end()
		} else {
			p.notNeeded()
		}
		if !p.again() {
			return
		}
	}
}

// again reports whether another session is to be opened in the same slot; else the slot is given up.
func (p *pool) again() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.queue.Len() > p.opening && p.pools.ctx.Err() == nil {
		p.opening++
		return true
	}
	p.slots--
	return false
}

// notNeeded notes that another session took the question one was to be opened for.
func (p *pool) notNeeded() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.opening--
}

// opened notes that a session is past EHLO.
func (p *pool) opened() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.opening--
	p.established++
	if p.state.since.IsZero() {
		p.noteFine() // nothing is known yet; a problem is over when a recipient is answered for
	}
}

// fine notes that the host has answered as it should.
func (p *pool) fine() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.noteFine()
}

func (p *pool) noteFine() {
	if p.state.problem != nil || p.state.since.IsZero() {
		p.state = hostState{since: time.Now()}
	}
}

// ended notes that a session is no longer there to take questions.
func (p *pool) ended() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.established--
}

// trouble notes a problem of the host as a whole.
func (p *pool) trouble(problem *Problem) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.noteTrouble(problem)
}

func (p *pool) noteTrouble(problem *Problem) {
	if p.state.problem == nil {
		p.state.since = time.Now()
	}
	p.state.problem = problem
}

// openFailed gives the slot up after a session that came to nothing. While other sessions work, the questions
// are theirs. While others are opening, those questions fail that have waited for a whole attempt to connect, or
// for as many attempts as there may be sessions. Else nobody can take them, and all fail with the same problem.
func (p *pool) openFailed(problem *Problem, began time.Time) {
	p.mu.Lock()
	p.slots--
	p.opening--
	p.noteTrouble(problem)
	var lost []*query
	switch {
	case p.established > 0:
		p.wakeIdle(1)
	default:
		var next *list.Element
		for e := p.queue.Front(); e != nil; e = next {
			next = e.Next()
			q := e.Value.(*query)
			q.failed++
			if p.opening == 0 || q.failed >= q.Settings.MaxSessions || (problem.Kind == NoConnection && !q.queued.After(began)) {
				p.queue.Remove(e)
				lost = append(lost, q)
			}
		}
	}
	p.mu.Unlock()
	for _, q := range lost {
		q.fail(problem)
	}
}

// close takes no more questions and ends the idle sessions. Questions that wait are still asked.
func (p *pool) close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed = true
	for p.wakeIdle(0) {
	}
}

// unusedSince reports whether nobody has asked since t and nothing is left over.
func (p *pool) unusedSince(t time.Time) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.lastUsed.Before(t) && p.slots == 0 && p.queue.Len() == 0
}
