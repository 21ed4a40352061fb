package test

import (
	"fmt"
	"net"
	"strings"
	"testing"

	"callout/internal/lab"
)

// killing is one message whose client, gateway or next hop is killed at a step, and which the client sends again.
type killing struct {
	victim    victim
	g         *gateway
	recipient string
	addr      string // of the next hop
	chunks    bool
	at        int // the last step that is taken whole
}

// victim is who is killed, and how.
type victim struct {
	name string
	kill func(*killing, *testing.T)
}

var victims = []victim{
	{"the client", func(k *killing, t *testing.T) { k.killClient(t, func(c *net.TCPConn) { c.SetLinger(0); c.Close() }) }},
	{"the client, in good order", func(k *killing, t *testing.T) { k.killClient(t, func(c *net.TCPConn) { c.Close() }) }},
	{"half the client", func(k *killing, t *testing.T) { k.killClient(t, func(c *net.TCPConn) { c.CloseWrite() }) }},
	{"the next hop", (*killing).killNextHop},
	{"the gateway", (*killing).killGateway},
}

// Whatever is killed, and at whatever step: what the client has handed in whole arrives whole, and of what it has not
// nothing does. It never gets a 250 for a message that was not taken, and it succeeds when it sends it again.
func TestMessagesAreNeitherLostNorHalvedWhateverIsKilled(t *testing.T) {
	t.Parallel()
	all, tables := everyKilling(t)
	g := newGateway(t, "", tables)
	g.start(t)
	for _, k := range all {
		k.g = g
		// Not in parallel: the gateway is among the victims.
		t.Run(k.name(), func(t *testing.T) { k.victim.kill(k, t) })
	}
}

// everyKilling returns every victim at every step of both ways, and the domains, one for each: so what is learned of
// one next hop is no matter for another.
func everyKilling(t *testing.T) (all []*killing, tables string) {
	t.Helper()
	for _, victim := range victims {
		for _, chunks := range []bool{false, true} {
			k := killing{chunks: chunks}
			for at := range len(k.steps(1)) - 1 { // the last is the reply
				name := fmt.Sprintf("killing%d.test", len(all))
				k := &killing{victim: victim, recipient: "john@" + name, addr: freeAddr(t), chunks: chunks, at: at}
				all = append(all, k)
				tables += domain(name, k.addr) + "mode = \"off\"\n" // no callouts: the next hop sees the message alone
			}
		}
	}
	return all, tables
}

// name tells the victim, the way and the step.
func (k *killing) name() string { return k.victim.name + ", " + k.way() + ", " + k.steps(1)[k.at].name }

func (k *killing) way() string {
	if k.chunks {
		return "BDAT"
	}
	return "DATA"
}

// message is what is sent at an attempt, 1 or 2.
func (k *killing) message(attempt int) string {
	return fmt.Sprintf("%s\r\nattempt %d\r\n%s", messageHeader, attempt, strings.Repeat(".line\r\n", 50_000))
}

func (k *killing) steps(attempt int) []step {
	return transaction(k.recipient, k.message(attempt), k.chunks)
}

// whole reports whether the client has sent the whole message when it has come to the step.
func (k *killing) whole() bool { return k.steps(1)[k.at].await == lab.AtEnd }

// begun reports whether a message has begun when the client has come to the step.
func (k *killing) begun() bool {
	for _, s := range k.steps(1)[:k.at+1] {
		if s.name == "DATA" || s.name == "the first chunk" {
			return true
		}
	}
	return false
}

// begin starts a next hop and takes the steps up to the one at which something is killed.
func (k *killing) begin(t *testing.T) (*mailClient, *heldReceiver) {
	t.Helper()
	h := newHeldReceiver()
	h.sessions = startReceiver(t, k.addr, h.Receiver)
	c := connectMail(t, k.g.addr)
	for _, s := range k.steps(1)[:k.at+1] {
		s.take(t, c, h)
	}
	return c, h
}

// again sends the message again, in another session, which has to go well.
func (k *killing) again(t *testing.T) {
	t.Helper()
	c := connectMail(t, k.g.addr)
	for _, s := range k.steps(2) {
		s.take(t, c, nil)
	}
	c.quit(t)
}

// check fails the test unless a next hop has received the messages of the given attempts whole, in their order, and
// nothing else.
func (k *killing) check(t *testing.T, received []lab.Received, attempts ...int) {
	t.Helper()
	if len(received) != len(attempts) {
		t.Errorf("%d messages received, want those of the attempts %d", len(received), attempts)
		return
	}
	for i, attempt := range attempts {
		trace, ok := strings.CutSuffix(string(received[i].Data), k.message(attempt))
		if !ok || !oneReceivedField(trace) {
			t.Errorf("message %d, of %d octets, is not that of attempt %d", i+1, len(received[i].Data), attempt)
		}
	}
}

func (k *killing) killClient(t *testing.T, kill func(*net.TCPConn)) {
	c, h := k.begin(t)
	kill(c.conn.(*net.TCPConn))
	h.release <- lab.None // nobody waits where the end has not come
	attempts := []int{2}
	if k.whole() {
		attempts = []int{1, 2} // nobody has told the client that it has arrived
		eventually(t, patience, "what was sent whole has arrived", func() bool { return len(h.Received()) == 1 })
	} else if reply := c.reply(); strings.HasPrefix(reply, "250") {
		t.Errorf("half a message was accepted: %s", reply)
	} else if k.begun() {
		h.sessions.awaitEnd(t)
	}
	k.again(t)
	k.check(t, h.Received(), attempts...)
}

func (k *killing) killGateway(t *testing.T) {
	c, h := k.begin(t)
	k.g.kill(t)
	h.release <- lab.None
	if reply := c.reply(); reply != gone {
		t.Errorf("%q from a gateway that was killed", reply)
	}
	k.g.start(t)
	k.again(t)
	received := h.Received()
	if k.whole() && len(received) == 2 { // it was sent whole; whether it was taken only the next hop knows
		k.check(t, received, 1, 2)
		return
	}
	k.check(t, received, 2)
}

func (k *killing) killNextHop(t *testing.T) {
	c, h := k.begin(t)
	h.release <- lab.Reset
	h.Close()
	if reply := k.goOn(c); !strings.HasPrefix(reply, "451 4.4.") {
		t.Errorf("the client was told %q, want 451 4.4.x: try again", reply)
	}
	k.check(t, h.Received())
	h = newHeldReceiver()
	h.release <- lab.None
	startReceiver(t, k.addr, h.Receiver)
	k.again(t)
	k.check(t, h.Received(), 2)
}

// goOn takes the steps that are left until a reply is not as usual, and returns that, or the last.
func (k *killing) goOn(c *mailClient) (reply string) {
	for _, s := range k.steps(1)[k.at+1:] {
		c.write(s.octets)
		if s.reply == "" {
			continue
		}
		if reply = c.reply(); !strings.HasPrefix(reply, s.reply) {
			break
		}
	}
	return reply
}
