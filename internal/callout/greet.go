package callout

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"os"
	"strings"
	"time"

	"callout/internal/smtpwire"
)

// connect opens the connection. The end of ctx closes it.
func (c *connection) connect(ctx context.Context, s *Settings, latest time.Time) *Problem {
	h, life := c.pool.h, ctx
	ctx, cancel := context.WithTimeout(ctx, s.ConnectTimeout)
	defer cancel()
	if !latest.IsZero() {
		ctx, cancel = context.WithDeadline(ctx, latest)
		defer cancel()
	}
	c.note("connecting to " + c.where())
	conn, err := h.pools.dial(ctx, c.pool.flavour.source, h.address)
	if err != nil {
		err = plain(err)
		if from := c.pool.flavour.source; from.IsValid() {
			err = &sourceError{from, err}
		}
		return &Problem{Kind: NoConnection, Stage: StageConnect, Host: c.host, Err: err}
	}
	c.conn, c.r = conn, smtpwire.NewReader(conn)
	c.stop = context.AfterFunc(life, func() { conn.Close() })
	return nil
}

// sourceError says which local address a connection was to come from.
type sourceError struct {
	source netip.Addr
	err    error
}

func (e *sourceError) Error() string { return "from " + e.source.String() + ": " + e.err.Error() }

func (e *sourceError) Unwrap() error { return e.err }

// where names the host, with its address where that is another.
func (c *connection) where() string { return c.pool.h.where(c.host) }

// where is the same for who calls the host by a name.
func (h *host) where(name Host) string {
	if name.Address() == h.address {
		return h.address
	}
	return name.Address() + " [" + h.address + "]"
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
func (c *connection) greet(s *Settings, latest time.Time, plain bool) *Problem {
	if c.host.Scheme == SMTPS {
		if problem := c.handshake(latest); problem != nil {
			return problem
		}
	}
	greeting, problem := c.read(nil, StageGreeting, latest)
	if c.host.Scheme == SMTPS {
		problem = c.refusedWithin(problem)
	}
	if problem == nil && greeting.Code != 220 {
		problem = c.unexpected(StageGreeting, greeting)
	}
	if problem != nil {
		return problem
	}
	if isOurs(greeting, s.Hostname) {
		return &Problem{Kind: Loop, Stage: StageGreeting, Host: c.host, Reply: greeting}
	}
	c.greeting = greeting
	if problem := c.hello(s, latest); problem != nil {
		return problem
	}
	return c.encrypt(s, latest, plain)
}

// isOurs reports whether a greeting is one of our own: it names the server first (RFC 5321 section 4.2). A machine
// without a name of its own is localhost, and so are others.
func isOurs(greeting smtpwire.Reply, hostname string) bool {
	name, _, _ := strings.Cut(strings.TrimSpace(greeting.Text()), " ")
	return strings.EqualFold(name, hostname) && !strings.EqualFold(name, "localhost")
}

// hello says EHLO, or HELO where that is refused (RFC 5321 section 4.1.1.1), or LHLO (RFC 2033 section 4.1).
func (c *connection) hello(s *Settings, latest time.Time) *Problem {
	c.announced, c.pipelining, c.smtputf8, c.starttls, c.ehlo = smtpwire.Reply{}, false, false, false, false
	verb := "EHLO "
	if c.host.Scheme == LMTP {
		verb = "LHLO "
	}
	hello, problem := c.command(nil, StageEHLO, latest, verb, s.Hostname)
	if problem != nil {
		return problem
	}
	if hello.Code == 250 {
		c.ehlo, c.announced = true, hello
		c.learn(hello)
		return nil
	}
	if hello.Class() == 5 && c.host.Scheme != LMTP {
		hello, problem = c.command(nil, StageEHLO, latest, "HELO ", s.Hostname)
		if problem != nil || hello.Code == 250 {
			return problem
		}
	}
	return c.unexpected(StageEHLO, hello)
}

// learn reads the extensions of an EHLO reply.
func (c *connection) learn(hello smtpwire.Reply) {
	for _, line := range hello.Lines[1:] {
		keyword, _, _ := strings.Cut(line, " ")
		switch strings.ToUpper(keyword) {
		case "PIPELINING":
			c.pipelining = true
		case "SMTPUTF8":
			c.smtputf8 = true
		case "STARTTLS":
			c.starttls = true
		}
	}
}
