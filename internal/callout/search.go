package callout

import (
	"context"
	"errors"
	"net/netip"
	"slices"
	"sync"
	"time"

	"callout/internal/smtpwire"
)

// target is one address of a host that is to be asked.
type target struct {
	host    Host // as the answer names it
	address string
	ip      netip.Addr
}

// search is one question, or one message, on its way through the hosts of its destination.
type search struct {
	ps      *Pools
	q       *Question
	drawn   string // whose order of hosts it is: the domain
	try     func(ctx context.Context, t target, provisional, othersLeft bool) Answer
	renewed func(ProbeAnswer) // until a host has the renewal
	best    Answer            // of those that settled nothing
	tried   []*Problem        // the one of each host that settled nothing, in their order
	asked   bool              // a host was, or one could not be reached
	failed  bool              // a host could not be asked, or broke off
	nowhere []*Problem        // of what is written in the destination and leads to no host
}

// search goes through the hosts. What it returns where no host settles the question is the problem that came
// furthest, the first of those: a 4xx to RCPT tells more than a refused connection to the backup.
func (ps *Pools) search(ctx context.Context, q *Question) Answer {
	s := &search{ps: ps, q: q, drawn: q.Recipient.Domain(), renewed: q.Renewed}
	s.try = s.target
	a := s.run(ctx)
	if s.renewed != nil && !q.Renewal.IsZero() {
		s.renewed(ProbeAnswer{})
	}
	if s.failed {
		ps.orders.forget(s.drawn)
	}
	if a.Problem != nil {
		a.Problem = s.withOthers(a.Problem)
		a.NotAsked = !s.asked
	}
	return a
}

// maxOthers bounds how many other hosts a problem tells of, and maxOther what it tells of each, in octets.
const (
	maxOthers = 3
	maxOther  = 300
)

// withOthers returns a problem of one host that tells of the others too.
func (s *search) withOthers(p *Problem) *Problem {
	if len(s.tried) < 2 {
		return p
	}
	whole := *p
	for _, other := range s.tried {
		switch {
		case other.Host == p.Host:
		case len(whole.Others) < maxOthers:
			whole.Others = append(whole.Others, shortened(other.of(), maxOther))
		default:
			whole.More++
		}
	}
	return &whole
}

func (s *search) run(ctx context.Context) Answer {
	for t := range s.tiers(ctx) {
		a, settled := s.group(ctx, t.hosts, t.priority, t.othersLeft)
		if settled || ctx.Err() != nil {
			return a
		}
	}
	return s.best
}

// ordered returns a group of hosts in the order that is drawn for the domain, the one to be avoided last.
func (s *search) ordered(i int, group []Host) []Host {
	if len(group) < 2 {
		return group
	}
	order := s.ps.orders.of(s.drawn, i, len(group))
	hosts := make([]Host, 0, len(group))
	for _, n := range order {
		if group[n] != s.q.Avoid {
			hosts = append(hosts, group[n])
		}
	}
	if len(hosts) < len(group) {
		hosts = append(hosts, s.q.Avoid)
	}
	return hosts
}

// group asks the hosts of one priority. settled says that a is the answer.
func (s *search) group(ctx context.Context, hosts []Host, priority int, othersLeft bool) (a Answer, settled bool) {
	asciiOnly := 0
	for i, h := range hosts {
		a := s.host(ctx, h, priority, othersLeft || i < len(hosts)-1)
		if a.Outcome != Unknown {
			return a, true
		}
		if a.Problem.Kind == NoSMTPUTF8 {
			asciiOnly++
		}
		if ctx.Err() != nil {
			return s.best, false
		}
	}
	if priority == 0 && asciiOnly > 0 && asciiOnly == len(hosts) {
		return rejectedAsASCIIOnly(s.best), true
	}
	return s.best, false
}

// host asks the addresses of a host, until one has said something of the recipient, and keeps the best answer.
func (s *search) host(ctx context.Context, h Host, priority int, othersLeft bool) (a Answer) {
	targets, problem := s.ps.dns.targets(ctx, h)
	if problem != nil {
		s.ps.host(h.Address()).leadsNowhere(problem, s.writtenAs(h)...)
		s.q.note(problem.of())
		a = failed(problem)
		s.keep(&a, priority)
		return a
	}
	if targets[0].address != h.Address() {
		s.ps.leadsSomewhere(h.Address())
	}
	for i, t := range targets {
		a = s.try(ctx, t, priority > 0, othersLeft || i < len(targets)-1)
		s.keep(&a, priority)
		if a.Outcome != Unknown || a.Problem.Kind.said() || ctx.Err() != nil {
			return a
		}
	}
	return a
}

// keep completes an answer by what earlier hosts said to the probe, and keeps it where it tells more than theirs.
func (s *search) keep(a *Answer, priority int) {
	if a.Probe.Asked {
		a.Probe.Provisional = priority > 0
		s.q.Probe = noRecipient // one is enough, whoever answered it
		s.best.Probe = a.Probe
	}
	a.Probe = s.best.Probe
	a.Provisional = priority > 0
	if a.Outcome != Unknown {
		return
	}
	s.noteTried(a.Problem)
	if a.Problem.Kind != Temporary && a.Problem.Kind != NoSMTPUTF8 {
		s.failed = true
	}
	if s.best.Problem == nil || a.Stage > s.best.Stage {
		s.best = *a
	}
}

// noteTried keeps the problem of a host, of its addresses' the one that came furthest.
func (s *search) noteTried(p *Problem) {
	s.asked = s.asked || !p.NotAsked
	i := slices.IndexFunc(s.tried, func(other *Problem) bool { return other.Host == p.Host })
	switch {
	case i < 0:
		s.tried = append(s.tried, p)
	case p.Stage > s.tried[i].Stage:
		s.tried[i] = p
	}
}

// target asks at one address, and once more, on a session of its own making, where the first session broke off or
// made no sense.
func (s *search) target(ctx context.Context, t target, provisional, othersLeft bool) Answer {
	h := s.ps.host(t.address)
	p := h.pool(flavourOf(t, s.q.Settings), s.writtenAs(t.host)...)
	if problem := s.ps.leadsToUs(t); problem != nil {
		p.cameToNothing(time.Now(), problem)
		s.q.note(problem.of())
		return failed(problem)
	}
	first := s.query(ctx, t, provisional, othersLeft)
	first.renewed, s.renewed = s.renewed, nil
	a := p.ask(first)
	if first.renewed != nil && !s.q.Renewal.IsZero() {
		s.renewed = first.renewed // it was not even queued
	}
	if a.Outcome != Unknown || ctx.Err() != nil || !a.Problem.brokeOff() {
		s.noteNotAsked(h, a.Problem)
		return a
	}
	second := s.query(ctx, t, provisional, othersLeft)
	second.again = true
	if a.Probe.Asked {
		without := *s.q
		without.Probe = noRecipient
		second.Question = &without
	}
	b := p.ask(second)
	if a.Probe.Asked {
		b.Probe = a.Probe
	}
	if b.Problem != nil && b.Problem.NotAsked {
		if !a.Problem.NotAsked {
			return a // which says what the question was told itself
		}
		s.noteNotAsked(h, b.Problem)
	}
	return b
}

// noteNotAsked tells who follows the question why a host was not asked: no session tells of that.
func (s *search) noteNotAsked(h *host, p *Problem) {
	if p != nil && p.NotAsked {
		s.q.note(h.where(p.Host) + ": " + p.why())
	}
}

func (s *search) query(ctx context.Context, t target, provisional, othersLeft bool) *query {
	question := *s.q
	return &query{Question: &question, host: t.host, ctx: ctx, othersLeft: othersLeft, provisional: provisional}
}

// leadsToUs is the problem of a target where Callout itself listens, nil elsewhere.
func (ps *Pools) leadsToUs(t target) *Problem {
	if t.ip.IsValid() && ps.own(netip.AddrPortFrom(t.ip, t.host.Port)) {
		return &Problem{Kind: Loop, Stage: StageConnect, Host: t.host, Err: errOwnListener}
	}
	return nil
}

var errOwnListener = errors.New("it is Callout itself that listens there; name the server that holds the mailboxes")

// rejectedAsASCIIOnly turns the finding that every host of the first priority left SMTPUTF8 out of its EHLO
// reply into a reply of our own (RFC 6531 section 3.5 has the code): such a recipient can't exist there.
func rejectedAsASCIIOnly(a Answer) Answer {
	a.Outcome, a.Problem = Rejected, nil
	a.Reply = smtpwire.Reply{Code: 550, Enhanced: smtpwire.Enhanced{Class: 5, Subject: 6, Detail: 7},
		Lines: []string{"5.6.7 the destination takes no UTF-8 in addresses (no SMTPUTF8 in its EHLO reply)"}}
	return a
}

// orders are the orders in which the hosts of equal priority are asked, drawn once for each domain and again
// every so often, or when one of them failed.
type orders struct {
	shuffle  func(n int) []int
	byDomain sync.Map // of *order
}

const orderLife = 10 * time.Minute

type order struct {
	drawn time.Time
	mu    sync.Mutex
	perms map[int][]int
}

// of returns the order of the n hosts of a domain's group.
func (o *orders) of(domain string, group, n int) []int {
	drawn, ok := o.byDomain.Load(domain)
	if !ok || time.Since(drawn.(*order).drawn) > orderLife {
		drawn = &order{drawn: time.Now(), perms: make(map[int][]int)}
		o.byDomain.Store(domain, drawn)
	}
	one := drawn.(*order)
	one.mu.Lock()
	defer one.mu.Unlock()
	if len(one.perms[group]) != n {
		one.perms[group] = o.shuffle(n)
	}
	return one.perms[group]
}

// forget has the order of a domain drawn anew.
func (o *orders) forget(domain string) { o.byDomain.Delete(domain) }

func (o *orders) sweep(now time.Time) {
	o.byDomain.Range(func(domain, drawn any) bool {
		if now.Sub(drawn.(*order).drawn) > orderLife {
			o.byDomain.Delete(domain)
		}
		return true
	})
}
