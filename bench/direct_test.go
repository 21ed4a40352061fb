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

// directClient asks a destination about recipients and does nothing else: what bounds Callout.
type directClient struct {
	addr   string
	flight int64 // RCPTs sent ahead
	depth  int64 // of those, in one MAIL transaction: MAIL, that many RCPT, RSET
}

// ask asks over uncachedSessions sessions about the recipients of mailboxes from first to before last, which must
// exist, and returns answers a second, the opening of the sessions included.
func (c directClient) ask(b *testing.B, first, last int64) float64 {
	var next atomic.Int64
	next.Store(first)
	var wait sync.WaitGroup
	begun := time.Now()
	for range uncachedSessions {
		wait.Go(func() {
			if err := c.session(&next, last); err != nil {
				b.Errorf("direct client at %s: %v", c.addr, err)
			}
		})
	}
	wait.Wait()
	return float64(last-first) / time.Since(begun).Seconds()
}

// session takes flights until none are left.
func (c directClient) session(next *atomic.Int64, last int64) error {
	conn, err := net.Dial("tcp", c.addr)
	if err != nil {
		return err
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(2 * time.Minute))
	r := smtpwire.NewReader(conn)
	if err := expect(r, 1); err != nil {
		return err
	}
	fmt.Fprint(conn, "EHLO bench.example.net\r\n")
	if err := expect(r, 1); err != nil {
		return err
	}
	var out []byte
	for {
		from := next.Add(c.flight) - c.flight
		if from >= last {
			fmt.Fprint(conn, "QUIT\r\n")
			return expect(r, 1)
		}
		commands := 0
		out, commands = c.appendFlight(out[:0], from, min(from+c.flight, last))
		if _, err := conn.Write(out); err != nil {
			return err
		}
		if err := expect(r, commands); err != nil {
			return err
		}
	}
}

// appendFlight appends the commands about the recipients of one flight and tells how many they are.
func (c directClient) appendFlight(out []byte, from, to int64) ([]byte, int) {
	commands := 0
	for ; from < to; from += c.depth {
		out = append(out, "MAIL FROM:<>\r\n"...)
		end := min(from+c.depth, to)
		for n := from; n < end; n++ {
			out = fmt.Appendf(out, "RCPT TO:<%s>\r\n", mailbox(n))
		}
		out = append(out, "RSET\r\n"...)
		commands += int(end-from) + 2
	}
	return out, commands
}

// expect reads so many replies, which must be 2xx.
func expect(r *smtpwire.Reader, replies int) error {
	for range replies {
		reply, err := r.ReadReply()
		if err != nil {
			return err
		}
		if reply.Class() != 2 {
			return fmt.Errorf("it said %s", reply)
		}
	}
	return nil
}
