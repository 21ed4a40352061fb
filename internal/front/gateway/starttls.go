package gateway

import (
	"context"
	"crypto/tls"
	"time"

	"callout/internal/smtpwire"
)

const handshakeTimeout = 30 * time.Second

// starttls answers STARTTLS and encrypts the session, which then begins anew (RFC 3207 section 4.2).
func (c *session) starttls(args []byte) {
	switch {
	case c.Server.tls == nil || !c.announces("STARTTLS"):
		c.reply(502, "5.5.1", "STARTTLS is not offered")
	case len(args) > 0:
		c.reply(501, "5.5.4", "no parameters are taken")
	case c.tls != nil:
		c.reply(503, "5.5.1", "TLS is on already")
	case c.tx != nil:
		c.reply(503, "5.5.1", "not within a transaction")
	case c.r.Buffered() > 0:
		// What came in the clear would pass for something said within TLS (RFC 3207 section 6).
		c.reply(554, "5.5.1", "wait for the reply to STARTTLS; closing")
		c.ended = true
	default:
		c.reply(220, "2.0.0", "ready for TLS")
		if err := c.flush(); err != nil {
			c.lost(err)
			return
		}
		c.encrypt()
	}
}

// encrypt does the handshake. Where it fails nothing more is said.
func (c *session) encrypt() {
	conn := tls.Server(c.conn, c.Server.tls)
	conn.SetDeadline(time.Now().Add(handshakeTimeout))
	ctx, cancel := context.WithTimeout(c.ctx, handshakeTimeout)
	defer cancel()
	if err := conn.HandshakeContext(ctx); err != nil {
		c.metrics.badHandshakes.Inc()
		c.debug("TLS handshake failed", "err", err)
		c.ended = true
		return
	}
	state := conn.ConnectionState()
	c.mu.Lock()
	c.conn = conn
	c.mu.Unlock()
	c.r, c.tls = smtpwire.NewReaderSize(conn, readBuffer), &state
	c.helo, c.esmtp, c.renewed, c.written = "", false, time.Time{}, time.Time{}
}
