package bench

import (
	"fmt"
	"math"
	"net"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"callout/internal/lab"
)

const (
	manyDestinations = 1000 // the last of them hangs
	manyMailboxes    = 100  // of each
	manyShared       = 100  // destinations that one lab.Destination plays, so that its 500 connections are enough
	manyClients      = 16
	manyEvery        = 20 * time.Millisecond // each client asks
	manyFor          = time.Second           // a round
	manyRounds       = 15
	hangingClients   = 50
	hangingPatience  = 500 * time.Millisecond // then a client gives up, and asks for another recipient
)

// BenchmarkHangingDestination compares how long answers take, 99 of 100 of them, while one of 1,000 destinations
// accepts connections and says nothing, and clients ask for its recipients all the time, with how long they take
// while nobody does. Each destination is a domain's own. All questions are callouts to the other 999, at a fixed
// rate that leaves room: on a machine that is full, every further client makes the others slower.
func BenchmarkHangingDestination(b *testing.B) {
	policy := startMany(b)
	questions := &atomic.Int64{}
	askEach(b, policy, manyClients, questions, manyDestinations-1) // opens the sessions
	quiet := func() float64 { return askPaced(b, policy, questions) }
	compare(b, manyRounds, "p99_ms",
		side{"hanging", func() float64 {
			stop := askHanging(b, policy)
			defer stop()
			return askPaced(b, policy, questions)
		}},
		side{"quiet", quiet}, side{"quiet_again", quiet})
}

// startMany starts the destinations and Callout in front of them.
func startMany(b *testing.B) (policy string) {
	users := make([]string, manyMailboxes)
	for i := range users {
		users[i] = fmt.Sprintf("user%d", i)
	}
	var config strings.Builder
	for first := 0; first < manyDestinations; first += manyShared {
		destination := &lab.Destination{Hostname: "mx.example.com", Domains: map[string]lab.Domain{}}
		for i := first; i < first+manyShared; i++ {
			destination.Domains[manyDomain(i)] = lab.Domain{Mailboxes: users}
		}
		b.Cleanup(destination.Close)
		for i := first; i < first+manyShared; i++ {
			ln, err := net.Listen("tcp", fmt.Sprintf("127.1.%d.%d:0", i/250, i%250+1))
			if err != nil {
				b.Fatal(err)
			}
			if i == manyDestinations-1 {
				hang(b, ln)
			} else {
				go destination.Serve(ln)
			}
			fmt.Fprintf(&config, "[[domain]]\nname = %q\ndestinations = [%q]\n", manyDomain(i), ln.Addr())
		}
	}
	policy, _ = startCallout(b, config.String())
	return policy
}

func manyDomain(i int) string { return fmt.Sprintf("domain%d.example", i) }

// hang accepts connections, which stay open and silent until the benchmark ends.
func hang(b *testing.B, ln net.Listener) {
	var conns []net.Conn
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			conns = append(conns, conn)
		}
	}()
	b.Cleanup(func() {
		ln.Close()
		<-done
		for _, conn := range conns {
			conn.Close()
		}
	})
}

// manyRecipient returns the nth recipient: of each of the destinations that answer in turn.
func manyRecipient(n int64) string {
	const answering = manyDestinations - 1
	return fmt.Sprintf("user%d@%s", n/answering, manyDomain(int(n%answering)))
}

// askEach has clients ask the next so many questions, as fast as they are answered.
func askEach(b *testing.B, policy string, clients int, questions *atomic.Int64, most int64) {
	first := questions.Load()
	ask(b, policy, clients, time.Minute, most, func(n int64) string { return manyRecipient(first + n) })
	questions.Add(most)
	if b.Failed() {
		b.FailNow()
	}
}

// askPaced has each client ask at fixed times for a round, and returns within how many milliseconds of its time
// 99 of 100 questions were answered. A question that is late because the one before it took long counts from when
// it was due.
func askPaced(b *testing.B, policy string, questions *atomic.Int64) float64 {
	const each = int(manyFor / manyEvery)
	took := make([]float64, manyClients*each)
	var wait sync.WaitGroup
	begun := time.Now()
	for i := range manyClients {
		wait.Go(func() {
			client, err := dialPolicy(policy, time.Minute)
			if err != nil {
				b.Error(err)
				return
			}
			defer client.close()
			due := begun.Add(manyEvery * time.Duration(i) / manyClients) // not all at once
			for j := range each {
				due = due.Add(manyEvery)
				time.Sleep(time.Until(due))
				if err := client.exists(manyRecipient(questions.Add(1) - 1)); err != nil {
					b.Error(err)
					return
				}
				took[i*each+j] = float64(time.Since(due).Microseconds()) / 1000
			}
		})
	}
	wait.Wait()
	slices.Sort(took)
	return took[int(math.Ceil(0.99*float64(len(took))))-1]
}

// askHanging has clients ask for recipients of the destination that hangs until stop is called: each for a new
// one twice a second, whether the last was answered (unknown, while the host is left alone) or not.
func askHanging(b *testing.B, policy string) (stop func()) {
	done := make(chan struct{})
	var wait sync.WaitGroup
	for i := range hangingClients {
		wait.Go(func() {
			time.Sleep(hangingPatience * time.Duration(i) / hangingClients)
			for n := 0; ; n++ {
				client, err := dialPolicy(policy, hangingPatience)
				if err != nil {
					b.Error(err)
					return
				}
				action, err := client.ask(fmt.Sprintf("new%d-%d-%d@%s", i, n, time.Now().UnixNano(), manyDomain(manyDestinations-1)))
				if err == nil && !strings.HasPrefix(string(action), "action=4") {
					b.Errorf("the destination that hangs: %q", action)
				}
				select {
				case <-done:
					client.close()
					return
				case <-time.After(time.Until(client.until)):
				}
				client.close()
			}
		})
	}
	return func() {
		close(done)
		wait.Wait()
	}
}
