package operate

import (
	"context"
	"net"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"callout/internal/access"
	"callout/internal/callout"
	"callout/internal/history"
	"callout/internal/lab"
	"callout/internal/nexthop"
	"callout/internal/smtpwire"
)

// relaying is a server that passes mail on to a hop that two domains share; a third has another.
const relaying = `
[[domain]]
name = "mine.example"
destinations = ["192.0.2.1"]
deliver_to = ["192.0.2.9"]
[[domain]]
name = "other.example"
destinations = ["192.0.2.9:25"]
[[domain]]
name = "elsewhere.example"
destinations = ["192.0.2.1"]
deliver_to = ["192.0.2.10"]
`

// pipes is a listener in memory.
type pipes struct {
	conns  chan net.Conn
	closed chan struct{}
}

func (p pipes) Accept() (net.Conn, error) {
	select {
	case conn := <-p.conns:
		return conn, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p pipes) Close() error   { close(p.closed); return nil }
func (p pipes) Addr() net.Addr { return &net.TCPAddr{} }

// relay is that server, in a bubble of synctest. Whatever it dials is the one hop.
type relay struct {
	*bubble
	away   atomic.Bool // the hop can't be reached
	conns  sync.Map    // with it
	refuse sync.Map    // of the hop: from lab.Step to reply
}

func newRelay(t *testing.T, file string) *relay {
	ln := pipes{make(chan net.Conn), make(chan struct{})}
	r := new(relay)
	hop := &lab.Receiver{Hostname: "hop.example", Refuse: func(step lab.Step, _ string) string {
		reply, _ := r.refuse.Load(step)
		text, _ := reply.(string)
		return text
	}}
	go hop.Serve(ln)
	pools := callout.NewPools(callout.Options{Dial: func(ctx context.Context, _ netip.Addr, _ string) (net.Conn, error) {
		if r.away.Load() {
			return nil, syscall.ECONNREFUSED
		}
		conn, its := net.Pipe()
		ln.conns <- its
		r.conns.Store(conn, nil)
		return conn, nil
	}})
	t.Cleanup(func() { hop.Close() })
	hops := nexthop.New(nexthop.Options{Pools: pools})
	r.bubble = inBubble(t, file, pools, hops)
	return r
}

// leave has the hop go away, with its sessions.
func (r *relay) leave() {
	r.away.Store(true)
	r.conns.Range(func(conn, _ any) bool {
		conn.(net.Conn).Close()
		return true
	})
}

// pass passes a message on for a domain, as far as the hop takes it.
func (r *relay) pass(t *testing.T, domain string) {
	t.Helper()
	defer r.desk.history.LookAgain()
	d, err := r.hops.Begin(t.Context(), routeOf(r.registry.Lookup(domain)), &nexthop.Envelope{Params: smtpwire.MailParams{Size: -1}})
	if err != nil {
		return
	}
	defer d.Cut()
	replies, err := d.Recipients(t.Context(), []nexthop.Recipient{{Path: "john@" + domain}})
	if err != nil || replies[0].Class() != 2 {
		return
	}
	if reply, err := d.Start(t.Context(), false); err != nil || reply.Code != 354 {
		return
	}
	_, err = d.Write([]byte("Subject: x\r\n\r\nx\r\n"))
	check(t, err)
	_, err = d.Finish(t.Context())
	check(t, err)
}

var (
	root  = &access.Actor{Name: "root", Role: access.RoleAdmin}
	anna  = &access.Actor{Name: "anna", Role: access.RoleDomain, Domains: []string{"mine.example"}}
	berta = &access.Actor{Name: "berta", Role: access.RoleDomain, Domains: []string{"elsewhere.example"}}
	carla = &access.Actor{Name: "carla", Role: access.RoleDomain, Domains: []string{"mine.example", "other.example"}}
)

// alerts returns the alerts about next hops that somebody sees, in words.
func (r *relay) alerts(t *testing.T, who *access.Actor) string {
	t.Helper()
	all := r.desk.Alerts(who)
	if n := r.desk.CountAlerts(who); n != len(all) {
		t.Errorf("%s: %d are counted, and %d told", who.Name, n, len(all))
	}
	var words []string
	for _, a := range all {
		if isHop(a.Kind) {
			words = append(words, a.Kind+" "+a.Host+a.Domain)
		}
		if !who.Admin() && (a.Host != "" || strings.Contains(a.Text, "192.0.2") || strings.Contains(a.Text, "127.0.0.1")) {
			t.Errorf("%s reads the name of a host: %+v", who.Name, a)
		}
		if a.Since.IsZero() || a.Text == "" {
			t.Errorf("%+v", a)
		}
	}
	return strings.Join(words, ", ")
}

// A next hop that takes nothing for a minute is alerted of until it takes something again: for an admin by its name, for a domain
// user as their own domains' alone. A message that it refuses is its last problem and no alert.
func TestANextHopInTroubleIsAlertedOf(t *testing.T) { synctest.Test(t, testTroubleOfANextHop) }

func testTroubleOfANextHop(t *testing.T) {
	r := newRelay(t, relaying)
	sees := func(when, admin, annas, resellers string) {
		t.Helper()
		for who, want := range map[*access.Actor]string{root: admin, anna: annas, berta: "", carla: resellers} {
			if got := r.alerts(t, who); got != want {
				t.Errorf("%s, %s sees %q; want %q", when, who.Name, got, want)
			}
		}
	}
	state := func(want, problem string) NextHop {
		t.Helper()
		all := r.desk.NextHops(root)
		if len(all) == 0 || all[0].State != want || (all[0].Problem == nil) != (problem == "") ||
			problem != "" && !strings.Contains(all[0].Problem.Text, problem) {
			t.Fatalf("%+v; want %s, %q", all, want, problem)
		}
		return all[0]
	}
	sees("before any mail", "", "", "")
	r.pass(t, "mine.example")
	if hop := state("up", ""); hop.Messages != 1 || strings.Join(hop.Hosts, " ") != "192.0.2.9:25" || strings.Join(hop.Domains, " ") != "mine.example other.example" {
		t.Errorf("%+v", hop)
	}
	r.refuse.Store(lab.AtEnd, "554 5.7.1 spam")
	r.pass(t, "mine.example")
	state("up", "data: 554 5.7.1 spam")
	sees("after a refused message", "", "", "")

	r.leave()
	r.pass(t, "mine.example")
	if hop := state("unreachable", "connection refused"); hop.RetryAt.IsZero() || !hop.Troubled() {
		t.Errorf("%+v", hop)
	}
	sees("when it is away for the first message", "", "", "")
	time.Sleep(troubleLasts - time.Second)
	r.pass(t, "other.example")
	sees("when it was not away for a minute", "", "", "")
	time.Sleep(time.Second)
	r.desk.history.LookAgain()
	sees("when no mail has come in the meantime", "", "", "")
	r.pass(t, "other.example")
	mine, err := r.desk.Domain(t.Context(), anna, "mine.example")
	check(t, err)
	if mine.Standing[0].Word != StandsPutOff {
		t.Errorf("while it is away the domain stands %+v", mine.Standing)
	}
	sees("while it is away", "hop_unreachable 192.0.2.9:25", "hop_unreachable mine.example", "hop_unreachable mine.example, hop_unreachable other.example")
	away := r.lookout.hopAlerts()[0]
	if text := away.Text; !strings.Contains(text, "mine.example and one other domain is put off") || !strings.Contains(text, "connection refused") || r.lookout.Over(away) {
		t.Error(text)
	}
	if r.desk.NextHops(anna) != nil {
		t.Error("a domain user is told of next hops")
	}

	r.away.Store(false)
	r.refuse.Store(lab.AtMAIL, "452 4.3.1 no room")
	r.pass(t, "other.example")
	sees("while it has no room", "hop_refuses 192.0.2.9:25", "hop_refuses mine.example", "hop_refuses mine.example, hop_refuses other.example")
	if !r.lookout.Over(away) {
		t.Error("it is still said to be away")
	}
	r.refuse.Clear()
	r.pass(t, "other.example")
	sees("once it takes mail", "", "", "")
	state("up", "452 4.3.1 no room")
}

// That a next hop says 421 at MAIL may be about the sender, and that it puts a message off over when that comes again. So it is an
// alert when mail is put off a minute after the first that was, and none was taken in between.
func TestAShortTroubleOfANextHopIsNoAlert(t *testing.T) { synctest.Test(t, testShortTrouble) }

func testShortTrouble(t *testing.T) {
	r := newRelay(t, relaying)
	passes := func(refusal, state, alerts string) {
		t.Helper()
		r.refuse.Store(lab.AtMAIL, refusal)
		r.pass(t, "mine.example")
		hop := r.desk.NextHops(root)[0]
		if got := r.alerts(t, root); hop.State != state || got != alerts || refusal != "" && !strings.Contains(hop.Problem.Text, refusal) {
			t.Errorf("after %q: %s, %+v, alerts %q; want %s, alerts %q", refusal, hop.State, hop.Problem, got, state, alerts)
		}
		time.Sleep(time.Minute)
	}
	const limit, full, alert = "421 4.3.2 not so much", "452 4.3.1 no room", "hop_refuses 192.0.2.9:25"
	passes("", "up", "")
	passes(limit, "up", "")
	passes("", "up", "")
	passes(limit, "up", "")
	passes("550 5.7.1 not you", "up", "") // it judges
	passes(limit, "up", "")
	passes(limit, "refuses", alert)
	passes("", "up", "")
	passes(full, "refuses", "")
	passes("550 5.7.1 not you", "refuses", "") // nothing that was put off, though it is the last problem
	passes(full, "refuses", alert)
	passes("", "up", "")
}

// An alert names a next hop by its hosts. Several of one name, that are spoken to otherwise, are one with the domains of all.
func TestNextHopsOfOneNameAreOneAlert(t *testing.T) { synctest.Test(t, testHopsOfOneName) }

func testHopsOfOneName(t *testing.T) {
	r := newRelay(t, relaying+`
[[domain]]
name = "plain.example"
destinations = ["192.0.2.9"]
tls = "off"
`)
	r.away.Store(true)
	for range 2 {
		r.pass(t, "plain.example")
		time.Sleep(time.Minute)
	}
	r.pass(t, "mine.example")
	if hops := r.desk.NextHops(root); len(hops) != 2 {
		t.Fatalf("%+v", hops)
	}
	for _, when := range []string{"when one has lasted", "when both have"} {
		all := r.lookout.hopAlerts()
		if len(all) != 1 || !strings.Contains(all[0].Text, "mail of mine.example and 2 other domains is put off") {
			t.Errorf("%s: %+v", when, all)
		}
		time.Sleep(time.Minute)
		r.pass(t, "mine.example")
	}
}

// After a restart nobody knows how a hop stands: an alert goes on until a message has come, for a day at most, and while mail
// goes there.
func TestAnAlertOfANextHopAfterARestart(t *testing.T) { synctest.Test(t, testHopAfterARestart) }

func testHopAfterARestart(t *testing.T) {
	r := newRelay(t, relaying)
	a := history.Alert{Kind: alertHopUnreachable, Host: "192.0.2.9:25"}
	if r.lookout.Over(a) {
		t.Error("it is over before any mail has come")
	}
	if all := r.desk.hopAlertsOf(anna, &a); len(all) != 1 || all[0].Domain != "mine.example" {
		t.Errorf("whose mail goes there sees %+v", all)
	}
	if gone := (history.Alert{Kind: alertHopUnreachable, Host: "192.0.2.77:25"}); !r.lookout.Over(gone) {
		t.Error("it is not over though no mail goes there")
	}
	late := NewLookout(r.desk.verifier, r.pools, r.registry).WithHops(r.hops)
	if late.since = time.Now().Add(-25 * time.Hour); !late.Over(a) {
		t.Error("it stays for ever")
	}
	r.pass(t, "mine.example")
	late.since = time.Now()
	if !late.Over(a) {
		t.Error("it is not over though the hop has taken a message")
	}
	if !late.WithHops(nil).Over(a) {
		t.Error("it is not over though there is no gateway any more")
	}
}
