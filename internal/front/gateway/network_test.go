package gateway

import (
	"net/netip"
	"testing"
)

func TestClientNetwork(t *testing.T) {
	for _, tt := range []struct{ address, want string }{
		{"192.0.2.1", "192.0.2.1/32"},
		{"192.0.2.2", "192.0.2.2/32"},
		{"::ffff:192.0.2.1", "192.0.2.1/32"},
		{"2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"},
		{"2001:db8:1:2:ffff::", "2001:db8:1:2::/64"},
		{"2001:db8:1:3::", "2001:db8:1:3::/64"},
		{"::1", "::/64"},
		{"fe80::1%eth0", "fe80::/64"},
		{"fe80::2%lo", "fe80::/64"},
	} {
		if got := clientNetwork(netip.MustParseAddr(tt.address)).String(); got != tt.want {
			t.Errorf("%s: %s; want %s", tt.address, got, tt.want)
		}
	}
	if got := clientNetwork(netip.Addr{}); got != (netip.Prefix{}) {
		t.Errorf("no address: %s", got)
	}
}

// What is counted is counted back, and nothing is left of a client that has gone.
func TestClientsAreCountedBack(t *testing.T) {
	a, b := netip.MustParsePrefix("192.0.2.1/32"), netip.MustParsePrefix("192.0.2.2/32")
	c := make(clients)
	enter := func(p netip.Prefix, want ...bool) {
		t.Helper()
		for i, w := range want {
			if got := c.enter(p, 2); got != w {
				t.Errorf("%s, connection %d: %v; %v", p, i+1, got, c)
			}
		}
	}
	enter(a, true, true, false)
	enter(b, true)
	c.leave(a)
	enter(a, true, false)
	c.leave(a)
	c.leave(a)
	c.leave(b)
	if len(c) != 0 {
		t.Errorf("left: %v", c)
	}
}
