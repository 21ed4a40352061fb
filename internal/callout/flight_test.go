package callout_test

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"callout/internal/address"
	"callout/internal/callout"
	"callout/internal/smtpwire"
)

// ahead makes a host that takes everything ahead of its replies, as one with the buffers of a socket does. pause, of
// which each session has its own, is called before a reply, with the command; others tells how many more have come.
func ahead(session func() (pause func(line string, others func() int))) func(net.Conn) {
	return func(conn net.Conn) {
		in := make(chan string, 10_000)
		go func() {
			defer close(in)
			r := smtpwire.NewReader(conn)
			for line, err := r.ReadLine(); err == nil; line, err = r.ReadLine() {
				in <- string(line)
			}
		}()
		pause := session()
		fmt.Fprint(conn, "220 mx ESMTP\r\n")
		for line := range in {
			reply := "250 Ok"
			if strings.HasPrefix(line, "EHLO") {
				reply = "250-mx\r\n250 PIPELINING"
			} else {
				pause(line, func() int { return len(in) })
			}
			fmt.Fprint(conn, reply+"\r\n")
		}
	}
}

// generous answers at once.
var generous = ahead(func() func(string, func() int) { return func(string, func() int) {} })

// flights is a network that notes what is written at once.
type flights struct {
	server
	mu          sync.Mutex
	octets      int // of the longest
	rcpts       int // in the one with the most
	transaction int // RCPTs in one MAIL, at most
}

func (f *flights) dial(ctx context.Context, source netip.Addr, address string) (net.Conn, error) {
	conn, err := f.server.dial(ctx, source, address)
	return &noting{Conn: conn, f: f}, err
}

type noting struct {
	net.Conn
	f     *flights
	rcpts int // since MAIL
}

func (n *noting) Write(b []byte) (int, error) {
	n.f.mu.Lock()
	n.f.octets = max(n.f.octets, len(b))
	n.f.rcpts = max(n.f.rcpts, bytes.Count(b, []byte("RCPT ")))
	for i, rcpts := range bytes.Split(b, []byte("MAIL ")) {
		if i > 0 {
			n.rcpts = 0
		}
		n.rcpts += bytes.Count(rcpts, []byte("RCPT "))
		n.f.transaction = max(n.f.transaction, n.rcpts)
	}
	n.f.mu.Unlock()
	return n.Conn.Write(b)
}

// burst asks many questions at once on one session and returns what its flights were like.
func burst(t *testing.T, many int, local func(n int) string) *flights {
	f := &flights{server: server{serve: generous}}
	synctest.Test(t, func(t *testing.T) {
		pools := callout.NewPools(callout.Options{Dial: f.dial, Resolver: names{}})
		one := *settings()
		one.MaxSessions = 1
		var wait sync.WaitGroup
		for n := range many {
			wait.Go(func() {
				q := question(n)
				q.Recipient, q.Settings = address.New(local(n), "example.com"), &one
				if a := pools.Ask(t.Context(), q); a.Outcome != callout.Accepted {
					t.Errorf("question %d: %v", n, a.Problem)
				}
			})
		}
		wait.Wait()
		if err := pools.Close(t.Context()); err != nil {
			t.Error(err)
		}
		f.wait.Wait()
	})
	return f
}

// A transaction has 100 recipients at most, which every server must take (RFC 5321 section 4.5.3.1.8), and so has a
// flight.
func TestHundredRecipients(t *testing.T) {
	f := burst(t, 1000, func(n int) string { return fmt.Sprintf("user%d", n) })
	if f.transaction != 100 || f.rcpts != 100 {
		t.Errorf("%d recipients in a transaction, %d in a flight; want 100", f.transaction, f.rcpts)
	}
	if n := f.connections.Load(); n != 1 {
		t.Errorf("%d connections; want 1", n)
	}
}

// A flight fits into the buffers between us and a server that reads nothing while it answers, however long the
// addresses are.
func TestFlightIsBoundedInOctets(t *testing.T) {
	f := burst(t, 500, func(n int) string { return fmt.Sprintf("%0250d", n) })
	if f.octets > 16<<10 || f.octets < 8<<10 {
		t.Errorf("a flight of %d octets; want up to 16 KiB", f.octets)
	}
}

// unhurried answers 20 ms after the first command of a flight.
var unhurried = ahead(func() func(string, func() int) {
	left := 0
	return func(_ string, others func() int) {
		if left--; left < 0 {
			time.Sleep(20 * time.Millisecond)
			left = others()
		}
	}
})

// crowded runs f with pools of at most three sessions to an unhurried host whose last flights were of many. ask asks
// questions at the same moment and returns at once.
func crowded(t *testing.T, f func(t *testing.T, net *flights, ask func(n int), answered func())) {
	synctest.Test(t, func(t *testing.T) {
		net := &flights{server: server{serve: unhurried}}
		pools := callout.NewPools(callout.Options{Dial: net.dial, Resolver: names{}})
		three := *settings()
		three.MaxSessions = 3
		var wait sync.WaitGroup
		asked := 0
		ask := func(n int) {
			for range n {
				asked++
				q := question(asked)
				q.Settings = &three
				wait.Go(func() {
					if a := pools.Ask(t.Context(), q); a.Outcome != callout.Accepted {
						t.Errorf("%s: %v", q.Recipient, a.Problem)
					}
				})
			}
		}
		ask(300)
		wait.Wait()
		f(t, net, ask, wait.Wait)
		if err := pools.Close(t.Context()); err != nil {
			t.Error(err)
		}
		net.wait.Wait()
	})
}

// Many questions that come at once are divided among the sessions that are free.
func TestManyQuestionsAreDivided(t *testing.T) {
	crowded(t, func(t *testing.T, net *flights, ask func(n int), answered func()) {
		ask(1) // for one session
		time.Sleep(time.Millisecond)
		net.mu.Lock()
		net.rcpts = 0
		net.mu.Unlock()
		begun := time.Now()
		ask(59) // they gather and go to the two others
		answered()
		if took := time.Since(begun); took != 25*time.Millisecond {
			t.Errorf("the last answer after %v; want 25ms", took)
		}
		if net.rcpts != 30 {
			t.Errorf("%d of 59 in one flight; want 30", net.rcpts)
		}
		if n := net.connections.Load(); n != 3 {
			t.Errorf("%d connections; want 3", n)
		}
	})
}

// What a session has no room for after the questions have gathered is not left to it: another is opened.
func TestGatheredQuestionsHaveAnotherSessionOpened(t *testing.T) {
	crowded(t, func(t *testing.T, net *flights, ask func(n int), answered func()) {
		time.Sleep(time.Minute) // the sessions end
		net.connections.Store(0)
		ask(1)
		time.Sleep(time.Millisecond)
		ask(1) // opens a second session, where it waits for company
		time.Sleep(time.Millisecond)
		ask(10) // a new session has room for four
		time.Sleep(10 * time.Millisecond)
		if n := net.connections.Load(); n != 3 {
			t.Errorf("%d connections; want 3", n)
		}
		answered()
	})
}

// How long a RCPT takes is seen in flights that go on in an open transaction too, so that one question never waits
// behind many.
func TestFlightsThatGoOnStayShortWhereRepliesAreSlow(t *testing.T) {
	slow := ahead(func() func(string, func() int) {
		return func(line string, _ func() int) {
			if strings.HasPrefix(line, "RCPT") {
				time.Sleep(time.Second)
			}
		}
	})
	synctest.Test(t, func(t *testing.T) {
		net := &flights{server: server{serve: slow}}
		pools := callout.NewPools(callout.Options{Dial: net.dial, Resolver: names{}})
		one := *settings()
		one.MaxSessions = 1
		ask := func(n int) time.Duration {
			q := question(n)
			q.Settings = &one
			begun := time.Now()
			if a := pools.Ask(t.Context(), q); a.Outcome != callout.Accepted {
				t.Errorf("%s: %v", q.Recipient, a.Problem)
			}
			return time.Since(begun)
		}
		var wait sync.WaitGroup
		for n := range 6 {
			wait.Go(func() { ask(n) })
		}
		wait.Wait()
		for n := range 16 {
			ask(100 + n)
		}
		net.rcpts = 0
		for n := range 20 {
			wait.Go(func() { ask(200 + n) })
		}
		wait.Wait()
		if net.rcpts > 2 {
			t.Errorf("a flight of %d RCPTs that take a second each; want 2 at most", net.rcpts)
		}
		if err := pools.Close(t.Context()); err != nil {
			t.Error(err)
		}
		net.wait.Wait()
	})
}
