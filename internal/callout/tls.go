package callout

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"time"

	"callout/internal/smtpwire"
)

// fallsBack reports whether a session whose handshake failed is to be followed by one without TLS.
func (p *pool) fallsBack() bool {
	return p.flavour.tls == TLSOpportunistic && p.flavour.scheme != SMTPS
}

// encrypt says STARTTLS where the session is to be encrypted (RFC 3207), and EHLO again. plain leaves it as it is.
func (s *session) encrypt(q *query, latest time.Time, plain bool) *Problem {
	mode := s.pool.flavour.tls
	required := mode == TLSRequire || mode == TLSVerify
	switch {
	case s.host.Scheme == SMTPS || mode == TLSOff:
		return nil
	case required && !s.starttls:
		return s.tlsProblem(errNoSTARTTLS)
	case !required && (plain || !s.starttls || s.pool.knowsNoTLS()):
		return nil
	}
	reply, problem := s.command(nil, StageSTARTTLS, latest, "STARTTLS", "")
	switch {
	case problem != nil:
		return problem
	case reply.Code != 220 && required:
		return &Problem{Kind: TLS, Stage: StageSTARTTLS, Host: s.host, Reply: reply}
	case reply.Code != 220:
		return nil // RFC 3207 section 4.1: the session goes on as it is
	case s.r.Buffered() > 0:
		// What came before the handshake would pass for something said within it (RFC 3207 section 6).
		return s.lost(StageSTARTTLS, &smtpwire.ReplyError{Reason: "the destination said more after its reply to STARTTLS"})
	}
	if problem := s.handshake(q, latest); problem != nil {
		return problem
	}
	return s.refusedWithin(s.hello(q, latest))
}

// refusedWithin makes a TLS problem of one that came with the first reply within TLS: in TLS 1.3 a server says only then
// that it wants a certificate, or another one.
func (s *session) refusedWithin(problem *Problem) *Problem {
	var alert *net.OpError
	if problem != nil && problem.Kind == Closed && errors.As(problem.Err, &alert) && alert.Op == "remote error" {
		return s.tlsProblem(problem.Err)
	}
	return problem
}

// handshake turns encryption on. Nothing that was read before survives it.
func (s *session) handshake(q *query, latest time.Time) *Problem {
	deadline := time.Now().Add(s.timeout)
	if !latest.IsZero() && latest.Before(deadline) {
		deadline = latest
	}
	s.conn.SetDeadline(deadline)
	conn := tls.Client(s.conn, s.pool.tlsConfig(s.host.Name))
	if err := conn.HandshakeContext(context.Background()); err != nil {
		s.broken = true
		return s.tlsProblem(err)
	}
	s.conn.SetDeadline(time.Time{})
	s.conn, s.r = conn, smtpwire.NewReader(conn)
	state := conn.ConnectionState()
	s.note("TLS: " + tls.VersionName(state.Version) + ", " + tls.CipherSuiteName(state.CipherSuite))
	return nil
}

func (s *session) tlsProblem(err error) *Problem {
	return &Problem{Kind: TLS, Stage: StageSTARTTLS, Host: s.host, Err: err}
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
