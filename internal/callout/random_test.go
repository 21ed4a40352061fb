package callout_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"callout/internal/callout"
	"callout/internal/smtpwire"
)

// moody is a destination of example.com whose odd users do not exist, and whose sessions end, pause and refuse
// as the dice fall.
type moody struct {
	mu         sync.Mutex
	rng        *rand.Rand
	pipelining bool
	closes     int // one command in so many ends the session, half of the times with 421 first; 0 never
	sulks      int // one connection in so many is refused with 421
}

func (m *moody) roll(n int) int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.rng.IntN(n)
}

func (m *moody) serve(conn net.Conn) {
	in := make(chan string, 1000) // takes what is sent ahead
	go func() {
		defer close(in)
		r := smtpwire.NewReader(conn)
		for {
			line, err := r.ReadLine()
			if err != nil {
				return
			}
			in <- string(line)
		}
	}()
	defer func() {
		conn.Close()
		for range in {
		}
	}()
	if m.sulks > 0 && m.roll(m.sulks) == 0 {
		fmt.Fprint(conn, "421 not now\r\n")
		return
	}
	fmt.Fprint(conn, "220 mx ESMTP\r\n")
	for line := range in {
		time.Sleep(time.Duration(m.roll(300)) * time.Millisecond)
		if m.closes > 0 && m.roll(m.closes) == 0 {
			if m.roll(2) == 0 {
				fmt.Fprint(conn, "421 enough\r\n")
			}
			return
		}
		answer := "250 Ok"
		switch {
		case strings.HasPrefix(line, "EHLO") && m.pipelining:
			answer = "250-mx\r\n250 PIPELINING"
		case strings.HasPrefix(line, "RCPT TO:<user"):
			var n int
			fmt.Sscanf(line, "RCPT TO:<user%d@", &n)
			answer = fmt.Sprintf("250 user%d", n)
			if n%2 == 1 {
				answer = fmt.Sprintf("550 5.1.1 user%d", n)
			}
		case strings.HasPrefix(line, "RCPT"):
			answer = "550 5.1.1 random"
		case line == "QUIT":
			fmt.Fprint(conn, "221 Bye\r\n")
			return
		}
		if _, err := fmt.Fprint(conn, answer+"\r\n"); err != nil {
			return
		}
	}
}

// Whatever a destination does, a question gets its own true answer or none, in time, and no host sees more
// sessions than it should.
func TestAnswersAreTrueOrUnknown(t *testing.T) {
	for seed := range uint64(40) {
		synctest.Test(t, func(t *testing.T) {
			rng := rand.New(rand.NewPCG(seed, 2))
			m := &moody{rng: rng, pipelining: seed%2 == 0, closes: []int{0, 4, 10, 30}[rng.IntN(4)], sulks: []int{0, 0, 2, 5}[rng.IntN(4)]}
			s := &server{serve: m.serve}
			pools := callout.NewPools(callout.Options{Dial: s.dial, Resolver: names{}})
			known := 0
			var mu sync.Mutex
			var wait sync.WaitGroup
			for n := range 100 {
				wait.Go(func() {
					time.Sleep(time.Duration(m.roll(5000)) * time.Millisecond)
					q := question(n)
					if m.roll(4) == 0 {
						q.Probe = callout.RandomRecipient("", "example.com")
					}
					start := time.Now()
					a := pools.Ask(context.Background(), q)
					if took := time.Since(start); took > time.Minute {
						t.Errorf("seed %d, question %d took %v", seed, n, took)
					}
					want, own := callout.Accepted, fmt.Sprintf("user%d", n)
					if n%2 == 1 {
						want = callout.Rejected
					}
					if a.Probe.Outcome == callout.Accepted {
						t.Errorf("seed %d, question %d: the random address was accepted", seed, n)
					}
					switch a.Outcome {
					case callout.Unknown:
						if a.Problem == nil {
							t.Errorf("seed %d, question %d: unknown without a problem", seed, n)
						}
					case want:
						if a.Reply.Text() != own {
							t.Errorf("seed %d, question %d has the answer to %s", seed, n, a.Reply.Text())
						}
						mu.Lock()
						known++
						mu.Unlock()
					default:
						t.Errorf("seed %d, question %d: %v %v; want %v", seed, n, a.Outcome, a.Reply, want)
					}
				})
			}
			wait.Wait()
			if err := pools.Close(t.Context()); err != nil {
				t.Error(err)
			}
			s.wait.Wait()
			if s.most.Load() > 5 {
				t.Errorf("seed %d: %d sessions at a time", seed, s.most.Load())
			}
			if m.closes == 0 && m.sulks == 0 && known != 100 {
				t.Errorf("seed %d: a good destination answered %d of 100", seed, known)
			}
		})
	}
}
