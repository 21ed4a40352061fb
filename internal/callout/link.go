package callout

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"strings"
	"time"

	"callout/internal/smtpwire"
)

// Link is an SMTP connection to a host of a destination that is opened as those of callouts are (resolved, source address,
// TLS mode with its fall-back, greeting, EHLO) and handed over: whoever has it says QUIT and closes it. It belongs to one
// goroutine, but for Cut.
type Link struct {
	Conn       net.Conn
	Reader     *smtpwire.Reader
	Host       Host              // as the destination names it
	Address    string            // IP:port
	Extensions map[string]string // of the last EHLO: upper-case keyword -> parameters as they came; nil after HELO
	TLS        bool
	Greeting   smtpwire.Reply

	c *connection
}

// Open tries the hosts of a destination in their order (priority, then as drawn), each address of each, until one takes a
// session. Hosts that are left alone after trouble are tried last. The Problem is that of the host which came furthest, the
// first of those. Loops are found as for callouts. The session counts among those of no host. ctx bounds all of it and has
// no hold on the Link afterwards.
func (ps *Pools) Open(ctx context.Context, d Destination, s *Settings) (*Link, *Problem) {
	return ps.OpenTraced(ctx, d, s, nil)
}

// OpenTraced is Open, and gives trace each line of the dialogue as it happens, as Question.Trace is given them; nil: nobody.
// It goes on with what the Link's Said and Heard are told, and is called by whoever calls OpenTraced and these.
func (ps *Pools) OpenTraced(ctx context.Context, d Destination, s *Settings, trace func(Line)) (*Link, *Problem) {
	if ps.ctx.Err() != nil {
		return nil, d.ShutDown()
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(ps.ctx, cancel)()
	o := &opening{ps: ps, settings: s, trace: trace}
	o.search = search{ps: ps, q: &Question{Destination: d, Settings: s}, drawn: "to " + d.String(), try: o.first}
	a := o.search.run(ctx)
	for _, again := range o.avoided {
		if o.link != nil || ctx.Err() != nil {
			break
		}
		if o.search.best.Problem != nil && !o.search.best.Problem.Again.IsZero() {
			o.search.best = Answer{} // that one was not even asked
		}
		a = o.open(ctx, again, false)
		o.search.keep(&a, 0)
		a = o.search.best
	}
	if o.search.failed {
		ps.orders.forget(o.search.drawn)
	}
	if o.link != nil {
		return o.link, nil
	}
	problem := &Problem{Kind: NoHost, Stage: StageConnect, Err: errNoHosts}
	if a.Problem != nil {
		*problem = *a.Problem
	}
	problem.Delivery = true
	return nil, problem
}

var errNoHosts = errors.New("the destination has no hosts")

// ShutDown is the problem of a message to a destination for which no session is opened any more.
func (d Destination) ShutDown() *Problem {
	p := &Problem{Kind: ShuttingDown, Stage: StageQueue, Delivery: true}
	if hosts := d.Hosts(); len(hosts) > 0 {
		p.Host = hosts[0]
	}
	return p
}

// opening is a Link on its way through the hosts of its destination.
type opening struct {
	ps       *Pools
	settings *Settings
	search   search
	avoided  []target // those that are left alone after trouble
	link     *Link
	trace    func(Line)
}

// first opens a link to a target unless that is left alone: its turn comes when all others were tried. The answer of a host
// that has no recipient to judge says accepted for an open link.
func (o *opening) first(ctx context.Context, t target, _, othersLeft bool) Answer {
	p := o.pool(t)
	if problem := p.leaves(time.Now()); problem != nil {
		o.avoided = append(o.avoided, t)
		return failed(problem)
	}
	return o.open(ctx, t, othersLeft || len(o.avoided) > 0)
}

func (o *opening) pool(t target) *pool {
	return o.ps.host(t.address).pool(flavourOf(t, o.settings), o.search.writtenAs(t.host)...)
}

// open opens a link to a target, without TLS where only the handshake failed and that is allowed.
func (o *opening) open(ctx context.Context, t target, othersLeft bool) Answer {
	p, began := o.pool(t), time.Now()
	problem := o.ps.leadsToUs(t)
	if problem == nil {
		problem = o.tryOpen(ctx, p, t.host, othersLeft, false)
	}
	if p.fallsBack(problem) {
		problem = o.tryOpen(ctx, p, t.host, othersLeft, true)
	}
	if problem == nil {
		p.linked()
		return Answer{Outcome: Accepted, Stage: StageEHLO, Host: t.host}
	}
	problem.Delivery = true
	if ctx.Err() == nil {
		p.linkFailed(began, problem)
	}
	return failed(problem)
}

// tryOpen opens a link, or tells why there is none.
func (o *opening) tryOpen(ctx context.Context, p *pool, h Host, othersLeft, plain bool) *Problem {
	c := &connection{pool: p, host: h, trace: o.trace, timeout: o.settings.ReplyTimeout}
	problem := c.establish(ctx, o.settings, othersLeft, plain)
	if problem == nil && c.stop() {
		o.link = newLink(c)
		return nil
	}
	if ctx.Err() != nil {
		problem = &Problem{Kind: Timeout, Stage: StageConnect, Host: h, Err: context.Cause(ctx)}
	}
	c.note(problem.Error())
	if c.conn != nil {
		c.broken = c.broken || !problem.listens()
		c.part()
	}
	return problem
}

func newLink(c *connection) *Link {
	l := &Link{Conn: c.conn, Reader: c.r, Host: c.host, Address: c.pool.h.address, Greeting: c.greeting, c: c}
	_, l.TLS = c.conn.(*tls.Conn)
	l.learn()
	return l
}

// Hello says EHLO again and reads the extensions anew. A reply that is not 250 leaves the session usable, without extensions.
func (l *Link) Hello(hostname string) (smtpwire.Reply, error) {
	problem := l.c.hello(&Settings{Hostname: hostname}, time.Time{})
	l.learn()
	switch {
	case problem == nil:
		return l.c.announced, nil
	case problem.Err == nil && !l.c.broken:
		return problem.Reply, nil
	}
	problem.Delivery = true
	return smtpwire.Reply{}, problem
}

// learn reads the extensions of the last EHLO (RFC 5321 section 4.1.1.1).
func (l *Link) learn() {
	l.Extensions = nil
	if !l.c.ehlo {
		return
	}
	l.Extensions = make(map[string]string, len(l.c.announced.Lines))
	for _, line := range l.c.announced.Lines[1:] {
		keyword, parameters, _ := strings.Cut(strings.TrimSpace(line), " ")
		l.Extensions[strings.ToUpper(keyword)] = strings.TrimSpace(parameters)
	}
}

// Said tells a command line, without its line end, to who follows the dialogue. Whoever writes to Conn says so here.
func (l *Link) Said(line string) { l.c.tell(nil, FromClient, line, "") }

// Heard tells a reply to who follows the dialogue. Whoever reads from Reader says so here.
func (l *Link) Heard(reply smtpwire.Reply) { l.c.heard(nil, reply) }

// Note tells who follows the dialogue of something that happened.
func (l *Link) Note(text string) { l.c.note(text) }

// Lost makes a Problem of a failed read or write at a stage; the session can't go on after it.
func (l *Link) Lost(stage Stage, err error) *Problem {
	problem := l.c.lost(stage, err)
	problem.Delivery = true
	return problem
}

// Unexpected makes a Problem of a reply that refuses the dialogue, or has no place in it.
func (l *Link) Unexpected(stage Stage, reply smtpwire.Reply) *Problem {
	problem := l.c.unexpected(stage, reply)
	problem.Delivery = true
	if reply.Code == 421 {
		problem.Kind = Closed
	}
	return problem
}

// Cut closes the connection at once, without a word within TLS either. It may be called from any goroutine.
func (l *Link) Cut() {
	conn := l.Conn
	if within, ok := conn.(*tls.Conn); ok {
		conn = within.NetConn()
	}
	conn.Close()
}
