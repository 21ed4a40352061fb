package gateway

import (
	"crypto/tls"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"runtime"
	"sync"
	"time"

	"callout/internal/smtpwire"
)

const (
	readBuffer    = 16 << 10        // a flight of some hundred RCPTs
	kernelBuffer  = 256 << 10       // of what a client has sent and nobody has read: else the kernel lets it grow to megabytes
	writeTimeout  = 2 * time.Minute // for a client to take a reply
	partTimeout   = 5 * time.Second // for the last ones, when the session has no place any more
	lingerTimeout = 500 * time.Millisecond
	mostLingering = 1 << 20 // octets
	// renewEvery is how late a deadline may be: to move it on for each command would cost as much as a RCPT.
	renewEvery = time.Second
	// mostReplies is how many octets of replies are held back while commands are still to be answered.
	mostReplies = 8 << 10
	// mostSkipped is how many octets of a line that is too long are skipped for its end.
	mostSkipped = 64 << 10
)

// session is one connection of a client. It belongs to the goroutine that runs serve, but for what mu guards.
type session struct {
	*Server
	conn   net.Conn
	r      *smtpwire.Reader
	out    []byte // replies to be written
	ended  bool   // nothing more is read
	deaf   error  // of a write: the client takes no more replies
	gone   bool   // it has given its place to others
	counts bool   // it is one of its client's connections
	as     netip.Prefix

	client netip.AddrPort // who is at the other end, or behind the proxy that is
	name   string         // its address for logs
	helo   string         // "" before EHLO or HELO
	esmtp  bool           // EHLO was said
	tls    *tls.ConnectionState

	errors  int       // 5xx replies since a message was passed on
	begun   time.Time // the session, or when a message was last passed on
	renewed time.Time // when the deadline of reading was last moved on
	written time.Time // and that of writing
	tx      *transaction
	group   []pending // of recipients; its room is used again and again
	told    int       // of them have had their replies

	mu      sync.Mutex
	reading bool // a message: Shutdown lets it finish
}

func newSession(s *Server, conn net.Conn) *session {
	if tcp, ok := conn.(*net.TCPConn); ok {
		tcp.SetReadBuffer(kernelBuffer) // where it fails the kernel's own bound holds
	}
	return &session{Server: s, conn: conn, r: smtpwire.NewReaderSize(conn, readBuffer), begun: time.Now()}
}

// serve answers a client until one side has had enough.
func (c *session) serve() {
	defer func() { c.conn.Close() }() // as it is then: TLS and PROXY wrap it
	defer c.part()
	if !c.welcome() {
		return
	}
	for !c.ended {
		line, err := c.next()
		if errors.Is(err, smtpwire.ErrLineTooLong) {
			if err = c.skip(); err == nil {
				continue
			}
		}
		if err != nil {
			c.lost(err)
			break
		}
		if c.closing.Load() && !c.halfway() {
			c.farewell("4.3.2", "shutting down, try again later")
			break
		}
		c.command(line)
	}
}

// part gives the last replies. The session's place is free before that: a client may come again as soon as it has read
// them.
func (c *session) part() {
	c.leave()
	c.written = time.Now()
	c.conn.SetWriteDeadline(c.written.Add(partTimeout))
	err := c.flush()
	c.drop()
	if err == nil && c.ended {
		c.linger()
	}
}

// linger takes what the client sends until it has closed too, for a moment: a connection that is closed while something
// is unread is reset, and the client might lose the replies (RFC 1122 section 4.2.2.13).
func (c *session) linger() {
	tcp, ok := c.conn.(*net.TCPConn)
	if unread, _ := smtpwire.Pending(c.conn); !ok || !unread || c.closing.Load() || !c.mayLinger(1) {
		return
	}
	defer c.mayLinger(-1)
	tcp.CloseWrite()
	tcp.SetReadDeadline(time.Now().Add(lingerTimeout))
	io.Copy(io.Discard, io.LimitReader(tcp, mostLingering))
}

// mayLinger counts a session that lingers, or one less. It reports whether it may: it has no place any more, so that
// these have a bound of their own, and whoever has too many connections does not.
func (c *session) mayLinger(n int) bool {
	c.Server.mu.Lock()
	defer c.Server.mu.Unlock()
	if n > 0 && (!c.counts || c.lingering >= c.MaxConnections) {
		return false
	}
	c.lingering += n
	return true
}

// leave gives the session's place to others.
func (c *session) leave() {
	c.Server.mu.Lock()
	defer c.Server.mu.Unlock()
	if c.gone {
		return
	}
	c.gone = true
	c.places--
	if c.counts {
		c.clients.leave(c.as)
	}
}

// next returns the next command line. Replies are written when nothing whole is left to be answered, so that a flight
// costs one write.
func (c *session) next() ([]byte, error) {
	if len(c.out) > mostReplies || len(c.out) > 0 && !c.ready() {
		if err := c.flush(); err != nil {
			return nil, err
		}
		// Others first: by then this client may have said the next thing, and reading it takes no waiting.
		runtime.Gosched()
	}
	c.await(c.CommandTimeout)
	if c.closing.Load() && !c.ready() && !c.halfway() {
		return nil, os.ErrDeadlineExceeded // Shutdown's interrupt may have come before the deadline was set anew
	}
	return c.r.ReadLine()
}

// halfway reports whether some chunks of a message have come and others have not.
func (c *session) halfway() bool { return c.tx != nil && c.tx.message != nil }

// ready reports whether a whole command has come already.
func (c *session) ready() bool {
	_, ok := c.r.PeekLine()
	return ok
}

// await gives the client its time to say the next thing.
func (c *session) await(timeout time.Duration) {
	now := time.Now()
	if now.Sub(c.renewed) < renewEvery {
		return
	}
	c.renewed = now
	by := now.Add(timeout)
	if c.halfway() {
		by = c.tx.message.mustEnd(by)
	} else if last := c.begun.Add(c.SessionTimeout); last.Before(by) {
		by = last
	}
	c.conn.SetReadDeadline(by.Add(renewEvery))
}

// skip answers a command line that is too long (RFC 5321 section 4.5.3.1.4). One that does not end is not waited for.
func (c *session) skip() error {
	err := c.r.SkipLine(mostSkipped)
	switch {
	case err == nil:
		c.reply(500, "5.5.2", "line too long")
	case errors.Is(err, smtpwire.ErrLineTooLong):
		c.reply(500, "5.5.2", "line too long")
		if !c.ended {
			c.farewell("4.7.0", "closing")
		}
		return nil
	}
	return err
}

// flush writes the replies.
func (c *session) flush() error {
	if len(c.out) == 0 {
		return nil
	}
	if c.deaf != nil {
		return c.deaf
	}
	if now := time.Now(); now.Sub(c.written) >= renewEvery {
		c.written = now
		c.conn.SetWriteDeadline(now.Add(writeTimeout + renewEvery))
	}
	if _, c.deaf = c.conn.Write(c.out); c.deaf != nil {
		c.ended = true
	}
	c.out = c.out[:0]
	return c.deaf
}

// lost ends a session whose client can't be read any more.
func (c *session) lost(err error) {
	switch {
	case errors.Is(err, os.ErrDeadlineExceeded) && c.closing.Load():
		c.farewell("4.3.2", "shutting down, try again later")
	case errors.Is(err, os.ErrDeadlineExceeded):
		c.farewell("4.4.2", "timeout")
	case errors.Is(err, io.EOF):
	default:
		c.log.Debug("gateway: connection ended", "client", c.name, "err", err)
	}
	c.ended = true
}

// farewell says 421 and ends the session (RFC 5321 section 3.8).
func (c *session) farewell(enhanced, text string) {
	c.reply(421, enhanced, c.Hostname+" "+text)
	c.ended = true
}

// interrupt wakes a session that waits for a command, so that it sees that the server is closing.
func (c *session) interrupt() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.reading {
		c.conn.SetReadDeadline(time.Unix(1, 0))
	}
}

// giveUp ends the reading of a message too.
func (c *session) giveUp() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.conn.SetReadDeadline(time.Unix(1, 0))
}

// cut closes the connection, whatever the session does with it.
func (c *session) cut() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.conn.Close()
}

// setReading says whether a message is being read, which Shutdown waits for. It reports whether one may be.
func (c *session) setReading(reading bool) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if reading && c.closing.Load() {
		return false
	}
	c.reading = reading
	c.renewed = time.Time{} // the deadlines of commands and of data are not the same
	return true
}

// drop lets go of the transaction, and of the delivery session that it has.
func (c *session) drop() {
	if c.tx == nil {
		return
	}
	if c.halfway() { // RSET or EHLO between chunks
		c.setReading(false)
	}
	c.tx.end()
	c.tx = nil
}

// debug logs what nobody needs to see every day.
func (c *session) debug(what string, args ...any) {
	if c.log.Enabled(c.ctx, slog.LevelDebug) {
		c.log.Debug("gateway: "+what, append([]any{"client", c.name}, args...)...)
	}
}
