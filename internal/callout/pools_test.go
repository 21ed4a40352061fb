package callout_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"callout/internal/address"
	"callout/internal/callout"
	"callout/internal/lab"
	"callout/internal/smtpwire"
)

// server answers every connection with serve, on a network in memory, and counts.
type server struct {
	serve       func(conn net.Conn)
	connections atomic.Int32
	open, most  atomic.Int32
	wait        sync.WaitGroup
}

func (s *server) dial(context.Context, netip.Addr, string) (net.Conn, error) {
	client, conn := net.Pipe()
	s.connections.Add(1)
	if n := s.open.Add(1); n > s.most.Load() {
		s.most.Store(n)
	}
	s.wait.Go(func() {
		s.serve(conn)
		conn.Close()
	})
	return &counted{Conn: client, open: &s.open}, nil
}

// names is a resolver that has every name lead to itself.
type names struct{}

func (names) LookupHost(_ context.Context, name string) ([]string, error) { return []string{name}, nil }

func (names) LookupMX(_ context.Context, name string) ([]*net.MX, error) { return nil, nil }

// counted is a connection that is open until its client closes it.
type counted struct {
	net.Conn
	open *atomic.Int32
	once sync.Once
}

func (c *counted) Close() error {
	c.once.Do(func() { c.open.Add(-1) })
	return c.Conn.Close()
}

// replies answers each command line with what reply says; "" closes.
func replies(reply func(n int, line string) string) func(net.Conn) {
	return func(conn net.Conn) {
		r := smtpwire.NewReader(conn)
		fmt.Fprint(conn, "220 mx ESMTP\r\n")
		for n := 0; ; n++ {
			line, err := r.ReadLine()
			if err != nil {
				return
			}
			answer := reply(n, string(line))
			if answer == "" {
				return
			}
			if _, err := fmt.Fprint(conn, answer+"\r\n"); err != nil {
				return
			}
		}
	}
}

// polite accepts everything, one command at a time.
func polite(_ int, line string) string {
	if strings.HasPrefix(line, "QUIT") {
		return "221 Bye"
	}
	return "250 Ok"
}

func settings() *callout.Settings {
	s := callout.DefaultSettings()
	return &s
}

func question(n int) callout.Question {
	return callout.Question{
		Destination: callout.Destination{{{Name: "mx.example.com", Port: 25}}},
		Recipient:   address.New(fmt.Sprintf("user%d", n), "example.com"),
		Settings:    settings(),
	}
}

// A burst of questions opens max_sessions sessions and not one more, and every question has its own answer.
func TestSessionsAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &server{serve: replies(func(n int, line string) string {
			if user, ok := strings.CutPrefix(line, "RCPT TO:<user"); ok {
				time.Sleep(100 * time.Millisecond)
				return "250 for " + strings.TrimSuffix(user, "@example.com>")
			}
			return polite(n, line)
		})}
		pools := callout.NewPools(callout.Options{Dial: s.dial, Resolver: names{}})
		var wait sync.WaitGroup
		for n := range 200 {
			wait.Go(func() {
				a := pools.Ask(t.Context(), question(n))
				if a.Outcome != callout.Accepted || a.Reply.Text() != fmt.Sprintf("for %d", n) {
					t.Errorf("question %d: %+v", n, a)
				}
			})
		}
		wait.Wait()
		if err := pools.Close(t.Context()); err != nil {
			t.Error(err)
		}
		s.wait.Wait()
		if s.most.Load() != 5 {
			t.Errorf("%d sessions at a time; want 5", s.most.Load())
		}
	})
}

// A session ends with QUIT after 80 RSETs, before Postfix counts the hundredth as junk.
func TestSessionEndsAfter80Resets(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var resets, quits atomic.Int32
		s := &server{serve: replies(func(n int, line string) string {
			switch line {
			case "RSET":
				resets.Add(1)
			case "QUIT":
				quits.Add(1)
			}
			return polite(n, line)
		})}
		pools := callout.NewPools(callout.Options{Dial: s.dial, Resolver: names{}})
		for n := range 81 {
			if a := pools.Ask(t.Context(), question(n)); a.Outcome != callout.Accepted {
				t.Fatalf("question %d: %v", n, a.Problem)
			}
			synctest.Wait()
			if n == 79 && (quits.Load() != 1 || resets.Load() != 80) {
				t.Errorf("after 80 questions: %d RSETs, %d QUITs", resets.Load(), quits.Load())
			}
		}
		if s.connections.Load() != 2 {
			t.Errorf("%d connections for 81 questions; want 2", s.connections.Load())
		}
		pools.Close(t.Context())
		s.wait.Wait()
		if quits.Load() != 2 {
			t.Errorf("%d QUITs", quits.Load())
		}
	})
}

// Beyond 10,000 waiting questions the answer is unknown at once.
func TestQueueIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &server{serve: func(conn net.Conn) { // accepts, and says nothing
			for buf := make([]byte, 100); ; {
				if _, err := conn.Read(buf); err != nil {
					return
				}
			}
		}}
		registry := prometheus.NewRegistry()
		pools := callout.NewPools(callout.Options{Dial: s.dial, Resolver: names{}, Registerer: registry})
		ctx, cancel := context.WithCancel(t.Context())
		var wait sync.WaitGroup
		for n := range 10_000 {
			wait.Go(func() { pools.Ask(ctx, question(n)) })
		}
		synctest.Wait()
		start := time.Now()
		a := pools.Ask(ctx, question(10_000))
		if a.Outcome != callout.Unknown || a.Problem.Kind != callout.QueueFull || time.Since(start) != 0 {
			t.Errorf("question 10,001: %+v after %v", a, time.Since(start))
		}
		if err := testutil.GatherAndCompare(registry, strings.NewReader(`
# HELP callout_queue_length Questions that wait for a session with a destination host.
# TYPE callout_queue_length gauge
callout_queue_length{destination="mx.example.com:25"} 10000
# HELP callout_sessions Sessions open with a destination host, opening and ending ones included.
# TYPE callout_sessions gauge
callout_sessions{destination="mx.example.com:25"} 5
`), "callout_queue_length", "callout_sessions"); err != nil {
			t.Error(err)
		}
		cancel()
		wait.Wait()
		closing, stop := context.WithTimeout(t.Context(), time.Second)
		defer stop()
		pools.Close(closing)
		s.wait.Wait()
	})
}

// A session that loses its question three times has cost it one try: a destination that closes every session
// after one refused recipient still answers each in the end, and one that closes without a word is left.
func TestPutBackIsCounted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &server{serve: replies(func(n int, line string) string {
			switch {
			case strings.HasPrefix(line, "RCPT TO:<user0@"):
				return "550 no"
			case strings.HasPrefix(line, "RCPT TO:<user1@"):
				return ""
			}
			return polite(n, line)
		})}
		pools := callout.NewPools(callout.Options{Dial: s.dial, Resolver: names{}})
		one := *settings()
		one.MaxSessions = 1
		for round := range 3 {
			first, second := question(0), question(1)
			first.Settings, second.Settings = &one, &one
			var wait sync.WaitGroup
			wait.Go(func() {
				if a := pools.Ask(t.Context(), first); a.Outcome != callout.Rejected {
					t.Errorf("round %d: %+v", round, a)
				}
			})
			synctest.Wait()
			wait.Go(func() {
				if a := pools.Ask(t.Context(), second); a.Outcome != callout.Unknown || a.Problem.Kind != callout.Closed {
					t.Errorf("round %d: %+v", round, a)
				}
			})
			wait.Wait()
			time.Sleep(time.Minute) // the host is left alone for a while
		}
		// In each round: one session for the first question, which then loses the second and puts it back; one
		// over which its first try ends; one for the second try.
		if got := s.connections.Load(); got != 9 {
			t.Errorf("%d connections; want 9", got)
		}
		pools.Close(t.Context())
		s.wait.Wait()
	})
}

// Close lets a question that is under way be answered, says QUIT, and takes no more.
func TestCloseWaitsForAnswers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var quit atomic.Bool
		s := &server{serve: replies(func(n int, line string) string {
			if strings.HasPrefix(line, "RCPT") {
				time.Sleep(3 * time.Second)
			}
			if line == "QUIT" {
				quit.Store(true)
			}
			return polite(n, line)
		})}
		pools := callout.NewPools(callout.Options{Dial: s.dial, Resolver: names{}})
		answered := make(chan callout.Answer, 1)
		go func() { answered <- pools.Ask(context.Background(), question(1)) }()
		synctest.Wait()
		start := time.Now()
		if err := pools.Close(t.Context()); err != nil || time.Since(start) != 3*time.Second {
			t.Errorf("Close: %v after %v", err, time.Since(start))
		}
		if a := <-answered; a.Outcome != callout.Accepted {
			t.Errorf("the question under way: %+v", a)
		}
		if !quit.Load() {
			t.Error("the session ended without QUIT")
		}
		if a := pools.Ask(t.Context(), question(2)); a.Outcome != callout.Unknown || a.Problem.Kind != callout.ShuttingDown {
			t.Errorf("after Close: %+v", a)
		}
		s.wait.Wait()
	})
}

// Close does not wait for a destination that says nothing: when its time is over the connection is cut.
func TestCloseCuts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &server{serve: replies(func(n int, line string) string {
			if strings.HasPrefix(line, "RCPT") {
				time.Sleep(time.Hour)
				return ""
			}
			return polite(n, line)
		})}
		pools := callout.NewPools(callout.Options{Dial: s.dial, Resolver: names{}})
		answered := make(chan callout.Answer, 1)
		go func() { answered <- pools.Ask(context.Background(), question(1)) }()
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
		defer cancel()
		start := time.Now()
		if err := pools.Close(ctx); !errors.Is(err, callout.ErrCut) || time.Since(start) != 2*time.Second {
			t.Errorf("Close: %v after %v", err, time.Since(start))
		}
		if a := <-answered; a.Outcome != callout.Unknown {
			t.Errorf("the question: %+v", a)
		}
		s.wait.Wait()
	})
}

// A caller that gives up leaves the queue, and the session goes on to the next question.
func TestAbandonedQuestionIsNotAsked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var asked sync.Map
		s := &server{serve: replies(func(n int, line string) string {
			if strings.HasPrefix(line, "RCPT") {
				asked.Store(line, true)
				time.Sleep(5 * time.Second)
			}
			return polite(n, line)
		})}
		pools := callout.NewPools(callout.Options{Dial: s.dial, Resolver: names{}})
		one := *settings()
		one.MaxSessions = 1
		ask := func(ctx context.Context, n int) callout.Answer {
			q := question(n)
			q.Settings = &one
			return pools.Ask(ctx, q)
		}
		var wait sync.WaitGroup
		wait.Go(func() { ask(t.Context(), 1) })
		synctest.Wait()
		short, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		wait.Go(func() {
			if a := ask(short, 2); a.Problem == nil || a.Problem.Kind != callout.Timeout {
				t.Errorf("given up: %+v", a)
			}
		})
		wait.Go(func() {
			if a := ask(t.Context(), 3); a.Outcome != callout.Accepted {
				t.Errorf("behind it: %+v", a)
			}
		})
		wait.Wait()
		if _, ok := asked.Load("RCPT TO:<user2@example.com>"); ok {
			t.Error("a question that nobody waits for was asked")
		}
		pools.Close(t.Context())
		s.wait.Wait()
	})
}

// Over real connections too, with the destination of the demo.
func TestAskOverTCP(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	d := &lab.Destination{Hostname: "mx.example.com", Domains: map[string]lab.Domain{"example.com": {Mailboxes: []string{"john"}}}}
	served := make(chan error, 1)
	go func() { served <- d.Serve(ln) }()
	host, err := callout.ParseHost(ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	pools := callout.NewPools(callout.Options{})
	for local, want := range map[string]callout.Outcome{"john": callout.Accepted, "nobody": callout.Rejected} {
		a := pools.Ask(t.Context(), callout.Question{
			Destination: callout.Destination{{host}}, Recipient: address.New(local, "example.com"),
			Probe: callout.RandomRecipient("", "example.com"), Settings: settings(),
		})
		if a.Outcome != want || a.Probe.Outcome != callout.Rejected {
			t.Errorf("%s: %+v", local, a)
		}
	}
	if err := pools.Close(t.Context()); err != nil {
		t.Error(err)
	}
	d.Close()
	if err := <-served; err != nil {
		t.Error(err)
	}
	refused := pools2(t).Ask(t.Context(), callout.Question{Destination: callout.Destination{{host}}, Recipient: address.New("john", "example.com"), Settings: settings()})
	if refused.Problem == nil || refused.Problem.Kind != callout.NoConnection || errors.Is(refused.Problem, os.ErrDeadlineExceeded) {
		t.Errorf("nobody listens: %+v", refused)
	}
}

func pools2(t *testing.T) *callout.Pools {
	p := callout.NewPools(callout.Options{})
	t.Cleanup(func() { p.Close(context.Background()) })
	return p
}

// A destination that refuses us is down in the metrics, and up again with the next good answer, also on the
// same session.
func TestDestinationUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var rude atomic.Bool
		s := &server{serve: replies(func(n int, line string) string {
			switch {
			case strings.HasPrefix(line, "RCPT TO:<user1@"):
				return "550 5.7.23 SPF"
			case strings.HasPrefix(line, "RCPT TO:<user3@"):
				rude.Store(true) // answers, and closes behind it
			case strings.HasPrefix(line, "RCPT TO:<user4@"):
				return "" // closes instead of an answer
			case line == "RSET" && rude.Swap(false):
				return ""
			}
			return polite(n, line)
		})}
		registry := prometheus.NewRegistry()
		pools := callout.NewPools(callout.Options{Dial: s.dial, Resolver: names{}, Registerer: registry})
		for n, up := range []string{"1", "0", "1", "1", "0", "1"} {
			if n == 5 {
				time.Sleep(2 * time.Second) // the host is left alone for so long after two sessions without an answer
			}
			pools.Ask(t.Context(), question(n))
			if err := testutil.GatherAndCompare(registry, strings.NewReader(`
# HELP callout_destination_up 1 while a destination host answers as it should, 0 after a problem until it does again.
# TYPE callout_destination_up gauge
callout_destination_up{destination="mx.example.com:25"} `+up+"\n"), "callout_destination_up"); err != nil {
				t.Errorf("after question %d: %v", n, err)
			}
		}
		pools.Close(t.Context())
		s.wait.Wait()
	})
}

// A host that nobody has asked for an hour is forgotten when another one comes.
func TestUnusedHostsAreForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &server{serve: replies(polite)}
		registry := prometheus.NewRegistry()
		pools := callout.NewPools(callout.Options{Dial: s.dial, Resolver: names{}, Registerer: registry})
		for n, wait := range []time.Duration{0, 30 * time.Minute, 31 * time.Minute} {
			time.Sleep(wait)
			q := question(n)
			q.Destination = callout.Destination{{{Name: fmt.Sprintf("mx%d.example.com", n), Port: 25}}}
			pools.Ask(t.Context(), q)
		}
		if n, err := testutil.GatherAndCount(registry, "callout_sessions"); n != 2 || err != nil {
			t.Errorf("%d hosts are known, %v; want the two of the last hour", n, err)
		}
		pools.Close(t.Context())
		s.wait.Wait()
	})
}
