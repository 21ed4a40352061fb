package lab

import (
	"crypto/tls"
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
)

// Bounds of a Receiver.
const (
	receiverConnections = 1000      // at a time; one more is closed without a word
	receiverOctets      = 512 << 20 // of messages and recipients, those on their way too; 452 beyond
	receiverTranscript  = 10_000    // command lines that are remembered
	receiverLine        = 16 << 10  // octets of a command line; the connection is closed beyond
	receiverRemembered  = 2000      // octets of a command line that the transcript keeps
	receiverXCLIENTs    = 100       // of a session; the connection is closed beyond
)

// Receiver is a mail server that takes mail and remembers it. Set its fields before Serve.
//
// It is strict: a command out of order, a parameter or a command of an extension that was not announced, and
// commands sent ahead where PIPELINING was not announced are refused.
type Receiver struct {
	Hostname string
	LMTP     bool // LHLO for EHLO, and a reply for each recipient behind the message (RFC 2033)

	// Extensions are the lines of EHLO's reply, as announced. STARTTLS is added where TLS is set. Nil stands for
	// PIPELINING, SIZE 104857600, 8BITMIME, SMTPUTF8, CHUNKING, BINARYMIME, DSN and ENHANCEDSTATUSCODES. SIZE is
	// kept to as well, and XCLIENT taken where it is among them.
	Extensions []string

	// Refuse gives a whole reply, such as "550 5.1.1 no", instead of the usual one; "" for the usual one. The
	// argument is what stands behind the verb, for the Steps that say nothing else. A 2xx, and a 354 to DATA,
	// changes the words alone; 421 closes the connection. At AtBody it is a reply that comes early: the message is
	// read to its end and has no other. At AtConnect it is not asked. Nil refuses nothing. It is called under a
	// lock, the one that Fault is called under.
	Refuse func(step Step, argument string) string

	// Fault says what goes wrong at a step, instead of the usual or Refuse's reply; None for nothing. n is how many
	// octets of the message have come so far at AtBody, else how many times this step has come, in all sessions,
	// 1 the first time. Nil: nothing goes wrong. It is called under a lock, the one that Refuse is called under.
	Fault func(step Step, n int64) Fault

	TLS *tls.Config // nil: no STARTTLS

	sessions   atomic.Int64
	octets     atomic.Int64 // held, of receiverOctets
	once       sync.Once
	closed     chan struct{}
	wait       sync.WaitGroup
	extensions map[string]string // parameters by upper-case keyword
	size       int64             // of a message at most; 0 for any

	mu         sync.Mutex
	done       bool
	listeners  []net.Listener
	conns      map[net.Conn]struct{}
	transcript []string

	asking sync.Mutex // held while Refuse and Fault are called
	times  [steps]int64

	taking   sync.Mutex // held while a final reply is written, so that whoever has read it finds the message here
	received []Received
}

// Received returns the messages that were taken so far, in the order of their final replies. The client that has
// read a final reply finds its message here.
func (r *Receiver) Received() []Received {
	r.taking.Lock()
	defer r.taking.Unlock()
	return slices.Clone(r.received)
}

// Transcript returns the first 10,000 command lines of all sessions as "N: LINE", N being the session. Message
// data is not among them, and of a long line only the first 2,000 octets are.
func (r *Receiver) Transcript() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.transcript)
}

// Sessions returns how many connections were served so far.
func (r *Receiver) Sessions() int { return int(r.sessions.Load()) }

// Serve answers the connections of a listener until Close, and then returns nil.
func (r *Receiver) Serve(ln net.Listener) error {
	r.once.Do(r.prepare)
	r.mu.Lock()
	r.listeners = append(r.listeners, ln)
	done := r.done
	r.mu.Unlock()
	if done {
		ln.Close()
	}
	for {
		conn, err := ln.Accept()
		if err != nil {
			r.mu.Lock()
			defer r.mu.Unlock()
			if r.done {
				return nil
			}
			return err
		}
		r.start(conn)
	}
}

// Close ends the listeners and the connections and waits for them.
func (r *Receiver) Close() {
	r.once.Do(r.prepare)
	r.mu.Lock()
	if !r.done {
		r.done = true
		close(r.closed)
	}
	for _, ln := range r.listeners {
		ln.Close()
	}
	for conn := range r.conns {
		conn.Close()
	}
	r.mu.Unlock()
	r.wait.Wait()
}

// prepare makes what the zero Receiver lacks.
func (r *Receiver) prepare() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.closed = make(chan struct{})
	r.conns = make(map[net.Conn]struct{})
	if r.Extensions == nil {
		r.Extensions = []string{"PIPELINING", "SIZE 104857600", "8BITMIME", "SMTPUTF8", "CHUNKING", "BINARYMIME", "DSN", "ENHANCEDSTATUSCODES"}
	}
	r.extensions = make(map[string]string)
	for _, line := range r.Extensions {
		keyword, parameters, _ := strings.Cut(line, " ")
		r.extensions[strings.ToUpper(keyword)] = parameters
	}
	r.size, _ = strconv.ParseInt(r.extensions["SIZE"], 10, 64)
}

// note adds a command line to the transcript.
func (r *Receiver) note(session int, line string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.transcript) < receiverTranscript {
		r.transcript = append(r.transcript, fmt.Sprintf("%d: %.*s", session, receiverRemembered, line))
	}
}

// hold reports whether there is room for so many octets more, and counts them if so.
func (r *Receiver) hold(octets int) bool {
	if r.octets.Add(int64(octets)) > receiverOctets {
		r.octets.Add(-int64(octets))
		return false
	}
	return true
}

// start serves a connection.
func (r *Receiver) start(conn net.Conn) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.done || len(r.conns) >= receiverConnections {
		conn.Close()
		return
	}
	r.conns[conn] = struct{}{}
	n := int(r.sessions.Add(1))
	r.wait.Go(func() {
		newReception(r, n, conn).serve()
		conn.Close()
		r.mu.Lock()
		delete(r.conns, conn)
		r.mu.Unlock()
	})
}
