package bench

import (
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"callout/internal/smtpwire"
)

const (
	uncachedSessions = 5     // max_sessions of both sides
	uncachedClients  = 100   // of the policy server
	uncachedEach     = 6_000 // recipients a round
	directFlight     = 50    // transactions the direct client sends ahead
)

// BenchmarkUncachedValid compares recipients that exist and are not in the cache, asked through the policy
// server by 100 clients, with asking the same Postfix directly: as many sessions, one RCPT per MAIL, 50
// transactions in a flight, nothing else done.
func BenchmarkUncachedValid(b *testing.B) {
	destination := startPostfix(b)
	policy := startCallout(b, fmt.Sprintf("[callout]\nmax_sessions = %d\n[[domain]]\nname = \"example.com\"\ndestinations = [%q]\n", uncachedSessions, destination))
	var used int64
	direct(b, destination, 500, func(n int64) string { return mailbox(n) }) // warms up
	compare(b, "per_s",
		func() float64 {
			from := used
			used += uncachedEach
			return ask(b, policy, uncachedClients, time.Minute, uncachedEach, func(n int64) string { return mailbox(from + n) })
		},
		func() float64 {
			return direct(b, destination, uncachedEach, func(n int64) string { return mailbox(n) })
		},
		"callout", "direct")
}

// direct asks a destination about so many recipients, which must exist, and returns answers a second.
func direct(b *testing.B, addr string, most int64, recipient func(n int64) string) float64 {
	var next atomic.Int64
	var wait sync.WaitGroup
	begun := time.Now()
	for range uncachedSessions {
		wait.Go(func() {
			if err := directSession(addr, &next, most, recipient); err != nil {
				b.Error(err)
			}
		})
	}
	wait.Wait()
	return float64(most) / time.Since(begun).Seconds()
}

// directSession takes flights until none are left.
func directSession(addr string, next *atomic.Int64, most int64, recipient func(n int64) string) error {
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		return err
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(2 * time.Minute))
	r := smtpwire.NewReader(conn)
	if _, err := r.ReadReply(); err != nil {
		return err
	}
	fmt.Fprint(conn, "EHLO bench.example.net\r\n")
	if _, err := r.ReadReply(); err != nil {
		return err
	}
	var out []byte
	for {
		first := next.Add(directFlight) - directFlight
		if first >= most {
			fmt.Fprint(conn, "QUIT\r\n")
			_, err := r.ReadReply()
			return err
		}
		last := min(first+directFlight, most)
		out = out[:0]
		for n := first; n < last; n++ {
			out = fmt.Appendf(out, "MAIL FROM:<>\r\nRCPT TO:<%s>\r\nRSET\r\n", recipient(n))
		}
		if _, err := conn.Write(out); err != nil {
			return err
		}
		for range 3 * (last - first) {
			reply, err := r.ReadReply()
			if err != nil {
				return err
			}
			if reply.Class() != 2 {
				return fmt.Errorf("the destination said %s", reply)
			}
		}
	}
}
