package gateway

import (
	"errors"
	"net"
	"net/netip"
	"os"
	"time"
)

// welcome finds out who the client is and greets it. It returns false where that is all that is said.
func (c *session) welcome() bool {
	c.client = addrPort(c.conn.RemoteAddr())
	if c.proxied() && !c.unwrap() {
		return false
	}
	c.name = c.client.Addr().String()
	if !c.client.IsValid() {
		c.name = "local"
	}
	if !c.enter() {
		c.metrics.turnedAway.Inc()
		c.farewell("4.7.0", "too many connections from you, try again later")
		return false
	}
	c.metrics.connections.Inc()
	if c.waits() {
		c.reply(220, "", c.Hostname+" ESMTP")
		return true
	}
	return false
}

// enter counts the connection among its client's, unless there are too many.
func (c *session) enter() bool {
	c.Server.mu.Lock()
	defer c.Server.mu.Unlock()
	c.as = clientNetwork(c.client.Addr())
	c.counts = c.clients.enter(c.as, c.MaxConnectionsPerClient)
	return c.counts
}

// glance is how long a client is looked at where banner_delay is off: what it says at once is seen.
const glance = 100 * time.Microsecond

// waits reports whether the client waits for the banner (RFC 5321 section 4.3.1). One that does not is after something
// else than being understood.
func (c *session) waits() bool {
	c.conn.SetReadDeadline(time.Now().Add(max(c.BannerDelay, glance)))
	err := c.r.Wait()
	if err == nil {
		c.metrics.early.Inc()
		c.debug("talked before the banner")
		c.reply(554, "5.5.1", c.Hostname+" you talked before it was your turn")
	}
	return errors.Is(err, os.ErrDeadlineExceeded)
}

// addrPort returns the IP address and port of an address; none for a unix socket.
func addrPort(a net.Addr) netip.AddrPort {
	tcp, ok := a.(*net.TCPAddr)
	if !ok {
		return netip.AddrPort{}
	}
	p := tcp.AddrPort()
	return netip.AddrPortFrom(p.Addr().Unmap(), p.Port())
}
