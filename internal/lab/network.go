package lab

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"slices"
	"sync"
	"syscall"
)

// Network is a network in memory on which the hosts of a Script can be called. Its Dial takes the place of a
// net.Dialer's and its lookups that of a net.Resolver's, so that a script plays under fake time as well.
type Network struct {
	zone *zone

	mu     sync.Mutex
	script *Script
	next   map[string]int // by host, the session that the next connection gets
	errs   []error
	held   chan struct{} // closed when the network moves on; nil while it moves
	wait   sync.WaitGroup
}

// NewNetwork returns a network with the hosts of a script.
func NewNetwork(s *Script) *Network {
	return &Network{script: s, next: make(map[string]int), zone: newZone()}
}

// Dial connects to a host of the script, given as host:port, from a local address, zero for any. Each connection
// gets the next session of its host.
func (n *Network) Dial(ctx context.Context, source netip.Addr, address string) (net.Conn, error) {
	s := n.session(address)
	if s == nil {
		n.fail(fmt.Errorf("a connection to %s that the script does not have", address))
		return nil, refused(address)
	}
	if s.source.IsValid() && source != s.source {
		n.fail(fmt.Errorf("line %d: the connection comes from %v, not from %v", s.line, source, s.source))
		return nil, refused(address)
	}
	if err := n.pass(ctx); err != nil {
		return nil, err
	}
	if len(s.moves) > 0 {
		switch s.moves[0].verb {
		case "refuse":
			return nil, refused(address)
		case "unreachable":
			<-ctx.Done()
			return nil, &net.OpError{Op: "dial", Net: "tcp", Err: ctx.Err()}
		case "cannot":
			return nil, &net.OpError{Op: "dial", Net: "tcp", Source: &net.TCPAddr{IP: source.AsSlice()},
				Err: os.NewSyscallError("bind", syscall.EADDRNOTAVAIL)}
		}
	}
	client, server := net.Pipe()
	n.wait.Go(func() {
		defer server.Close()
		if err := n.play(s, server); err != nil {
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

// Hold has the network stand still until Release: connections come about, and destinations speak and act, only
// then. What clients send is taken, and lookups are answered.
func (n *Network) Hold() {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.held == nil {
		n.held = make(chan struct{})
	}
}

// Release has the network move on.
func (n *Network) Release() {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.held != nil {
		close(n.held)
		n.held = nil
	}
}

// pass waits while the network stands still.
func (n *Network) pass(ctx context.Context) error {
	n.mu.Lock()
	held := n.held
	n.mu.Unlock()
	if held == nil {
		return nil
	}
	select {
	case <-held:
		return nil
	case <-ctx.Done():
		return &net.OpError{Op: "dial", Net: "tcp", Err: ctx.Err()}
	}
}

// Finish waits for the sessions that were opened and returns where the client left the script: something else
// said, a session not played to its end, a session never opened, a connection too many.
func (n *Network) Finish() error {
	n.Release()
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
