package callout

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"time"

	"callout/internal/smtpwire"
)

// connect opens the connection.
func (s *session) connect(q *query, latest time.Time) *Problem {
	h := s.pool.h
	ctx, cancel := context.WithTimeout(h.pools.ctx, q.Settings.ConnectTimeout)
	defer cancel()
	if !latest.IsZero() {
		ctx, cancel = context.WithDeadline(ctx, latest)
		defer cancel()
	}
	s.note("connecting to " + s.where())
	conn, err := h.pools.dial(ctx, s.pool.flavour.source, h.address)
	if err != nil {
		err = plain(err)
		if from := s.pool.flavour.source; from.IsValid() {
			err = fmt.Errorf("from %s: %w", from, err)
		}
		return &Problem{Kind: NoConnection, Stage: StageConnect, Host: s.host, Err: err}
	}
	s.conn, s.r = conn, smtpwire.NewReader(conn)
	s.stop = context.AfterFunc(h.pools.ctx, func() { conn.Close() })
	return nil
}

// where names the host, with its address where that is another.
func (s *session) where() string {
	name := s.host.Address()
	if name == s.pool.h.address {
		return name
	}
	return name + " [" + s.pool.h.address + "]"
}

// plain leaves out of a dial error what its Problem says already.
func plain(err error) error {
	var op *net.OpError
	if errors.As(err, &op) {
		err = op.Err
	}
	var call *os.SyscallError
	if errors.As(err, &call) {
		err = call.Err
	}
	return err
}

// greet reads the greeting, says EHLO and turns encryption on where that is to be (RFC 5321 sections 3.1 and 3.2).
func (s *session) greet(q *query, latest time.Time, plain bool) *Problem {
	if s.host.Scheme == SMTPS {
		if problem := s.handshake(q, latest); problem != nil {
			return problem
		}
	}
	greeting, problem := s.read(nil, StageGreeting, latest)
	if s.host.Scheme == SMTPS {
		problem = s.refusedWithin(problem)
	}
	if problem == nil && greeting.Code != 220 {
		problem = s.unexpected(StageGreeting, greeting)
	}
	if problem != nil {
		return problem
	}
	if isOurs(greeting, q.Settings.Hostname) {
		return &Problem{Kind: Loop, Stage: StageGreeting, Host: s.host, Reply: greeting}
	}
	if strings.Contains(greeting.Text(), "Postfix") {
		s.rejectMax = maxRejectionsPostfix
	}
	if problem := s.hello(q, latest); problem != nil {
		return problem
	}
	return s.encrypt(q, latest, plain)
}

// isOurs reports whether a greeting is one of our own: it names the server first (RFC 5321 section 4.2). A machine
// without a name of its own is localhost, and so are others.
func isOurs(greeting smtpwire.Reply, hostname string) bool {
	name, _, _ := strings.Cut(strings.TrimSpace(greeting.Text()), " ")
	return strings.EqualFold(name, hostname) && !strings.EqualFold(name, "localhost")
}

// hello says EHLO, or HELO where that is refused (RFC 5321 section 4.1.1.1), or LHLO (RFC 2033 section 4.1).
func (s *session) hello(q *query, latest time.Time) *Problem {
	s.pipelining, s.smtputf8, s.starttls, s.ehlo = false, false, false, false
	verb := "EHLO "
	if s.host.Scheme == LMTP {
		verb = "LHLO "
	}
	hello, problem := s.command(nil, StageEHLO, latest, verb, q.Settings.Hostname)
	if problem != nil {
		return problem
	}
	if hello.Code == 250 {
		s.ehlo = true
		s.learn(hello)
		return nil
	}
	if hello.Class() == 5 && s.host.Scheme != LMTP {
		hello, problem = s.command(nil, StageEHLO, latest, "HELO ", q.Settings.Hostname)
		if problem != nil || hello.Code == 250 {
			return problem
		}
	}
	return s.unexpected(StageEHLO, hello)
}

// learn reads the extensions of an EHLO reply.
func (s *session) learn(hello smtpwire.Reply) {
	for _, line := range hello.Lines[1:] {
		keyword, _, _ := strings.Cut(line, " ")
		switch strings.ToUpper(keyword) {
		case "PIPELINING":
			s.pipelining = true
		case "SMTPUTF8":
			s.smtputf8 = true
		case "STARTTLS":
			s.starttls = true
		}
	}
}
