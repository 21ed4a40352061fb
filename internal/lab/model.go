package lab

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"sync"

	"callout/internal/address"
)

// Bounds are what a Model allows its client, 0 for anything.
type Bounds struct {
	Sessions   int // at once, each from its connection until the client closes it
	Rejections int // unknown recipients in one session, however they are asked
	RetireAt   int // unknown recipients after whose replies a session may be asked for no more
}

// Model is a destination in memory that behaves well or badly as its habits and the dice have it, and holds its
// client to what a strict server may expect:
//
//   - no more sessions and rejections than the bounds allow;
//   - nothing before the greeting, nothing ahead of a reply without PIPELINING or behind a command that must be
//     the last of its group (RFC 2920 section 3.1), nothing behind QUIT;
//   - MAIL behind EHLO or HELO, with the null sender, not within a transaction; RCPT within one, for 100
//     recipients of one domain at most; DATA never; nothing that is not ASCII unless SMTPUTF8 was announced;
//   - QUIT at the end of every session, unless the destination has ended it or owes a reply.
//
// Each session has dice of its own, so that what it does depends on the seed and its number alone.
type Model struct {
	habits Habits
	bounds Bounds
	seed   uint64
	boxes  directory
	wait   sync.WaitGroup

	mu         sync.Mutex
	dials      uint64
	open       int // as the client sees it
	most       int
	serving    int // as the destination sees it
	asked      map[string]int
	violations []string
}

// Bounds of what a Model remembers.
const (
	maxViolations = 100
	maxAsked      = 1_000_000
)

// NewModel returns a destination without sessions. They end with its client's; there is nothing to close.
func NewModel(h Habits, b Bounds, seed uint64) *Model {
	if h.Beyond == "" {
		h.Beyond = BeyondReplies[0]
	}
	return &Model{habits: h, bounds: b, seed: seed, boxes: newDirectory(h.Domains), asked: make(map[string]int)}
}

// Dial connects to the destination, whatever the source and the address.
func (m *Model) Dial(ctx context.Context, _ netip.Addr, address string) (net.Conn, error) {
	m.mu.Lock()
	m.dials++
	s := &modelSession{m: m, number: m.dials, rng: rand.New(rand.NewPCG(m.seed, m.dials))}
	m.mu.Unlock()
	switch {
	case s.chance(m.habits.Refuses):
		return nil, refused(address)
	case s.chance(m.habits.Unreachable):
		<-ctx.Done()
	default:
		pause(ctx, s.delay())
	}
	if err := ctx.Err(); err != nil {
		return nil, &net.OpError{Op: "dial", Net: "tcp", Err: err}
	}
	client, server := net.Pipe()
	s.conn = server
	welcome := m.opened(s.number)
	over := sync.OnceFunc(m.over)
	m.wait.Go(func() {
		s.run(welcome)
		over()
	})
	return &modelConn{Conn: client, closed: func() {
		m.closed()
		over()
	}}, nil
}

// modelConn is the client's end of a session.
type modelConn struct {
	net.Conn
	once   sync.Once
	closed func()
}

// Close closes the connection.
func (c *modelConn) Close() error {
	c.once.Do(c.closed)
	return c.Conn.Close()
}

// opened takes in a session and reports whether it is one that the destination takes.
func (m *Model) opened(number uint64) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.open++
	m.serving++
	m.most = max(m.most, m.open)
	if m.bounds.Sessions > 0 && m.open > m.bounds.Sessions {
		m.violated(number, "%d sessions at once, where %d are allowed", m.open, m.bounds.Sessions)
	}
	return m.habits.Sessions == 0 || m.serving <= m.habits.Sessions
}

// over takes that a session is one no more, whichever side has ended it.
func (m *Model) over() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.serving--
}

func (m *Model) closed() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.open--
}

// violated records what the client should not have done. The caller holds m.mu.
func (m *Model) violated(number uint64, format string, args ...any) {
	if len(m.violations) < maxViolations {
		m.violations = append(m.violations, fmt.Sprintf("session %d: ", number)+fmt.Sprintf(format, args...))
	}
}

// Truth returns what an answer about a recipient may say: accepted, rejected, never both. That of a local-part
// that is not ASCII and can't be asked without SMTPUTF8 is rejected.
func (m *Model) Truth(r address.Recipient) (accepted, rejected bool) {
	if !r.ASCII() && !m.habits.SMTPUTF8 {
		return false, true
	}
	exists := m.habits.Domains[r.Domain()].CatchAll || m.boxes.has(r)
	return exists, !exists
}

// Asked returns in how many RCPTs a recipient was asked for. It counts the first million recipients.
func (m *Model) Asked(r address.Recipient) int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.asked[r.String()]
}

// noteAsked counts a RCPT.
func (m *Model) noteAsked(r address.Recipient) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if n := m.asked[r.String()]; n > 0 || len(m.asked) < maxAsked {
		m.asked[r.String()] = n + 1
	}
}

// Connections returns how many were tried so far, those that did not come about included.
func (m *Model) Connections() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return int(m.dials)
}

// Most returns how many sessions the client had at once, at the most.
func (m *Model) Most() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.most
}

// Finish waits for the sessions to end, which is the client's to do, and returns what it should not have done, the
// first hundred things.
func (m *Model) Finish() error {
	m.wait.Wait()
	m.mu.Lock()
	defer m.mu.Unlock()
	var errs []error
	for _, v := range m.violations {
		errs = append(errs, errors.New(v))
	}
	return errors.Join(errs...)
}
