package gateway_test

import (
	"net"
	"testing"
	"time"

	"callout/internal/domains"
	"callout/internal/front/gateway"
	"callout/internal/lab"
)

// A client that has gone away gives its place to others, though the next hop hangs over its recipient.
func TestClientThatHasGoneHoldsNoPlace(t *testing.T) {
	heard := make(chan struct{}, 1)
	h := build(t, plan{
		settings: func(s *gateway.Settings) { s.MaxConnections = 1 },
		domain:   func(d *domains.Domain) { d.Mode = domains.ModeOff },
		hop: func(r *lab.Receiver) {
			r.Fault = func(step lab.Step, _ int64) lab.Fault {
				if step != lab.AtRCPT {
					return lab.None
				}
				heard <- struct{}{}
				return lab.Hang
			}
		},
	})
	c := h.dial(t)
	c.say("EHLO client.example", "MAIL FROM:<>")
	c.expect("250", "250")
	c.say("RCPT TO:<john@example.com>")
	<-heard
	c.conn.(*net.TCPConn).SetLinger(0)
	c.conn.Close()
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		next := h.connect(t)
		reply, err := next.r.ReadReply()
		next.conn.Close()
		if err == nil && reply.Code == 220 {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s, %v", reply, err)
		}
	}
}
