package gateway_test

import (
	"net/netip"
	"testing"

	"callout/internal/front/gateway"
)

// One connection more than max_connections is told to come later, and those that are open go on. One that ends makes
// room.
func TestMaxConnections(t *testing.T) {
	h := build(t, plan{settings: func(s *gateway.Settings) { s.MaxConnections = 2 }})
	a, b := h.dial(t), h.dial(t)
	c := h.connect(t)
	c.expect("421 4.3.2 filter.example.net too many connections, try again later")
	c.closed()
	a.ask("NOOP", "250")
	b.ask("QUIT", "221")
	b.closed()
	h.eventually(t, "220")
}

// One connection more than max_connections_per_client likewise.
func TestMaxConnectionsPerClient(t *testing.T) {
	h := build(t, plan{settings: func(s *gateway.Settings) { s.MaxConnectionsPerClient = 2 }})
	a, b := h.dial(t), h.dial(t)
	for range 2 { // who is turned away is not counted
		c := h.connect(t)
		c.expect("421 4.7.0 filter.example.net too many connections from you, try again later")
		c.closed()
	}
	a.ask("NOOP", "250")
	b.conn.Close()
	h.eventually(t, "220")
}

// eventually connects until it is welcome: that a connection has ended is seen a moment before it is counted back.
func (h *house) eventually(t *testing.T, want string) {
	t.Helper()
	for range 1000 {
		c := h.connect(t)
		reply, err := c.r.ReadReply()
		c.conn.Close()
		if err == nil && reply.String()[:3] == want {
			return
		}
	}
	t.Errorf("the connections are not counted back")
}

// Behind a proxy it is the clients that are counted: one IPv4 address, or one IPv6 /64.
func TestConnectionsBehindAProxyAreTheClients(t *testing.T) {
	h := build(t, plan{settings: func(s *gateway.Settings) {
		s.MaxConnectionsPerClient = 1
		s.ProxyFrom = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}
	}})
	for _, tt := range []struct{ header, want string }{
		{"PROXY TCP4 192.0.2.1 192.0.2.9 1000 25\r\n", "220"},
		{"PROXY TCP4 192.0.2.1 192.0.2.9 1001 25\r\n", "421 4.7.0"},
		{"PROXY TCP4 192.0.2.2 192.0.2.9 1002 25\r\n", "220"},
		{"PROXY TCP6 2001:db8:0:1::1 2001:db8::9 1003 25\r\n", "220"},
		{"PROXY TCP6 2001:db8:0:1:ffff::1 2001:db8::9 1004 25\r\n", "421 4.7.0"},
		{"PROXY TCP6 2001:db8:0:2::1 2001:db8::9 1005 25\r\n", "220"},
	} {
		c := h.connect(t)
		c.send(tt.header)
		c.expect(tt.want)
	}
}
