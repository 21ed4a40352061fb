package gateway_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"callout/internal/front/gateway"
	"callout/internal/lab"
)

// offering has the next hop offer XCLIENT.
func offering(r *lab.Receiver) {
	r.Extensions = []string{"PIPELINING", "8BITMIME", "CHUNKING", "XCLIENT NAME ADDR PORT PROTO HELO"}
}

func tellsClient(s *gateway.Settings) { byProxy(s); s.XCLIENT = true }

// behindProxy returns the connection of a client that a proxy hands in.
func (h *house) behindProxy(t *testing.T, address string, port int) *client {
	t.Helper()
	c := h.connect(t)
	family := "TCP4"
	if strings.Contains(address, ":") {
		family = "TCP6"
	}
	c.send(fmt.Sprintf("PROXY %s %s %s %d 25\r\n", family, address, address, port))
	c.expect("220")
	return c
}

// introductions returns what a hop heard of clients, and which session each message came in.
func introductions(r *lab.Receiver) (heard []string) {
	for _, line := range r.Transcript() {
		if _, command, _ := strings.Cut(line, ": "); strings.HasPrefix(command, "XCLIENT") {
			heard = append(heard, line)
		}
	}
	return heard
}

// A next hop that offers XCLIENT hears who the client really is, and hears it again when the next transaction in the
// same session is another client's.
func TestXCLIENT(t *testing.T) {
	h := build(t, plan{settings: tellsClient, hop: offering})
	a := h.behindProxy(t, "192.0.2.7", 1007)
	a.ask("EHLO a.example", "250")
	a.message("1")
	a.message("2") // the hop knows who it is
	b := h.behindProxy(t, "2001:db8::8", 1008)
	b.ask("HELO b.example", "250")
	b.message("3")
	a.message("4")
	want := []string{
		"1: XCLIENT NAME=[UNAVAILABLE] ADDR=192.0.2.7 PORT=1007 PROTO=ESMTP HELO=a.example",
		"1: XCLIENT NAME=[UNAVAILABLE] ADDR=IPV6:2001:db8::8 PORT=1008 PROTO=SMTP HELO=b.example",
		"1: XCLIENT NAME=[UNAVAILABLE] ADDR=192.0.2.7 PORT=1007 PROTO=ESMTP HELO=a.example",
	}
	heard := introductions(h.hop)
	for i, line := range heard { // the sessions of callouts have numbers too
		_, command, _ := strings.Cut(line, ": ")
		heard[i] = "1: " + command
	}
	if !slices.Equal(heard, want) {
		t.Errorf("heard\n%s", strings.Join(heard, "\n"))
	}
	got := h.hop.Received()
	if len(got) != 4 {
		t.Fatalf("%d messages", len(got))
	}
	for i, m := range got {
		if m.Session != got[0].Session {
			t.Errorf("message %d came in session %d, the first in %d", i+1, m.Session, got[0].Session)
		}
	}
}

// A client without a proxy is introduced by its own address.
func TestXCLIENTOfADirectClient(t *testing.T) {
	h := build(t, plan{settings: func(s *gateway.Settings) { s.XCLIENT = true }, hop: offering})
	c := h.dial(t)
	c.deliver("x")
	if heard := introductions(h.hop); len(heard) != 1 || !strings.Contains(heard[0], " ADDR=127.0.0.1 ") || !strings.Contains(heard[0], "HELO=client.example") {
		t.Errorf("heard %q", heard)
	}
}

// What a client calls itself can't add to what is said of it.
func TestXCLIENTIsEncoded(t *testing.T) {
	h := build(t, plan{settings: tellsClient, hop: offering})
	c := h.behindProxy(t, "192.0.2.7", 1007)
	c.ask("EHLO x ADDR=203.0.113.1 LOGIN=root", "250")
	c.message("x")
	if heard := introductions(h.hop); len(heard) != 1 || !strings.HasSuffix(heard[0], " HELO=x+20ADDR+3D203.0.113.1+20LOGIN+3Droot") {
		t.Errorf("heard %q", heard)
	}
}

func TestNoXCLIENT(t *testing.T) {
	for name, p := range map[string]plan{
		"not wanted":  {settings: byProxy, hop: offering},
		"not offered": {settings: tellsClient},
	} {
		t.Run(name, func(t *testing.T) {
			h := build(t, p)
			c := h.behindProxy(t, "192.0.2.7", 1007)
			c.ask("EHLO a.example", "250")
			c.message("x")
			if heard := introductions(h.hop); len(heard) != 0 {
				t.Errorf("heard %q", heard)
			}
		})
	}
}
