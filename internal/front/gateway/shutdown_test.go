package gateway_test

import (
	"context"
	"io"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"callout/internal/front/gateway"
	"callout/internal/lab"
)

const goodbye = "421 4.3.2 filter.example.net shutting down, try again later"

// shut begins a shutdown that gives up after a while. The time is how long it took, once it has returned.
func (f *fakeHouse) shut(after time.Duration) <-chan time.Duration {
	synctest.Wait() // until what was sent has had its effect
	done, begun := make(chan time.Duration, 1), time.Now()
	go func() {
		ctx, cancel := context.WithTimeout(context.Background(), after)
		defer cancel()
		f.server.Shutdown(ctx)
		done <- time.Since(begun)
	}()
	synctest.Wait()
	return done
}

// told expects a reply without having asked, and the end.
func (c *client) told(reply string) {
	c.t.Helper()
	c.expect(reply)
	c.closed()
}

// Nobody is listened to any more, and who waits for nothing is told to come again.
func TestShutdownEndsIdleSessions(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := buildFake(t, encrypted(t))
		within := f.connect(t)
		within.expect("220")
		within.starttls()
		open, half := f.transaction(t), f.greeted(t)
		half.send("NOO")
		done := f.shut(time.Minute)
		if _, err := f.clients.dial(); err == nil {
			t.Error("still listening")
		}
		for _, c := range []*client{within, open, half} {
			c.told(goodbye)
		}
		if took := <-done; took != 0 {
			t.Errorf("took %v", took)
		}
		if err := f.server.Serve(newWire()); err != nil {
			t.Errorf("Serve after Shutdown: %v", err)
		}
	})
}

// A message that has begun is finished, and has its final reply; then the session ends.
func TestShutdownWaitsForMessages(t *testing.T) {
	for name, tt := range map[string]struct {
		begin func(*client)
		end   []string // each with a reply
	}{
		"DATA":                   {func(c *client) { c.ask("DATA", "354"); c.send("Subject: x\r\n") }, []string{"\r\nx\r\n.\r\n"}},
		"a chunk":                {func(c *client) { c.send("BDAT 10 LAST\r\nSubje") }, []string{"ct:\r\n"}},
		"between chunks":         {func(c *client) { c.send("BDAT 10\r\nSubject:\r\n"); c.expect("250") }, []string{"BDAT 3\r\nx\r\n", "BDAT 0 LAST\r\n"}},
		"a chunk of several":     {func(c *client) { c.send("BDAT 10\r\nSubje") }, []string{"ct:\r\n", "BDAT 3\r\nx\r\n", "BDAT 0 LAST\r\n"}},
		"with a command between": {func(c *client) { c.send("BDAT 10\r\nSubject:\r\n"); c.expect("250") }, []string{"NOOP\r\n", "BDAT 0 LAST\r\n"}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := buildFake(t, plan{})
				c := f.transaction(t)
				tt.begin(c)
				done := f.shut(time.Minute)
				for _, octets := range tt.end {
					time.Sleep(5 * time.Second)
					c.send(octets)
					c.expect("250")
				}
				c.told(goodbye)
				if took, want := <-done, time.Duration(len(tt.end))*5*time.Second; took != want {
					t.Errorf("took %v; want %v", took, want)
				}
				if got := f.hop.Received(); len(got) != 1 {
					t.Errorf("%d messages", len(got))
				}
			})
		})
	}
}

// Between chunks a client may change its mind: then its session is an idle one, in a shutdown that has begun and in
// one that comes.
func TestShutdownDoesNotWaitForAMessageThatWasGivenUp(t *testing.T) {
	for _, command := range []string{"RSET", "EHLO client.example"} {
		for name, before := range map[string]bool{command + " before": true, command + " meanwhile": false} {
			t.Run(name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					f := buildFake(t, plan{})
					c := f.transaction(t)
					c.send("BDAT 3\r\nx\r\n")
					c.expect("250")
					if before {
						c.ask(command, "250")
					}
					done := f.shut(time.Minute)
					if !before {
						c.ask(command, "250")
					}
					c.told(goodbye)
					if took := <-done; took != 0 {
						t.Errorf("took %v", took)
					}
				})
			})
		}
	}
}

// pause is how long slowly takes. A receiver says nothing else meanwhile, so that it must be over before an idle
// session's time is.
const pause = 3 * time.Second

// slowly has the destination answer RCPT and messages after a while.
func slowly(r *lab.Receiver) {
	r.Refuse = func(step lab.Step, argument string) string {
		if step == lab.AtRCPT || step == lab.AtEnd {
			time.Sleep(pause)
		}
		return refuseUnknown(step, argument)
	}
}

// A recipient that is being asked about is answered; what was said behind it is not.
func TestShutdownAnswersRCPT(t *testing.T) {
	for recipient, tt := range map[string]struct {
		reply string
		after time.Duration
	}{
		"nobody@example.com": {"550 5.1.1", pause},
		"john@example.com":   {"250 2.1.5", 2 * pause}, // it is told of live as well
	} {
		t.Run(recipient, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := buildFake(t, plan{hop: slowly})
				c := f.greeted(t)
				c.ask("MAIL FROM:<>", "250")
				c.say("RCPT TO:<"+recipient+">", "DATA", "NOOP")
				done := f.shut(time.Minute)
				c.expect(tt.reply)
				c.told(goodbye)
				if took := <-done; took != tt.after {
					t.Errorf("took %v", took)
				}
			})
		})
	}
}

// The next hop's final reply is waited for.
func TestShutdownWaitsForTheFinalReply(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := buildFake(t, plan{hop: slowly})
		c := f.transaction(t)
		c.ask("DATA", "354")
		c.send("x\r\n.\r\n")
		done := f.shut(time.Minute)
		c.expect("250 2.0.0 Taken")
		c.told(goodbye)
		if took := <-done; took != pause {
			t.Errorf("took %v", took)
		}
	})
}

// When its time is over Shutdown gives up what is under way: clients are told to try again, nothing is left half
// delivered, and who does not listen is cut.
func TestShutdownGivesUp(t *testing.T) {
	for name, tt := range map[string]struct {
		begin func(*client)
		told  string
		grace time.Duration
	}{
		"in DATA":            {func(c *client) { c.ask("DATA", "354"); c.send("x\r\n") }, goodbye, 0},
		"in a chunk":         {func(c *client) { c.send("BDAT 10 LAST\r\nx\r\n") }, goodbye, 0},
		"between chunks":     {func(c *client) { c.send("BDAT 3\r\nx\r\n"); c.expect("250") }, goodbye, 0},
		"at the final reply": {func(c *client) { c.ask("DATA", "354"); c.send("x\r\n.\r\n") }, "451 4.4.2", 0},
		"at a recipient":     {func(c *client) { c.say("RCPT TO:<jane@example.com>") }, "451 4.", 0},
		"a deaf client":      {func(c *client) { c.say("NOOP") }, "", 500 * time.Millisecond},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := buildFake(t, plan{hop: func(r *lab.Receiver) {
					r.Fault = func(step lab.Step, n int64) lab.Fault {
						if step == lab.AtEnd || step == lab.AtRCPT && n > 2 {
							return lab.Hang
						}
						return lab.None
					}
				}})
				c := f.transaction(t)
				tt.begin(c)
				done := f.shut(20 * time.Second)
				if tt.told != "" {
					c.expect(tt.told)
					if tt.told != goodbye {
						c.expect(goodbye)
					}
					c.closed()
				}
				if took := <-done; took != 20*time.Second+tt.grace {
					t.Errorf("took %v", took)
				}
				f.nothingArrived(t)
			})
		})
	}
}

// A client within TLS that does not read is cut too.
func TestShutdownCutsADeafClientWithinTLS(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := buildFake(t, encrypted(t))
		c := f.connect(t)
		c.expect("220")
		c.starttls()
		c.say("NOOP")
		if took := <-f.shut(30 * time.Second); took != 30*time.Second+500*time.Millisecond {
			t.Errorf("took %v", took)
		}
	})
}

// Sessions that have not come as far as a command hold nothing up, whatever they wait for.
func TestShutdownEndsBeginnings(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := encrypted(t)
		p.settings = func(s *gateway.Settings) { byProxy(s); s.BannerDelay = 20 * time.Second }
		f := buildFake(t, p)
		unproxied, unwelcome, encrypting := f.connectFrom(t, "192.0.2.1"), f.connect(t), f.greeted(t)
		encrypting.ask("STARTTLS", "220")
		done := f.shut(time.Minute)
		unproxied.closed()
		go io.Copy(io.Discard, unwelcome.conn)
		encrypting.closed()
		if took := <-done; took != 0 {
			t.Errorf("took %v", took)
		}
	})
}

// On a socket, Shutdown closes the listener and Serve returns.
func TestShutdownOnASocket(t *testing.T) {
	h := build(t, plan{})
	c := h.dial(t)
	c.ask("EHLO client.example", "250")
	go h.end(t)
	c.told(goodbye)
	h.end(t)
	if conn, err := net.Dial("tcp", h.address); err == nil {
		conn.Close()
		t.Error("still listening")
	}
}

// Clients that come one after the other share a connection to the next hop.
func TestDeliverySessionsAreReused(t *testing.T) {
	h := build(t, plan{})
	for range 5 {
		c := h.dial(t)
		c.deliver("x")
		c.ask("QUIT", "221")
	}
	got := h.hop.Received()
	if len(got) != 5 || h.hop.Sessions() != 2 { // the other is that of callouts
		t.Fatalf("%d messages, %d sessions", len(got), h.hop.Sessions())
	}
	for _, m := range got {
		if m.Session != got[0].Session {
			t.Errorf("session %d; want %d", m.Session, got[0].Session)
		}
	}
}

// A session that had a transaction without a message is reset before the next.
func TestReusedDeliverySessionIsReset(t *testing.T) {
	h := build(t, plan{})
	c := h.dial(t)
	c.ask("EHLO client.example", "250")
	c.ask("MAIL FROM:<first@elsewhere.example>", "250")
	c.ask("RCPT TO:<jane@example.com>", "250")
	c.ask("QUIT", "221")
	c.closed()
	h.dial(t).deliver("x")
	got := h.hop.Received()
	if len(got) != 1 || got[0].Mail != "FROM:<sender@elsewhere.example>" || strings.Join(got[0].Rcpts, " ") != "TO:<john@example.com>" || h.hop.Sessions() != 2 {
		t.Errorf("%d sessions: %+v", h.hop.Sessions(), got)
	}
}
