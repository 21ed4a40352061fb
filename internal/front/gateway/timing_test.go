package gateway_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"callout/internal/front/gateway"
)

// A client has command_timeout for a whole command; what it sends of one renews nothing.
func TestCommandTimeout(t *testing.T) {
	for name, send := range map[string]func(*client) (wait func()){
		"nothing comes":   func(*client) func() { return func() {} },
		"half a command":  func(c *client) func() { c.send("NO"); return func() {} },
		"octet by octet":  func(c *client) func() { return c.drip("N", time.Second) },
		"after a command": func(c *client) func() { c.ask("NOOP", "250"); return func() {} },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := buildFake(t, plan{settings: func(s *gateway.Settings) { s.SessionTimeout = time.Hour }})
				c := f.connect(t)
				c.expect("220")
				begun := time.Now()
				wait := send(c)
				c.ends(begun, time.Minute, "421 4.4.2 filter.example.net timeout")
				wait()
			})
		})
	}
}

// A client that goes on talking and has no message passed on is ended after session_timeout; a message begins it anew.
func TestSessionTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := buildFake(t, plan{settings: func(s *gateway.Settings) { s.SessionTimeout = 10 * time.Minute }})
		c := f.greeted(t)
		for range 3 {
			for range 18 {
				time.Sleep(30 * time.Second)
				c.ask("NOOP", "250")
			}
			c.ask("MAIL FROM:<>", "250")
			c.ask("RCPT TO:<john@example.com>", "250")
			c.ask("DATA", "354")
			c.send("x\r\n.\r\n")
			c.expect("250")
		}
		begun := time.Now()
		for range 19 {
			time.Sleep(30 * time.Second)
			c.ask("NOOP", "250")
		}
		c.ends(begun, 10*time.Minute, "421 4.4.2 filter.example.net timeout")
	})
}

// behindBody is what a client sends behind half a message, as if the gateway still read it: were it taken for commands,
// the next hop would hear of it.
const behindBody = "\r\n.\r\nRSET\r\nMAIL FROM:<smuggled@elsewhere.example>\r\nRCPT TO:<jane@example.com>\r\nDATA\r\nsmuggled\r\n.\r\nQUIT\r\n"

// A message that stops coming is ended after data_timeout. Nothing of it is left at the next hop, and what comes behind
// it is no command.
func TestDataTimeout(t *testing.T) {
	for name, begin := range map[string]func(*client){
		"at the start":    func(c *client) { c.ask("DATA", "354") },
		"within a line":   func(c *client) { c.ask("DATA", "354"); c.send("Subject: x\r\n\r\nhal") },
		"behind the dot":  func(c *client) { c.ask("DATA", "354"); c.send("Subject: x\r\n\r\n.") },
		"before the LF":   func(c *client) { c.ask("DATA", "354"); c.send("Subject: x\r\n\r\n.\r") },
		"within a chunk":  func(c *client) { c.send("BDAT 1000 LAST\r\nhal") },
		"between chunks":  func(c *client) { c.send("BDAT 3\r\nhal"); c.expect("250 2.0.0 3 octets") },
		"in what fails":   func(c *client) { c.ask("DATA", "354"); c.send("bare\nLF") },
		"in what is lost": func(c *client) { c.ask("RSET", "250"); c.send("BDAT 1000 LAST\r\nhal") },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := buildFake(t, plan{settings: func(s *gateway.Settings) { s.SessionTimeout = time.Hour }})
				c := f.transaction(t)
				begun := time.Now()
				begin(c)
				c.ends(begun, time.Minute, "421 4.4.2 filter.example.net timeout")
				if _, err := c.conn.Write([]byte(behindBody)); err == nil {
					t.Error("what comes behind is read")
				}
				f.nothingArrived(t)
			})
		})
	}
}

// nothingArrived says that the next hop has no message, and heard of no second transaction or end of a session.
func (f *fakeHouse) nothingArrived(t *testing.T) {
	t.Helper()
	synctest.Wait()
	if got := f.hop.Received(); len(got) != 0 {
		t.Errorf("the next hop has %+v", got)
	}
	if said := strings.Join(f.hop.Transcript(), "\n"); strings.Contains(said, "smuggled") || strings.Contains(said, "LAST") {
		t.Errorf("the next hop heard\n%s", said)
	}
}

// A client that goes away in the middle of a message leaves nothing behind, and what it sent is no command.
func TestClientGoesAwayWithinAMessage(t *testing.T) {
	for name, begin := range map[string]func(*client){
		"at the start":   func(c *client) { c.ask("DATA", "354") },
		"within a line":  func(c *client) { c.ask("DATA", "354"); c.send("Subject: x\r\n\r\nhal") },
		"behind a line":  func(c *client) { c.ask("DATA", "354"); c.send("Subject: x\r\n\r\n") },
		"behind the dot": func(c *client) { c.ask("DATA", "354"); c.send("Subject: x\r\n\r\n.") },
		"before the LF":  func(c *client) { c.ask("DATA", "354"); c.send("Subject: x\r\n\r\n.\r") },
		"a chunk":        func(c *client) { c.send("BDAT 1000\r\nx\r\nMAIL FROM:<smuggled@elsewhere.example>\r\n") },
		"the last chunk": func(c *client) { c.send("BDAT 1000 LAST\r\nx\r\nMAIL FROM:<smuggled@elsewhere.example>\r\n") },
		"between chunks": func(c *client) { c.send("BDAT 3\r\nx\r\n"); c.expect("250 2.0.0 3 octets") },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := buildFake(t, plan{})
				c := f.transaction(t)
				begin(c)
				c.conn.Close()
				f.nothingArrived(t)
				if strings.Contains(strings.Join(f.hop.Transcript(), "\n"), "QUIT") {
					t.Error("the delivery session was not cut")
				}
			})
		})
	}
}

// A client that trickles is ended when its message should have come at min_data_rate, data_timeout being granted: how
// it divides the message into lines or chunks makes no difference.
func TestTrickle(t *testing.T) {
	for name, trickle := range map[string]func(*client) (wait func()){
		"DATA":               func(c *client) func() { c.ask("DATA", "354"); return c.drip("0123456\r\n", time.Second) },
		"one chunk":          func(c *client) func() { c.say("BDAT 1000000"); return c.drip("0123456\r\n", time.Second) },
		"what is bare":       func(c *client) func() { c.ask("DATA", "354"); return c.drip("01234567\n", time.Second) },
		"for a chunk thrown": func(c *client) func() { c.ask("RSET", "250"); c.say("BDAT 1000000"); return c.drip("0", time.Second) },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := buildFake(t, plan{settings: func(s *gateway.Settings) { s.SessionTimeout = time.Hour }})
				c := f.transaction(t)
				begun := time.Now()
				wait := trickle(c)
				c.ends(begun, time.Minute, "421 4.4.2 filter.example.net timeout")
				wait()
				f.nothingArrived(t)
			})
		})
	}
}

// Chunks and commands between them renew nothing that the octets do not.
func TestTrickleOfChunks(t *testing.T) {
	for name, one := range map[string]string{"small chunks": "BDAT 1\r\nx", "empty chunks": "BDAT 0\r\n", "no chunks": "NOOP\r\n"} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := buildFake(t, plan{settings: func(s *gateway.Settings) { s.SessionTimeout = time.Hour }})
				c := f.transaction(t)
				begun := time.Now()
				c.send("BDAT 1\r\nx")
				c.expect("250")
				for time.Since(begun) < 58*time.Second {
					time.Sleep(2 * time.Second)
					c.send(one)
					c.expect("250")
				}
				c.ends(begun, time.Minute, "421 4.4.2")
				f.nothingArrived(t)
			})
		})
	}
}

// A message that comes steadily may take longer than any of the timeouts, by DATA and by BDAT.
func TestSlowMessageArrives(t *testing.T) {
	slow := func(s *gateway.Settings) { s.MaxMessageSize = 8 << 20 }
	anyRate := func(s *gateway.Settings) { s.MinDataRate = 0 }
	line := strings.Repeat("x", 998) + "\r\n"
	for name, tt := range map[string]struct {
		settings func(*gateway.Settings)
		begin    string
		piece    string
		times    int
		every    time.Duration
		end      string
	}{
		"DATA":                {slow, "DATA", line + line, 900, time.Second, ".\r\n"},
		"chunks":              {slow, "", "BDAT 2000\r\n" + line + line, 900, time.Second, "BDAT 0 LAST\r\n"},
		"DATA at any rate":    {anyRate, "DATA", "x\r\n", 5, 55 * time.Second, ".\r\n"},
		"chunks at any rate":  {anyRate, "", "BDAT 3\r\nx\r\n", 5, 55 * time.Second, "BDAT 0 LAST\r\n"},
		"one chunk at a rate": {slow, "", line + line, 900, time.Second, ""},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := buildFake(t, plan{settings: tt.settings})
				c := f.transaction(t)
				switch {
				case tt.begin != "":
					c.ask(tt.begin, "354")
				case tt.end == "":
					c.say("BDAT 1800000 LAST")
				}
				for range tt.times {
					time.Sleep(tt.every)
					c.send(tt.piece)
					if strings.HasPrefix(tt.piece, "BDAT") {
						c.expect("250")
					}
				}
				if tt.end != "" {
					c.send(tt.end)
				}
				c.expect("250 2.0.0 Taken")
				if got := f.hop.Received(); len(got) != 1 {
					t.Errorf("%d messages", len(got))
				}
			})
		})
	}
}

// A client that does not take its replies is not waited for longer than two minutes.
func TestClientThatReadsNoReplies(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := buildFake(t, plan{settings: func(s *gateway.Settings) { s.CommandTimeout, s.SessionTimeout = time.Hour, time.Hour }})
		c := f.greeted(t)
		begun := time.Now()
		c.say("NOOP")
		c.conn.Write([]byte("NOOP\r\n")) // returns when the gateway closes
		if took := time.Since(begun); took < 2*time.Minute || took > 2*time.Minute+time.Second {
			t.Errorf("closed after %v", took)
		}
	})
}

// A message that is refused is heard to its end as any other is, so that its client hears why.
func TestSlowMessageIsToldWhyItIsRefused(t *testing.T) {
	for name, begin := range map[string]string{"DATA": "DATA", "one chunk": "BDAT 360003 LAST"} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := buildFake(t, plan{settings: func(s *gateway.Settings) { s.SessionTimeout = time.Hour }})
				c := f.transaction(t)
				if c.say(begin); begin == "DATA" {
					c.expect("354")
				}
				c.send("\nxx")
				for range 180 {
					time.Sleep(time.Second)
					c.send(strings.Repeat("x", 1998) + "\r\n")
				}
				if begin == "DATA" {
					c.send(".\r\n")
				}
				c.expect("550 5.5.2")
				f.nothingArrived(t)
			})
		})
	}
}

// What is thrown away need not have an end: it is heard for as long as a session may last.
func TestEndlessRefusedMessage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := buildFake(t, plan{settings: func(s *gateway.Settings) { s.SessionTimeout = 3 * time.Minute }})
		c := f.transaction(t)
		begun := time.Now()
		c.say("DATA")
		c.expect("354")
		c.send("\n")
		for time.Since(begun) < 178*time.Second {
			time.Sleep(time.Second)
			c.send(strings.Repeat("x", 1998) + "\r\n")
		}
		c.ends(begun, 3*time.Minute, "421 4.4.2")
		f.nothingArrived(t)
	})
}
