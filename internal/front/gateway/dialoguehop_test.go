package gateway_test

import (
	"context"
	"fmt"
	"net"
	"strconv"
	"strings"
	"sync"
	"testing"

	"callout/internal/callout"
	"callout/internal/lab"
)

// conduct is what a Receiver does otherwise than usual. It may be changed while the Receiver is asked.
type conduct struct {
	mu       sync.Mutex
	refusals []refusing
	faults   []failing
}

// refusing is a reply at a step, where a word is in what was said.
type refusing struct {
	step  lab.Step
	word  string
	reply string
}

// failing is something that goes wrong at a step: the nth time, 0 for each; at BODY behind n octets.
type failing struct {
	step  lab.Step
	fault lab.Fault
	n     int64
}

var stepNames = map[string]lab.Step{
	"CONNECT": lab.AtConnect, "GREETING": lab.AtGreeting, "EHLO": lab.AtEHLO, "MAIL": lab.AtMAIL, "RCPT": lab.AtRCPT, "DATA": lab.AtDATA,
	"BODY": lab.AtBody, "CHUNK": lab.AtChunk, "END": lab.AtEnd, "RSET": lab.AtRSET, "QUIT": lab.AtQUIT,
}

var faultNames = map[string]lab.Fault{"close": lab.Close, "garbage": lab.Garbage}

// add reads "refuse STEP [WORD] REPLY" or "fault STEP NAME [N]".
func (c *conduct) add(text string) error {
	words := strings.SplitN(text, " ", 4)
	if len(words) < 3 {
		return fmt.Errorf("what is %q?", text)
	}
	step, ok := stepNames[words[1]]
	if !ok {
		return fmt.Errorf("no step %s", words[1])
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	switch words[0] {
	case "refuse":
		_, reply, _ := strings.Cut(text[len("refuse "):], " ")
		word := ""
		if _, err := strconv.Atoi(words[2]); err != nil {
			word, reply, _ = strings.Cut(reply, " ")
		}
		c.refusals = append(c.refusals, refusing{step, word, reply})
	case "fault":
		f := failing{step: step, fault: faultNames[words[2]]}
		if len(words) == 4 {
			f.n, _ = strconv.ParseInt(words[3], 10, 64)
		}
		if f.fault == lab.None {
			return fmt.Errorf("no fault %s", words[2])
		}
		c.faults = append(c.faults, f)
	default:
		return fmt.Errorf("what is %q?", text)
	}
	return nil
}

// refuse is a Receiver's Refuse.
func (c *conduct) refuse(step lab.Step, argument string) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, r := range c.refusals {
		if r.step == step && strings.Contains(argument, r.word) {
			return r.reply
		}
	}
	return ""
}

// fault is a Receiver's Fault.
func (c *conduct) fault(step lab.Step, n int64) lab.Fault {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, f := range c.faults {
		if f.step == step && (f.n == 0 || f.n == n || step == lab.AtBody && n > f.n) {
			return f.fault
		}
	}
	return lab.None
}

// destination has a Receiver that holds mailboxes behave so.
func (c *conduct) destination(r *lab.Receiver) {
	r.Fault = c.fault
	r.Refuse = func(step lab.Step, argument string) string {
		if reply := c.refuse(step, argument); reply != "" {
			return reply
		}
		return refuseUnknown(step, argument)
	}
}

// nextServer is a Receiver that mail is passed on to. It takes all of it, remembers what came together, and can be
// waited for.
type nextServer struct {
	r       lab.Receiver
	conduct conduct
	away    bool
	open    sync.WaitGroup // connections

	mu    sync.Mutex
	reads []string
}

func newNextServer() *nextServer {
	s := new(nextServer)
	s.r.Hostname, s.r.Refuse, s.r.Fault = "filter.internal.example", s.conduct.refuse, s.conduct.fault
	return s
}

// listen starts the server, unless it is away.
func (s *nextServer) listen(t testing.TB) callout.Destination {
	t.Helper()
	if s.away {
		return unreachable(t)
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go s.r.Serve(&watchedListener{ln, s})
	t.Cleanup(s.r.Close)
	text := ln.Addr().String()
	if s.r.LMTP {
		text = "lmtp://" + text
	}
	host, err := callout.ParseHost(text)
	if err != nil {
		t.Fatal(err)
	}
	return callout.Destination{{host}}
}

// wait returns when all connections have ended: whatever was sent to the server has been looked at.
func (s *nextServer) wait(ctx context.Context) error {
	done := make(chan struct{})
	go func() {
		s.open.Wait()
		close(done)
	}()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("connections to the next hop stay open: %w", ctx.Err())
	}
}

// heard returns what came, as it came together.
func (s *nextServer) heard() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.reads
}

type watchedListener struct {
	net.Listener
	s *nextServer
}

func (l *watchedListener) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	l.s.open.Add(1)
	return &watchedConn{TCPConn: conn.(*net.TCPConn), s: l.s}, nil
}

type watchedConn struct {
	*net.TCPConn
	s    *nextServer
	once sync.Once
}

func (c *watchedConn) Read(p []byte) (int, error) {
	n, err := c.TCPConn.Read(p)
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	c.s.reads = append(c.s.reads, string(p[:n]))
	return n, err
}

func (c *watchedConn) Close() error {
	defer c.once.Do(c.s.open.Done)
	return c.TCPConn.Close()
}
