package test

import (
	"bytes"
	"context"
	"math"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
)

// relay stands before a server, sees what clients send before it is passed on, and may hold it back. It counts what an
// HTTP server sends.
type relay struct {
	addr string

	ln   net.Listener
	to   string
	up   func(b []byte)
	wait sync.WaitGroup

	mu     sync.Mutex
	closed bool
	conns  []net.Conn
	sent   map[string]int64 // by what was asked for, "/path"; octets, headers too
}

// startRelay starts a relay. up is called with what a client sends; it returns when that may go on.
func startRelay(t *testing.T, server string, up func(b []byte)) *relay {
	t.Helper()
	// Little fits in between: what the client has sent is where it was let to, not in a buffer.
	small := net.ListenConfig{Control: func(_, _ string, c syscall.RawConn) error {
		return c.Control(func(fd uintptr) { syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_RCVBUF, 64<<10) })
	}}
	ln, err := small.Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	r := &relay{addr: ln.Addr().String(), ln: ln, to: server, up: up, sent: make(map[string]int64)}
	r.wait.Go(r.accept)
	t.Cleanup(r.close)
	return r
}

func (r *relay) accept() {
	for {
		client, err := r.ln.Accept()
		if err != nil {
			return
		}
		server, err := net.Dial("tcp", r.to)
		if err != nil {
			client.Close()
			continue
		}
		r.mu.Lock()
		r.conns = append(r.conns, client, server)
		if r.closed {
			client.Close()
			server.Close()
		}
		r.mu.Unlock()
		asked := &atomic.Value{} // HTTP/1.1: one request at a time
		r.wait.Go(func() { pass(server, client, func(b []byte) { r.see(asked, b); r.up(b) }) })
		r.wait.Go(func() { pass(client, server, func(b []byte) { r.count(asked, len(b)) }) })
	}
}

// see notes what a request asks for.
func (r *relay) see(asked *atomic.Value, b []byte) {
	line, _, _ := strings.Cut(string(b[:min(len(b), 1000)]), "\r\n")
	if words := strings.Fields(line); len(words) == 3 && strings.HasPrefix(words[2], "HTTP/") {
		asked.Store(words[1])
	}
}

func (r *relay) count(asked *atomic.Value, n int) {
	path, _ := asked.Load().(string)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.sent[path] += int64(n)
}

// takeSent returns what the server has sent since it was last called.
func (r *relay) takeSent() map[string]int64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	sent := r.sent
	r.sent = make(map[string]int64)
	return sent
}

// pass copies until either side ends, and then ends the other.
func pass(to, from net.Conn, see func(b []byte)) {
	defer to.Close()
	defer from.Close()
	b := make([]byte, 16<<10)
	for {
		n, err := from.Read(b)
		if n > 0 {
			see(b[:n])
			if _, err := to.Write(b[:n]); err != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}

func (r *relay) close() {
	r.mu.Lock()
	r.closed = true
	for _, c := range r.conns {
		c.Close()
	}
	r.mu.Unlock()
	r.ln.Close()
	r.wait.Wait()
}

// gate holds back what has a word in it until it is let through.
type gate struct {
	mu     sync.Mutex
	word   string
	opened chan struct{}
}

// hold holds back what has the word in it from now on, until the returned function is called.
func (g *gate) hold(t *testing.T, word string) (open func()) {
	g.mu.Lock()
	defer g.mu.Unlock()
	opened := make(chan struct{})
	g.word, g.opened = word, opened
	open = sync.OnceFunc(func() { close(opened) })
	t.Cleanup(open)
	return open
}

func (g *gate) pass(b []byte) {
	g.mu.Lock()
	word, opened := g.word, g.opened
	g.mu.Unlock()
	if opened != nil && bytes.Contains(b, []byte(word)) {
		<-opened
	}
}

// valve lets so many octets through and holds back what is beyond.
type valve struct {
	mu           sync.Mutex
	more         *sync.Cond
	passed, most int64
}

func newValve() *valve {
	v := &valve{most: math.MaxInt64}
	v.more = sync.NewCond(&v.mu)
	return v
}

func (v *valve) pass(b []byte) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.passed += int64(len(b))
	for v.passed > v.most {
		v.more.Wait()
	}
}

// let lets n octets more through than have passed.
func (v *valve) let(n int64) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.most = v.passed + n
	v.more.Broadcast()
}

// open lets everything through.
func (v *valve) open() {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.most = math.MaxInt64
	v.more.Broadcast()
}
