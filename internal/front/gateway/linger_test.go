package gateway_test

import (
	"net"
	"strings"
	"testing"
	"time"

	"callout/internal/front/gateway"
)

// A client whose session is ended while much of what it sent is unread still reads the last replies.
func TestLastRepliesAreReadThoughMuchIsUnread(t *testing.T) {
	h := build(t, plan{settings: func(s *gateway.Settings) { s.MaxErrors = 2 }})
	c := h.dial(t)
	c.say("XYZZY", "XYZZY", strings.Repeat("NOOP\r\n", 20_000))
	c.expect("500", "500", "421 4.7.0")
	c.closed()
}

// Sessions that have ended do not pile up behind the limit on connections: who stays when it was told to go is left.
func TestEndedSessionsDoNotPileUp(t *testing.T) {
	h := build(t, plan{quiet: true, settings: func(s *gateway.Settings) { s.MaxConnections, s.MaxConnectionsPerClient = 20, 2 }})
	first, second := h.dial(t), h.dial(t)
	var stay []net.Conn
	for range 300 { // over the limit, and with something to say
		conn, err := net.Dial("tcp", h.address)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		conn.Write([]byte("EHLO x\r\n"))
		stay = append(stay, conn)
	}
	closed := 0
	for _, conn := range stay {
		conn.SetReadDeadline(time.Now().Add(10 * time.Second))
		for b := make([]byte, 100); ; {
			if _, err := conn.Read(b); err != nil {
				if e, ok := err.(net.Error); !ok || !e.Timeout() {
					closed++
				}
				break
			}
		}
	}
	if closed != len(stay) {
		t.Errorf("%d of %d were closed", closed, len(stay))
	}
	for _, c := range []*client{first, second} {
		c.say("NOOP")
		c.expect("250")
	}
}
