package test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"callout/internal/lab"
)

// step is one step of a transaction as the client sees it.
type step struct {
	name   string // what has just happened when it is over: "DATA"
	octets string // what the client writes
	reply  string // what the reply to it begins with; "" where none is awaited
	await  lab.Step
}

// noStep says that there is no need to wait for the next hop.
const noStep = lab.AtConnect

// transaction is the steps of a message, from the first to the reply to its end.
func transaction(recipient, message string, chunks bool) []step {
	steps := []step{
		{name: "connected", reply: "220"},
		{name: "EHLO", octets: "EHLO client.test\r\n", reply: "250"},
		{name: "MAIL", octets: "MAIL FROM:<" + mailSender + ">\r\n", reply: "250"},
		{name: "RCPT", octets: "RCPT TO:<" + recipient + ">\r\n", reply: "250"},
	}
	half := len(message) / 2
	if !chunks {
		data := strings.TrimSuffix(stuffed(message), ".\r\n")
		return append(steps,
			step{name: "DATA", octets: "DATA\r\n", reply: "354"},
			step{name: "within the message", octets: data[:half], await: lab.AtBody},
			step{name: "before the dot", octets: data[half:]},
			step{name: "between the dot and CRLF", octets: "."},
			step{name: "after the end", octets: "\r\n", await: lab.AtEnd},
			step{name: "replied", reply: "250"})
	}
	tenth := len(message) / 10
	return append(steps,
		step{name: "the first chunk", octets: fmt.Sprintf("BDAT %d\r\n%s", tenth, message[:tenth]), reply: "250"},
		step{name: "within a chunk", octets: fmt.Sprintf("BDAT %d\r\n%s", len(message)-tenth-1, message[tenth:half]), await: lab.AtBody},
		step{name: "before the last chunk", octets: message[half : len(message)-1], reply: "250"},
		step{name: "between LAST and CRLF", octets: "BDAT 1 LAST"},
		step{name: "before the last octet", octets: "\r\n"},
		step{name: "after the end", octets: message[len(message)-1:], await: lab.AtEnd},
		step{name: "replied", reply: "250"})
}

// take takes a step, which has to go well. h is the next hop, nil where there is none to wait for.
func (s step) take(t *testing.T, c *mailClient, h *heldReceiver) {
	t.Helper()
	c.write(s.octets)
	if s.reply != "" {
		if reply := c.reply(); !strings.HasPrefix(reply, s.reply) {
			t.Fatalf("%s: %q, want %s", s.name, reply, s.reply)
		}
	}
	if s.await != noStep && h != nil {
		h.awaitStep(t, s.await)
	}
}

// heldReceiver is a next hop that holds the reply to a message until it is released.
type heldReceiver struct {
	*lab.Receiver
	sessions  *sessionCount
	body, end chan struct{} // get something when octets of a message, and its end, have come
	release   chan lab.Fault
}

// newHeldReceiver returns a next hop of which the first message is held; startReceiver starts it.
func newHeldReceiver() *heldReceiver {
	h := &heldReceiver{body: make(chan struct{}, 1), end: make(chan struct{}, 1), release: make(chan lab.Fault, 1)}
	h.Receiver = &lab.Receiver{Hostname: "held.test", Fault: func(at lab.Step, n int64) lab.Fault {
		switch {
		case at == lab.AtBody && n > 0:
			select {
			case h.body <- struct{}{}:
			default:
			}
		case at == lab.AtEnd && n == 1:
			h.end <- struct{}{}
			return <-h.release
		}
		return lab.None
	}}
	return h
}

func (h *heldReceiver) awaitStep(t *testing.T, at lab.Step) {
	t.Helper()
	seen := h.body
	if at == lab.AtEnd {
		seen = h.end
	}
	select {
	case <-seen:
	case <-time.After(patience):
		t.Fatalf("the next hop has not seen what the client sent")
	}
}

// patience is how long a test waits for what has to come about.
const patience = 30 * time.Second
