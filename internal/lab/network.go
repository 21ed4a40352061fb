package lab

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"sync"
	"syscall"
	"time"

	"callout/internal/smtpwire"
)

// Network is a network in memory on which the hosts of a Script can be called. Its Dial takes the place of a
// net.Dialer's, so that a script plays under fake time as well.
type Network struct {
	mu     sync.Mutex
	script *Script
	next   map[string]int // by host, the session that the next connection gets
	errs   []error
	wait   sync.WaitGroup
}

// NewNetwork returns a network with the hosts of a script.
func NewNetwork(s *Script) *Network {
	return &Network{script: s, next: make(map[string]int)}
}

// Dial connects to a host of the script. Each connection gets the next session of its host.
func (n *Network) Dial(ctx context.Context, _, host string) (net.Conn, error) {
	s := n.session(host)
	switch {
	case s == nil:
		n.fail(fmt.Errorf("a connection to %s that the script does not have", host))
		return nil, refused(host)
	case len(s.moves) > 0 && s.moves[0].verb == "refuse":
		return nil, refused(host)
	case len(s.moves) > 0 && s.moves[0].verb == "unreachable":
		<-ctx.Done()
		return nil, &net.OpError{Op: "dial", Net: "tcp", Err: ctx.Err()}
	}
	client, server := net.Pipe()
	n.wait.Go(func() {
		defer server.Close()
		if err := s.play(server); err != nil {
			n.fail(err)
		}
	})
	return client, nil
}

func refused(host string) error {
	return &net.OpError{Op: "dial", Net: "tcp", Err: fmt.Errorf("%s: %w", host, syscall.ECONNREFUSED)}
}

func (n *Network) session(host string) *session {
	n.mu.Lock()
	defer n.mu.Unlock()
	i := n.next[host]
	n.next[host]++
	if all := n.script.sessions[host]; i < len(all) {
		return all[i]
	}
	return nil
}

func (n *Network) fail(err error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.errs = append(n.errs, err)
}

// Finish waits for the sessions that were opened and returns where the client left the script: something else
// said, a session not played to its end, a session never opened, a connection too many.
func (n *Network) Finish() error {
	n.wait.Wait()
	n.mu.Lock()
	defer n.mu.Unlock()
	errs := slices.Clone(n.errs)
	for _, host := range n.script.hosts {
		if all := n.script.sessions[host]; n.next[host] < len(all) {
			errs = append(errs, fmt.Errorf("line %d: this session of %s was never opened", all[n.next[host]].line, host))
		}
	}
	return errors.Join(errs...)
}

// play holds the destination's side of a session.
func (s *session) play(conn net.Conn) error {
	in := newPump(conn)
	defer in.stop()
	r := smtpwire.NewReader(in)
	for _, m := range s.moves {
		switch m.verb {
		case "C":
			line, err := r.ReadLine()
			if err != nil {
				return fmt.Errorf("line %d: the client should have said %q: %v", m.line, m.text, err)
			}
			if !matches(m.text, string(line)) {
				return fmt.Errorf("line %d: the client said %q, the script has %q", m.line, line, m.text)
			}
		case "S":
			if _, err := io.WriteString(conn, m.text+"\r\n"); err != nil {
				return fmt.Errorf("line %d: nobody read %q: %v", m.line, m.text, err)
			}
		case "raw":
			io.WriteString(conn, m.text) // whoever sends junk may find the connection closed
		case "wait":
			time.Sleep(m.wait)
		case "quiet":
			time.Sleep(time.Millisecond)
			if r.Buffered() > 0 || in.holds() {
				return fmt.Errorf("line %d: the client has sent more ahead", m.line)
			}
		case "close":
			return nil
		case "hang":
			return drain(r, -1)
		}
	}
	return drain(r, s.line)
}

// drain reads until the client goes away. Where the script has ended, at a line, the client may not say more.
func drain(r *smtpwire.Reader, line int) error {
	for {
		said, err := r.ReadLine()
		if err != nil {
			return nil
		}
		if line >= 0 {
			return fmt.Errorf("line %d: after the end of this session the client said %q", line, said)
		}
	}
}
