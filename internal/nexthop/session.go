package nexthop

import (
	"context"
	"crypto/tls"
	"log/slog"
	"net"
	"strings"
	"time"

	"callout/internal/callout"
	"callout/internal/smtpwire"
)

// How long the hop may take. RFC 5321 section 4.5.3.2 has five minutes for MAIL and RCPT, which is what the client waits for
// us: it must hear from us before. The caller's context bounds all of it.
const (
	commandTimeout = 2 * time.Minute  // MAIL, RCPT, RSET, XCLIENT
	dataTimeout    = 2 * time.Minute  // the reply to DATA
	blockTimeout   = 3 * time.Minute  // for a piece of the message to be taken, or a chunk to be answered
	finalTimeout   = 10 * time.Minute // the reply to the end of the message
	quitTimeout    = 5 * time.Second
)

// session is one connection to a next hop. It belongs to the goroutine of its delivery while it has one.
type session struct {
	hops  *Hops
	key   key
	link  *callout.Link
	takes features
	began time.Time
	timer *time.Timer // ends it when nobody needs it; guarded by hops.mu
	cut   func()      // link.Cut
	buf   []byte      // commands to be written

	reused     bool // it has had a delivery before this one
	dirty      bool // a transaction was left open: RSET goes before the next
	introduced Client
	rejections int  // replies that were not 2xx, since the last message that was taken
	resets     int  // likewise
	broken     bool // nothing can be said any more
}

func newSession(h *Hops, k key, link *callout.Link) *session {
	boundBuffer(link.Conn)
	return &session{hops: h, key: k, link: link, cut: link.Cut, takes: announced(link.Extensions, k.pipelining), began: time.Now()}
}

// kernelBuffer bounds what a hop has not taken yet: else the kernel lets it grow to megabytes for each session.
const kernelBuffer = 256 << 10

func boundBuffer(conn net.Conn) {
	if encrypted, ok := conn.(*tls.Conn); ok {
		conn = encrypted.NetConn()
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		tcp.SetWriteBuffer(kernelBuffer) // where it fails the kernel's own bound holds
	}
}

// hasSomething reports whether a connection has something to be read, its end included.
func hasSomething(conn net.Conn) bool {
	octets, end := smtpwire.Pending(conn)
	return octets || end
}

// watch has the end of ctx close the connection, until stop is called.
func (s *session) watch(ctx context.Context) (stop func() bool) {
	return context.AfterFunc(ctx, s.cut)
}

// say adds a command line to what is to be written.
func (s *session) say(line string) {
	s.buf = append(s.buf, line...)
	s.end()
}

// end ends a command line.
func (s *session) end() { s.buf = append(s.buf, '\r', '\n') }

// flush writes what was said. The replies have a timeout from now on. What has come before can't be one of them.
func (s *session) flush(stage callout.Stage, timeout time.Duration) *callout.Problem {
	if s.link.Reader.Buffered() > 0 {
		return s.lost(stage, errTooMuch)
	}
	if s.debugs() {
		for line := range strings.Lines(string(s.buf)) {
			s.tell('C', strings.TrimSuffix(line, "\r\n"))
		}
	}
	s.link.Conn.SetDeadline(time.Now().Add(timeout))
	_, err := s.link.Conn.Write(s.buf)
	s.buf = s.buf[:0]
	if err != nil {
		return s.lost(stage, err)
	}
	return nil
}

// read reads one reply within a timeout. After a 421 the hop closes, whatever was asked (RFC 5321 section 3.8).
func (s *session) read(stage callout.Stage, timeout time.Duration) (smtpwire.Reply, *callout.Problem) {
	if _, whole := s.link.Reader.PeekLine(); !whole {
		s.link.Conn.SetReadDeadline(time.Now().Add(timeout))
	}
	reply, err := s.link.Reader.ReadReply()
	if err != nil {
		return reply, s.lost(stage, err)
	}
	if s.debugs() {
		for _, line := range reply.Wire() {
			s.tell('S', line)
		}
	}
	if reply.Code == 421 {
		return reply, s.unexpected(stage, reply)
	}
	return reply, nil
}

// command says one command and reads its reply.
func (s *session) command(stage callout.Stage, timeout time.Duration, line string) (smtpwire.Reply, *callout.Problem) {
	s.say(line)
	if problem := s.flush(stage, timeout); problem != nil {
		return smtpwire.Reply{}, problem
	}
	return s.read(stage, timeout)
}

var errTooMuch = &smtpwire.ReplyError{Reason: "the destination says more than it was asked"}

// Write writes octets of a message in pieces that each have a timeout of their own.
func (s *session) Write(p []byte) (written int, err error) {
	const piece = 64 << 10
	for len(p) > 0 {
		s.link.Conn.SetWriteDeadline(time.Now().Add(blockTimeout))
		n, err := s.link.Conn.Write(p[:min(len(p), piece)])
		written += n
		if err != nil {
			return written, err
		}
		p = p[n:]
	}
	return written, nil
}

// lost makes a Problem of a failed read or write; the session can't go on after it.
func (s *session) lost(stage callout.Stage, err error) *callout.Problem {
	s.broken = true
	return s.link.Lost(stage, err)
}

// unexpected makes a Problem of a reply with which the session can't go on.
func (s *session) unexpected(stage callout.Stage, reply smtpwire.Reply) *callout.Problem {
	s.broken = true
	return s.link.Unexpected(stage, reply)
}

// part says QUIT (RFC 5321 section 4.1.1.10) and closes the connection.
func (s *session) part() {
	s.command(callout.StageRcpt, quitTimeout, "QUIT")
	s.link.Conn.Close()
	s.ended("quit")
}

// drop closes the connection without a word.
func (s *session) drop() {
	s.broken = true
	s.link.Cut()
	s.ended("cut")
	s.hops.mu.Lock()
	defer s.hops.mu.Unlock()
	s.hops.forget(s)
}

func (s *session) ended(how string) {
	if s.debugs() {
		s.hops.log.Debug("delivery session ended", "destination", s.link.Host.String(), "address", s.link.Address, "how", how)
	}
}

// debugs reports whether the dialogue is logged.
func (s *session) debugs() bool {
	return s.hops.log.Enabled(context.Background(), slog.LevelDebug)
}

// tell logs a line of the dialogue.
func (s *session) tell(who byte, line string) {
	s.hops.log.Debug("delivery dialogue", "destination", s.link.Host.String(), "address", s.link.Address, "who", string(rune(who)), "line", line)
}
