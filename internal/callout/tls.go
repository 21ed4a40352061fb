package callout

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"time"

	"callout/internal/smtpwire"
)

// fallsBack reports whether a connection that ended in a problem is to be followed by one without TLS, since it was the
// handshake that failed. The host is known for it then.
func (p *pool) fallsBack(problem *Problem) bool {
	if problem == nil || problem.Kind != TLS || p.flavour.tls != TLSOpportunistic || p.flavour.scheme == SMTPS {
		return false
	}
	p.h.learn(NoTLS, 0, problem.words())
	return true
}

// encrypt says STARTTLS where the session is to be encrypted (RFC 3207), and EHLO again. plain leaves it as it is.
func (c *connection) encrypt(s *Settings, latest time.Time, plain bool) *Problem {
	mode := c.pool.flavour.tls
	required := mode == TLSRequire || mode == TLSVerify
	switch {
	case c.host.Scheme == SMTPS || mode == TLSOff:
		return nil
	case required && !c.starttls:
		return c.tlsProblem(errNoSTARTTLS)
	case !required && (plain || !c.starttls || c.pool.knowsNoTLS()):
		return nil
	}
	reply, problem := c.command(nil, StageSTARTTLS, latest, "STARTTLS", "")
	switch {
	case problem != nil:
		return problem
	case reply.Code != 220 && required:
		return &Problem{Kind: TLS, Stage: StageSTARTTLS, Host: c.host, Reply: reply}
	case reply.Code != 220:
		return nil // RFC 3207 section 4.1: the session goes on as it is
	case c.r.Buffered() > 0:
		// What came before the handshake would pass for something said within it (RFC 3207 section 6).
		return c.lost(StageSTARTTLS, &smtpwire.ReplyError{Reason: "the destination said more after its reply to STARTTLS"})
	}
	if problem := c.handshake(latest); problem != nil {
		return problem
	}
	return c.refusedWithin(c.hello(s, latest))
}

// refusedWithin makes a TLS problem of one that came with the first reply within TLS: in TLS 1.3 a server says only then
// that it wants a certificate, or another one.
func (c *connection) refusedWithin(problem *Problem) *Problem {
	var alert *net.OpError
	if problem != nil && problem.Kind == Closed && errors.As(problem.Err, &alert) && alert.Op == "remote error" {
		return c.tlsProblem(problem.Err)
	}
	return problem
}

// handshake turns encryption on. Nothing that was read before survives it.
func (c *connection) handshake(latest time.Time) *Problem {
	deadline := time.Now().Add(c.timeout)
	if !latest.IsZero() && latest.Before(deadline) {
		deadline = latest
	}
	c.conn.SetDeadline(deadline)
	conn := tls.Client(c.conn, c.pool.tlsConfig(c.host.Name))
	if err := conn.HandshakeContext(context.Background()); err != nil {
		c.broken = true
		return c.tlsProblem(err)
	}
	c.conn.SetDeadline(time.Time{})
	c.conn, c.r = conn, smtpwire.NewReader(conn)
	state := conn.ConnectionState()
	c.note("TLS: " + tls.VersionName(state.Version) + ", " + tls.CipherSuiteName(state.CipherSuite))
	return nil
}

func (c *connection) tlsProblem(err error) *Problem {
	return &Problem{Kind: TLS, Stage: StageSTARTTLS, Host: c.host, Err: err}
}

var errNoSTARTTLS = errors.New("it does not offer STARTTLS, and tls wants encryption")

// tlsConfig says what is asked of a server's encryption. Where it is not required any is better than none, old
// Exchange's too; no certificate is looked at unless it is to be verified.
func (p *pool) tlsConfig(name string) *tls.Config {
	c := &tls.Config{ServerName: name, InsecureSkipVerify: p.flavour.tls != TLSVerify, RootCAs: p.h.pools.roots}
	if p.flavour.tls == TLSOpportunistic || p.flavour.tls == TLSOff {
		c.MinVersion = tls.VersionTLS10
		c.CipherSuites = everySuite()
	}
	if cert := p.flavour.cert; cert != nil {
		c.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return cert, nil }
	}
	return c
}

// everySuite returns every cipher suite up to TLS 1.2 that there is, those first that are no longer recommended
// last; later versions have no choice.
func everySuite() []uint16 {
	var ids []uint16
	for _, s := range tls.CipherSuites() {
		ids = append(ids, s.ID)
	}
	for _, s := range tls.InsecureCipherSuites() {
		ids = append(ids, s.ID)
	}
	return ids
}

// knowsNoTLS reports whether the host's handshake has failed not long ago.
func (p *pool) knowsNoTLS() bool {
	p.h.mu.Lock()
	defer p.h.mu.Unlock()
	_, ok := p.h.knows(NoTLS, time.Now())
	return ok
}
