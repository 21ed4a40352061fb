package test

import (
	"net"
	"sync/atomic"
	"testing"

	"callout/internal/lab"
)

// startReceiver starts a next hop of which every step can be watched, at an address, and returns its sessions.
func startReceiver(t *testing.T, addr string, r *lab.Receiver) *sessionCount {
	t.Helper()
	l, err := net.Listen("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	sessions := &sessionCount{Listener: l}
	served := make(chan error, 1)
	go func() { served <- r.Serve(sessions) }()
	t.Cleanup(func() {
		r.Close()
		if err := <-served; err != nil {
			t.Errorf("the next hop at %s: %v", addr, err)
		}
	})
	return sessions
}

// sessionCount is a listener that knows how many of its connections are open.
type sessionCount struct {
	net.Listener
	open atomic.Int64
}

// Accept waits for a connection and counts it.
func (s *sessionCount) Accept() (net.Conn, error) {
	conn, err := s.Listener.Accept()
	if err != nil {
		return nil, err
	}
	s.open.Add(1)
	return &countedConn{Conn: conn, open: &s.open}, nil
}

// awaitEnd waits until no connection is open.
func (s *sessionCount) awaitEnd(t *testing.T) {
	t.Helper()
	eventually(t, patience, "the sessions at the next hop have ended", func() bool { return s.open.Load() == 0 })
}

// countedConn is one of the connections of a sessionCount.
type countedConn struct {
	net.Conn
	open   *atomic.Int64
	closed atomic.Bool
}

// Close closes the connection, and counts that the first time.
func (c *countedConn) Close() error {
	if !c.closed.Swap(true) {
		c.open.Add(-1)
	}
	return c.Conn.Close()
}
