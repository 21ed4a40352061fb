package lab

import (
	"bytes"
	"io"
	"sync"
)

// pumpSize bounds what a pump holds, as a socket's receive buffer would.
const pumpSize = 1 << 20

// pump reads a connection ahead, so that a client which writes a whole flight before it reads a reply does not
// wait for a destination that writes before it reads on: a pipe in memory has no buffer of its own.
type pump struct {
	mu     sync.Mutex
	change sync.Cond
	buf    bytes.Buffer
	err    error
	done   chan struct{}
	conn   io.ReadCloser
}

func newPump(conn io.ReadCloser) *pump {
	p := &pump{conn: conn, done: make(chan struct{})}
	p.change.L = &p.mu
	go p.run()
	return p
}

func (p *pump) run() {
	defer close(p.done)
	chunk := make([]byte, 4096)
	for {
		n, err := p.conn.Read(chunk)
		p.mu.Lock()
		for p.buf.Len() > pumpSize && p.err == nil {
			p.change.Wait()
		}
		p.buf.Write(chunk[:n])
		if err != nil && p.err == nil {
			p.err = err
		}
		ended := p.err != nil
		p.change.Broadcast()
		p.mu.Unlock()
		if ended {
			return
		}
	}
}

// Read implements io.Reader.
func (p *pump) Read(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for p.buf.Len() == 0 && p.err == nil {
		p.change.Wait()
	}
	if p.buf.Len() == 0 {
		return 0, p.err
	}
	p.change.Broadcast()
	return p.buf.Read(b)
}

// holds reports whether something has come that was not read yet.
func (p *pump) holds() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.buf.Len() > 0
}

// stop closes the connection and waits for the reading to end.
func (p *pump) stop() {
	p.mu.Lock()
	if p.err == nil {
		p.err = io.EOF
	}
	p.change.Broadcast()
	p.mu.Unlock()
	p.conn.Close()
	<-p.done
}
