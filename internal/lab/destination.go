package lab

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"callout/internal/address"
	"callout/internal/smtpwire"
)

// maxConnections bounds what a Destination serves at a time.
const maxConnections = 500

// Domain is how a Destination treats the recipients of one domain.
type Domain struct {
	Mailboxes []string // local-parts without quotes, ASCII case ignored
	CatchAll  bool     // accepts every recipient
	Delay     time.Duration
}

// Destination is a mail server that answers RCPT, and takes no mail unless it is told to. Set its fields before
// Serve.
type Destination struct {
	Hostname     string
	Domains      map[string]Domain
	NoPipelining bool
	TakesMail    bool // DATA is answered and what comes thrown away; a message of more than 10 MiB is refused

	Connections atomic.Int64 // so far
	Recipients  atomic.Int64 // RCPT commands so far
	Messages    atomic.Int64 // taken so far

	once  sync.Once
	boxes directory
	mu    sync.Mutex
	done  bool
	conns map[net.Conn]struct{}
	ln    []net.Listener
	wait  sync.WaitGroup
}

// prepare makes the mailboxes quick to look up.
func (d *Destination) prepare() {
	d.boxes = newDirectory(d.Domains)
	d.conns = make(map[net.Conn]struct{})
}

// Serve answers the connections of a listener until Close, and then returns nil.
func (d *Destination) Serve(ln net.Listener) error {
	d.once.Do(d.prepare)
	d.mu.Lock()
	d.ln = append(d.ln, ln)
	d.mu.Unlock()
	for {
		conn, err := ln.Accept()
		if err != nil {
			d.mu.Lock()
			defer d.mu.Unlock()
			if d.done {
				return nil
			}
			return err
		}
		d.start(conn)
	}
}

func (d *Destination) start(conn net.Conn) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.done || len(d.conns) >= maxConnections {
		conn.Close()
		return
	}
	d.Connections.Add(1)
	d.conns[conn] = struct{}{}
	d.wait.Go(func() {
		d.serve(conn)
		conn.Close()
		d.mu.Lock()
		delete(d.conns, conn)
		d.mu.Unlock()
	})
}

// Close ends the listeners and the connections and waits for them.
func (d *Destination) Close() {
	d.mu.Lock()
	d.done = true
	for _, ln := range d.ln {
		ln.Close()
	}
	for conn := range d.conns {
		conn.Close()
	}
	d.mu.Unlock()
	d.wait.Wait()
}

// serve holds one session. Replies are written when nothing more has come, so that a flight costs one write.
func (d *Destination) serve(conn net.Conn) {
	in := bufio.NewReaderSize(conn, destinationPiece)
	r := smtpwire.NewReader(in)
	s := &lab{d: d, r: r, out: fmt.Appendf(nil, "220 %s ESMTP ready\r\n", d.Hostname)}
	for {
		if r.Buffered() == 0 || s.quit {
			conn.SetDeadline(time.Now().Add(5 * time.Minute))
			if _, err := conn.Write(s.out); err != nil || s.quit {
				return
			}
			s.out = s.out[:0]
		}
		if s.data {
			if s.message(conn, in) != nil {
				return
			}
			continue
		}
		line, err := r.ReadLine()
		if err != nil {
			return
		}
		s.command(conn, string(line))
	}
}

// lab is the state of one session.
type lab struct {
	d    *Destination
	r    *smtpwire.Reader
	out  []byte
	mail bool // MAIL was taken
	rcpt bool // and RCPT
	data bool // and DATA: the message comes
	quit bool
}

func (s *lab) say(format string, args ...any) { s.out = fmt.Appendf(s.out, format+"\r\n", args...) }

// command answers one command line.
func (s *lab) command(w io.Writer, line string) {
	verb, rest, _ := strings.Cut(line, " ")
	switch strings.ToUpper(verb) {
	case "EHLO":
		s.say("250-%s", s.d.Hostname)
		if !s.d.NoPipelining {
			s.say("250-PIPELINING")
		}
		s.say("250 ENHANCEDSTATUSCODES")
	case "HELO":
		s.say("250 %s", s.d.Hostname)
	case "MAIL":
		s.mail, s.rcpt = true, false
		s.say("250 2.1.0 Ok")
	case "RCPT":
		s.recipient(w, rest)
	case "RSET":
		s.mail, s.rcpt = false, false
		s.say("250 2.0.0 Ok")
	case "NOOP":
		s.say("250 2.0.0 Ok")
	case "QUIT":
		s.quit = true
		s.say("221 2.0.0 Bye")
	case "DATA":
		s.begin()
	default:
		s.say("502 5.5.2 Command not recognised")
	}
}

// recipient answers RCPT.
func (s *lab) recipient(w io.Writer, path string) {
	s.d.Recipients.Add(1)
	_, path, _ = strings.Cut(path, "<")
	path, _, _ = strings.Cut(path, ">")
	r, err := address.Parse(path)
	domain, served := s.d.Domains[r.Domain()]
	if served && domain.Delay > 0 {
		w.Write(s.out) // what was asked before need not wait as well
		s.out = s.out[:0]
		time.Sleep(domain.Delay)
	}
	switch {
	case !s.mail:
		s.say("503 5.5.1 MAIL first")
	case err != nil:
		s.say("501 5.1.3 Bad recipient address syntax")
	case !served:
		s.say("550 5.7.1 <%s>: Relaying denied", r)
	case domain.CatchAll || s.d.boxes.has(r):
		s.rcpt = true
		s.say("250 2.1.5 Ok")
	default:
		s.say("550 5.1.1 <%s>: Recipient address rejected: User unknown", r)
	}
}
