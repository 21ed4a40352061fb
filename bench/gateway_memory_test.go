package bench

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"callout/internal/smtpwire"
)

const (
	largeSessions = 500
	largeMessage  = 10 << 20 // octets
	largeMost     = 3 * time.Minute
)

// BenchmarkGatewayMemory reports the most resident memory that Callout has while 500 clients send a message of
// 10 MiB each, none of them the second half before all have sent the first. The next hop waits a second before it reads
// a message, so that the gateway holds as much of each as it ever does. Beside it stands the most that Callout had
// when all sessions were open, its own to the next hop among them.
func BenchmarkGatewayMemory(b *testing.B) {
	s := startSlowSink(b, time.Second)
	g := startGateway(b, s.addr, fmt.Sprintf("max_connections_per_client = %d\n", largeSessions), "")
	l := newLargeMail(g.addr)
	var wait sync.WaitGroup
	var first sync.Once // error: that all others have the same is no news
	for range largeSessions {
		wait.Go(func() {
			if err := l.send(); err != nil {
				first.Do(func() { b.Errorf("gateway at %s: %v", g.addr, err) })
			}
		})
	}
	l.open.Wait()
	open := peakMemory(b, g.pid)
	close(l.begin)
	wait.Wait()
	if n := s.messages.Load(); n != largeSessions && !b.Failed() {
		b.Errorf("%d messages have arrived of %d", n, largeSessions)
	}
	b.ReportMetric(open, "open_MiB")
	b.ReportMetric(peakMemory(b, g.pid), "peak_MiB")
	b.ReportMetric(0, "ns/op") // says nothing here
}

// largeMail is clients that send a large message each, in step.
type largeMail struct {
	addr       string
	piece      []byte         // what they write at once
	open, half sync.WaitGroup // those who have yet to come so far
	begin      chan struct{}  // closed when the messages may begin
}

func newLargeMail(addr string) *largeMail {
	l := &largeMail{addr: addr, begin: make(chan struct{})}
	line := strings.Repeat("x", 62) + "\r\n"
	l.piece = bytes.Repeat([]byte(line), 1024)
	l.open.Add(largeSessions)
	l.half.Add(largeSessions)
	return l
}

// send sends one message when all sessions are open, and its second half when everybody has sent the first.
func (l *largeMail) send() error {
	open, half := sync.OnceFunc(l.open.Done), sync.OnceFunc(l.half.Done)
	defer open() // the others need not wait for who has failed
	defer half()
	conn, err := net.Dial("tcp", l.addr)
	if err != nil {
		return err
	}
	defer conn.Close()
	if err := conn.(*net.TCPConn).SetWriteBuffer(len(l.piece)); err != nil { // the message is not to wait here
		return err
	}
	conn.SetDeadline(time.Now().Add(largeMost))
	r := smtpwire.NewReader(conn)
	if err := expect(r, 1); err != nil {
		return err
	}
	for _, f := range []flight{hello, mail, rcpt(mailbox(0), "2")} {
		if err := say(conn, r, string(f.commands), 2); err != nil {
			return err
		}
	}
	open()
	<-l.begin
	if err := say(conn, r, "DATA\r\n", 3); err != nil {
		return err
	}
	if err := l.write(conn, largeMessage/2); err != nil {
		return err
	}
	half()
	l.half.Wait()
	if err := l.write(conn, largeMessage/2); err != nil {
		return err
	}
	if err := say(conn, r, ".\r\n", 2); err != nil {
		return err
	}
	return say(conn, r, "QUIT\r\n", 2)
}

// write sends so many octets of a message.
func (l *largeMail) write(conn net.Conn, octets int) error {
	for ; octets > 0; octets -= len(l.piece) {
		if _, err := conn.Write(l.piece); err != nil {
			return err
		}
	}
	return nil
}

// say sends text, the reply to which must be of a class.
func say(conn net.Conn, r *smtpwire.Reader, text string, class int) error {
	if _, err := conn.Write([]byte(text)); err != nil {
		return err
	}
	reply, err := r.ReadReply()
	if err == nil && reply.Class() != class {
		err = fmt.Errorf("it said %s to %q", reply, text)
	}
	return err
}

// peakMemory returns how much resident memory a process has had at most so far, in MiB.
func peakMemory(b *testing.B, pid int) float64 {
	b.Helper()
	path := fmt.Sprintf("/proc/%d/status", pid)
	status, err := os.ReadFile(path)
	if err != nil {
		b.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(status), "VmHWM:")
	size, _, _ := strings.Cut(rest, "kB")
	kib, err := strconv.ParseFloat(strings.TrimSpace(size), 64)
	if err != nil {
		b.Fatalf("%s has no VmHWM: %v", path, err)
	}
	return kib / 1024
}
