package gateway_test

import (
	"context"
	"fmt"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"callout/internal/domains"
	"callout/internal/front/gateway"
	"callout/internal/lab"
)

// What the next hop of one domain does is nothing against the recipients of another, as long as nobody was accepted.
func TestBrokenNextHopHurtsNoOtherDomain(t *testing.T) {
	for name, together := range map[string]bool{"one after the other": false, "in one flight": true} {
		t.Run(name, func(t *testing.T) {
			h := build(t, plan{domain: func(d *domains.Domain) { d.Mode = domains.ModeOff }})
			c := h.dial(t)
			c.say("EHLO client.example", "MAIL FROM:<sender@elsewhere.example>")
			c.expect("250", "250")
			rcpts := []struct{ path, want string }{
				{"a@away.example", "451 4.4.1 the next hop can't be reached"},
				{"john@example.com", "250 2.1.5"},
				{"b@away.example", "452 4.5.3 this recipient is served elsewhere"},
				{"jane@alike.example", "250 2.1.5"},
			}
			var lines, want []string
			for _, r := range rcpts {
				lines, want = append(lines, "RCPT TO:<"+r.path+">"), append(want, r.want)
			}
			if together {
				c.say(lines...)
				c.expect(want...)
			} else {
				for i := range lines {
					c.say(lines[i])
					c.expect(want[i])
				}
			}
			c.say("DATA", "Subject: x", "", ".")
			c.expect("354", "250")
			if got := h.hop.Received(); len(got) != 1 || len(got[0].Rcpts) != 2 {
				t.Errorf("%+v", got)
			}
		})
	}
}

// A next hop that is away is not tried again for each recipient of a transaction, whatever comes between them.
func TestBrokenNextHopIsTriedOnceATransaction(t *testing.T) {
	sessions := func(r *lab.Receiver) {
		r.Fault = func(step lab.Step, _ int64) lab.Fault { return closeAt(step, lab.AtGreeting) }
	}
	h := build(t, plan{hop: sessions, domain: func(d *domains.Domain) { d.Mode = domains.ModeOff }})
	c := h.dial(t)
	c.say("EHLO client.example", "MAIL FROM:<>")
	c.expect("250", "250")
	for range 5 {
		c.say("RCPT TO:<john@example.com>")
		c.expect("451")
		c.say("RCPT TO:<a@away.example>")
		c.expect("451")
	}
	if n := h.hop.Sessions(); n != 1 {
		t.Errorf("%d connections", n)
	}
}

func closeAt(step, at lab.Step) lab.Fault {
	if step == at {
		return lab.Close
	}
	return lab.None
}

// Whoever reads the log finds what a recipient was told where that is not what was decided, and who is behind it.
func TestLogOfRecipients(t *testing.T) {
	h := build(t, plan{
		domain: func(d *domains.Domain) { d.Mode = domains.ModeOff },
		hop: func(r *lab.Receiver) {
			r.Refuse = func(step lab.Step, argument string) string {
				if step == lab.AtRCPT && strings.Contains(argument, "jane") {
					return "550 5.7.1 go away"
				}
				return ""
			}
		},
	})
	c := h.dial(t)
	c.say("EHLO client.example", "MAIL FROM:<sender@elsewhere.example>")
	c.expect("250", "250")
	for path, told := range map[string][2]string{
		"a@away.example":   {"451 4.4.1", `code=451 enhanced=4.4.1 text="the next hop can't be reached now, try again later" id=`},
		"jane@example.com": {"550 5.7.1", `code=550 enhanced=5.7.1 text="refused by the next hop" id=`},
	} {
		c.say("RCPT TO:<" + path + ">")
		c.expect(told[0])
		if !strings.Contains(h.log.String(), "msg=recipient client=127.0.0.1 "+told[1]) || !strings.Contains(h.log.String(), " recipient="+path) {
			t.Errorf("%s: the log lacks %s", path, told[1])
		}
	}
	c.say("RCPT TO:<user@foreign.example>")
	c.expect("550 5.7.1")
	for _, want := range []string{`because="550 5.7.1 go away"`, `connect: connection refused"`,
		"msg=decision front=gateway domain=foreign.example recipient=user@foreign.example action=reject code=550 enhanced=5.7.1 verdict=unknown reason=not_served"} {
		if !strings.Contains(h.log.String(), want) {
			t.Errorf("the log lacks %s", want)
		}
	}
}

// A client that looks at the reply to DATA alone comes again where one of its recipients was told to.
func TestDATAAfterARecipientWasTold(t *testing.T) {
	h := build(t, plan{
		domain: func(d *domains.Domain) { d.Mode = domains.ModeOff },
		hop: func(r *lab.Receiver) {
			r.Refuse = func(step lab.Step, _ string) string {
				if step == lab.AtMAIL {
					return "550 5.7.1 no mail from you"
				}
				return ""
			}
		},
	})
	c := h.dial(t)
	c.say("EHLO client.example", "MAIL FROM:<sender@elsewhere.example>", "RCPT TO:<a@away.example>", "RCPT TO:<john@example.com>", "DATA")
	c.expect("250", "250", "451 4.4.1", "550 5.7.1", "451 4.5.1")
}

// A next hop that wants recipients one by one may take long for many: each is told as soon as it can be.
func TestRepliesComeAsTheyAre(t *testing.T) {
	release := make(chan struct{})
	h := build(t, plan{
		domain: func(d *domains.Domain) { d.Mode = domains.ModeOff },
		hop: func(r *lab.Receiver) {
			r.Extensions = []string{"SIZE"}
			r.Refuse = func(step lab.Step, argument string) string {
				if step == lab.AtRCPT && strings.Contains(argument, "jane") {
					<-release
				}
				return ""
			}
		},
	})
	c := h.dial(t)
	c.say("EHLO client.example", "MAIL FROM:<>", "RCPT TO:<user@foreign.example>", "RCPT TO:<john@example.com>", "RCPT TO:<jane@example.com>")
	c.expect("250", "250", "550 5.7.1", "250 2.1.5")
	close(release)
	c.expect("250 2.1.5")
}

// What comes behind the last error that a session may make costs the destination nothing.
func TestErrorsBoundWhatAFlightCosts(t *testing.T) {
	h := build(t, plan{settings: func(s *gateway.Settings) { s.MaxErrors = 3 }})
	c := h.dial(t)
	lines := []string{"EHLO client.example", "MAIL FROM:<>"}
	for i := range 50 {
		lines = append(lines, fmt.Sprintf("RCPT TO:<nobody%d@example.com>", i))
	}
	c.say(lines...)
	c.expect("250", "250", "550", "550", "550", "421 4.7.0")
	asked := 0
	for _, line := range h.hop.Transcript() {
		if strings.Contains(line, "RCPT TO:") {
			asked++
		}
	}
	if asked > 4 { // one may be asked a second time, alone
		t.Errorf("the destination was asked %d times", asked)
	}
}

// refuses is a hop that says a reply at a step.
func refuses(step lab.Step, word, reply string) func(*lab.Receiver) {
	return func(r *lab.Receiver) {
		r.Refuse = func(s lab.Step, argument string) string {
			if s == step && strings.Contains(argument, word) {
				return reply
			}
			return ""
		}
	}
}

// The words of a next hop that one domain passes on are kept from the clients of another.
func TestRefusedMailKeepsItsWordsFromOtherDomains(t *testing.T) {
	h := build(t, plan{hop: refuses(lab.AtMAIL, "", "550 5.7.1 no mail at mx7.internal"), domain: func(d *domains.Domain) {
		d.Mode, d.Settings.DestinationText = domains.ModeOff, d.Name == "alike.example"
	}})
	c := h.dial(t)
	c.say("EHLO client.example", "MAIL FROM:<>", "RCPT TO:<john@alike.example>")
	c.expect("250", "250", "550 5.7.1 no mail at mx7.internal")
	c.say("RCPT TO:<john@example.com>")
	c.expect("550 5.7.1 refused by the next hop")
}

// What a next hop says is cut for the log: it may say a hundred lines to each of many recipients.
func TestLogOfRecipientsIsBounded(t *testing.T) {
	reply := strings.Repeat("550-5.7.1 "+strings.Repeat("x", 1900)+"\r\n", 99) + "550 5.7.1 end"
	h := build(t, plan{hop: refuses(lab.AtMAIL, "", reply), domain: func(d *domains.Domain) { d.Mode = domains.ModeOff }})
	c := h.dial(t)
	c.say("EHLO client.example", "MAIL FROM:<>", "RCPT TO:<john@example.com>")
	c.expect("250", "250", "550 5.7.1")
	for line := range strings.Lines(h.log.String()) {
		if strings.Contains(line, "msg=recipient") && len(line) > 1500 {
			t.Errorf("a line of %d octets", len(line))
		}
	}
}

// The log names the next hop that a recipient was refused by, though another has the transaction by then.
func TestLogOfRecipientsNamesTheirHops(t *testing.T) {
	h := build(t, plan{elsewhere: true, hop: refuses(lab.AtRCPT, "jane", "450 4.2.1 not now"), domain: func(d *domains.Domain) { d.Mode = domains.ModeOff }})
	c := h.dial(t)
	c.say("EHLO client.example", "MAIL FROM:<>", "RCPT TO:<jane@example.com>", "RCPT TO:<john@second.example>")
	c.expect("250", "250", "450", "250")
	own := h.destination.String()
	if !strings.Contains(h.log.String(), " next_hop="+own+" because=\"450 4.2.1 not now\"") {
		t.Errorf("the log does not say that it was %s:\n%s", own, h.log)
	}
}

// A next hop that wants recipients one by one is not asked about more for a client that is gone.
func TestRecipientsOfAGoneClientAreLeft(t *testing.T) {
	asked, release := make(chan struct{}, 100), make(chan struct{})
	h := build(t, plan{domain: func(d *domains.Domain) { d.Mode = domains.ModeOff }, hop: func(r *lab.Receiver) {
		r.Extensions = []string{"SIZE"}
		r.Refuse = func(step lab.Step, _ string) string {
			if step == lab.AtRCPT {
				asked <- struct{}{}
				<-release
			}
			return ""
		}
	}})
	c := h.dial(t)
	c.say("EHLO client.example", "MAIL FROM:<>")
	c.expect("250", "250")
	c.say(slices.Repeat([]string{"RCPT TO:<john@example.com>"}, 15)...)
	<-asked
	c.conn.(*net.TCPConn).SetLinger(0)
	c.conn.Close()
	close(release)
	end, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	h.server.Shutdown(end)
	if n := len(asked); n > 3 {
		t.Errorf("%d recipients were asked about", n)
	}
}
