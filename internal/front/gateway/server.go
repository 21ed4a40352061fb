package gateway

import (
	"context"
	"crypto/tls"
	"log/slog"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"callout/internal/domains"
	"callout/internal/front/accept"
	"callout/internal/nexthop"
	"callout/internal/verify"
)

// Server is the gateway. Make it with New.
type Server struct {
	Settings
	verifier *verify.Verifier
	domains  *domains.Registry
	hops     *nexthop.Hops
	log      *slog.Logger
	metrics  *metrics
	tls      *tls.Config // nil: no STARTTLS
	hello    hello

	ctx    context.Context // ends when Shutdown gives up
	cancel context.CancelFunc
	wait   sync.WaitGroup

	closing   atomic.Bool
	mu        sync.Mutex // guards the fields below
	listeners map[net.Listener]struct{}
	sessions  map[*session]struct{}
	places    int // that sessions have taken, MaxConnections at most
	lingering int // sessions that wait for their clients to close, MaxConnections at most
	clients   clients
}

// New returns a Server.
func New(o Options) *Server {
	s := &Server{
		Settings: o.Settings, verifier: o.Verifier, domains: o.Domains, hops: o.Hops, log: o.Log,
		listeners: make(map[net.Listener]struct{}), sessions: make(map[*session]struct{}), clients: make(clients),
	}
	if o.Certificate != nil {
		s.tls = serverTLS(o.Certificate)
	}
	s.hello = newHello(&o.Settings, s.tls != nil)
	s.metrics = newMetrics(o.Registerer, s)
	s.ctx, s.cancel = context.WithCancel(context.Background())
	return s
}

// Serve answers the connections of a listener until Shutdown, and then returns nil; any other error is the
// listener's. It closes the listener.
func (s *Server) Serve(ln net.Listener) error {
	defer ln.Close()
	s.mu.Lock()
	if s.closing.Load() {
		s.mu.Unlock()
		return nil
	}
	s.listeners[ln] = struct{}{}
	s.mu.Unlock()
	return accept.Loop(ln, "gateway", s.log, s.closing.Load, s.start)
}

// start serves a connection unless there are too many.
func (s *Server) start(conn net.Conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.closing.Load():
		turnAway(conn, "421 4.3.2 "+s.Hostname+" shutting down, try again later\r\n")
		return
	case s.places >= s.MaxConnections:
		s.metrics.turnedAway.Inc()
		turnAway(conn, "421 4.3.2 "+s.Hostname+" too many connections, try again later\r\n")
		return
	}
	c := newSession(s, conn)
	s.sessions[c] = struct{}{}
	s.places++
	s.wait.Go(func() {
		c.serve()
		c.leave()
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.sessions, c)
	})
}

// turnAway closes a connection that is not served. What is written fits into the send buffer of a connection that
// nothing was written to yet.
func turnAway(conn net.Conn, why string) {
	conn.SetWriteDeadline(time.Now().Add(time.Second))
	conn.Write([]byte(why))
	conn.Close()
}

// closeGrace is how long a session has after the end of a shutdown's context to take its last reply.
const closeGrace = 500 * time.Millisecond

// Shutdown takes no more connections, lets the messages finish that have begun, answers other commands with 421, and
// waits for the sessions. When ctx ends first, what is still under way is given up: its client is told to try again,
// and connections that do not take that are cut half a second later.
func (s *Server) Shutdown(ctx context.Context) {
	s.mu.Lock()
	s.closing.Store(true)
	for ln := range s.listeners {
		ln.Close()
	}
	for c := range s.sessions {
		c.interrupt()
	}
	s.mu.Unlock()
	done := make(chan struct{})
	go func() {
		s.wait.Wait()
		close(done)
	}()
	select {
	case <-done:
	case <-ctx.Done():
	}
	s.cancel()
	s.mu.Lock()
	for c := range s.sessions {
		c.giveUp()
	}
	s.mu.Unlock()
	select {
	case <-done:
	case <-time.After(closeGrace):
		s.mu.Lock()
		for c := range s.sessions {
			c.cut()
		}
		s.mu.Unlock()
		<-done
	}
}
