package policy

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"callout/internal/address"
	"callout/internal/front/accept"
	"callout/internal/verify"
)

const (
	maxConnections = 5000      // of all listeners together
	idleTime       = time.Hour // for a request to come, whole
	writeTime      = time.Minute
)

// Server answers policy requests. Make it with New.
type Server struct {
	verifier  *verify.Verifier
	log       *slog.Logger
	malformed prometheus.Counter
	refused   prometheus.Counter

	ctx    context.Context // ends when Shutdown gives up
	cancel context.CancelFunc
	wait   sync.WaitGroup

	closing   atomic.Bool
	mu        sync.Mutex
	listeners map[net.Listener]struct{}
	conns     map[net.Conn]struct{}
}

// New returns a Server that asks a Verifier. r may be nil.
func New(v *verify.Verifier, log *slog.Logger, r prometheus.Registerer) *Server {
	s := &Server{
		verifier: v, log: log,
		listeners: make(map[net.Listener]struct{}), conns: make(map[net.Conn]struct{}),
		malformed: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "callout_policy_malformed_total", Help: "Policy requests that could not be read; their connections were closed.",
		}),
		refused: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "callout_policy_refused_connections_total", Help: "Policy connections closed at once, because there were too many.",
		}),
	}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	if r != nil {
		r.MustRegister(s.malformed, s.refused, prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "callout_policy_connections", Help: "Open policy connections.",
		}, func() float64 { s.mu.Lock(); defer s.mu.Unlock(); return float64(len(s.conns)) }))
	}
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
	return accept.Loop(ln, "policy", s.log, s.closing.Load, s.start)
}

// start serves a connection unless there are too many.
func (s *Server) start(conn net.Conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closing.Load() || len(s.conns) >= maxConnections {
		conn.Close()
		s.refused.Inc()
		return
	}
	s.conns[conn] = struct{}{}
	s.wait.Go(func() { s.serve(conn) })
}

// serve answers the requests of one connection, one after the other.
func (s *Server) serve(conn net.Conn) {
	defer func() {
		conn.Close()
		s.mu.Lock()
		delete(s.conns, conn)
		s.mu.Unlock()
	}()
	br := newReader(conn)
	var req request
	var out []byte
	t := timing{conn: conn}
	t.renew()
	for {
		// Shutdown sets closing before it ends the waiting of connections: one of the two is seen here. What has
		// come already is answered all the same.
		if s.closing.Load() && br.Buffered() == 0 {
			return
		}
		if err := readRequest(br, &req); err != nil {
			s.ended(conn, err)
			return
		}
		d := s.decide(&req)
		out = appendAction(out[:0], &d)
		if !s.closing.Load() {
			t.renew() // Shutdown has given the connection its last deadlines
		}
		if _, err := conn.Write(out); err != nil {
			return
		}
	}
}

// renewEvery is how often the deadlines of a connection are moved on: to do so for each request would cost as much
// as answering one. So they are late by that much at most.
const renewEvery = time.Minute

// timing keeps the deadlines of a connection.
type timing struct {
	conn    net.Conn
	renewed time.Time
}

// renew gives the connection its time from now on: to write the answer that is due, and for the next request.
func (t *timing) renew() {
	if now := time.Now(); now.Sub(t.renewed) >= renewEvery {
		t.renewed = now
		t.conn.SetWriteDeadline(now.Add(writeTime + renewEvery))
		t.conn.SetReadDeadline(now.Add(idleTime + renewEvery))
	}
}

// ended logs why a connection can't go on, where that is of interest.
func (s *Server) ended(conn net.Conn, err error) {
	var bad *malformed
	switch {
	case errors.As(err, &bad):
		s.malformed.Inc()
		s.log.Warn("policy: "+bad.Error()+"; connection closed", "peer", peer(conn))
	case errors.Is(err, io.EOF), errors.Is(err, os.ErrDeadlineExceeded):
	default:
		s.log.Debug("policy: connection ended", "peer", peer(conn), "err", err)
	}
}

// peer names the other end; a unix socket's has no name.
func peer(conn net.Conn) string {
	if a := conn.RemoteAddr().String(); a != "" && a != "@" {
		return a
	}
	return conn.LocalAddr().String()
}

// decide answers a request.
func (s *Server) decide(req *request) verify.Decision {
	if req.state != rcptState {
		return verify.Decision{}
	}
	q := verify.Question{Front: "policy", Client: req.client, Sender: req.sender}
	r, err := address.Unquoted(req.recipient)
	var syntax *address.SyntaxError
	switch {
	case err == nil:
		q.Recipient = r
		return s.verifier.Decide(s.ctx, q)
	case errors.As(err, &syntax) && req.recipient != "":
		return s.verifier.Refuse(s.ctx, q, syntax)
	}
	return verify.Decision{} // without a domain, or with an address literal
}

// appendAction words a decision (access(5) of Postfix has the actions).
func appendAction(b []byte, d *verify.Decision) []byte {
	b = append(b, "action="...)
	if d.Action != verify.Reject && d.Action != verify.Defer {
		return append(b, "DUNNO\n\n"...)
	}
	b = d.AppendReply(b)
	return append(b, "\n\n"...)
}

// closeGrace is how long a connection has after the end of a shutdown's context to take its last answer.
const closeGrace = 500 * time.Millisecond

// Shutdown takes no more connections and requests, lets those that were asked be answered, and waits for them.
// When ctx ends first, questions that are still open are deferred, and connections that do not take their answer
// are cut half a second later.
func (s *Server) Shutdown(ctx context.Context) {
	s.mu.Lock()
	s.closing.Store(true)
	for ln := range s.listeners {
		ln.Close()
	}
	for conn := range s.conns {
		conn.SetReadDeadline(time.Unix(1, 0))
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
	select {
	case <-done:
	case <-time.After(closeGrace):
		s.mu.Lock()
		for conn := range s.conns {
			conn.Close()
		}
		s.mu.Unlock()
		<-done
	}
}
