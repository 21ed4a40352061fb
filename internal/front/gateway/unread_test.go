package gateway_test

import (
	"strings"
	"testing"
	"testing/synctest"

	"callout/internal/front/gateway"
)

// Replies to a flight of commands are held back for one write, but not without end: a client that reads nothing is not
// answered any more.
func TestRepliesHeldBackAreBounded(t *testing.T) {
	for name, command := range map[string]string{"short ones": "X", "longer ones": "HELP", "recipients": "RCPT TO:<nobody@foreign.example>"} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := buildFake(t, plan{settings: func(s *gateway.Settings) { s.MaxErrors = 1_000_000 }})
				c := f.connect(t)
				c.expect("220")
				c.ask("EHLO client.example", "250")
				c.ask("MAIL FROM:<>", "250")
				go func() { // until the connection is closed
					for {
						if _, err := c.conn.Write([]byte(strings.Repeat(command+"\r\n", 100_000))); err != nil {
							return
						}
					}
				}()
				piece := make([]byte, 1<<20)
				for i := range 20 {
					n, err := c.conn.Read(piece) // a write is read at once, as far as there is room for it
					if err != nil {
						t.Fatal(err)
					}
					// The recipients of one flight, at most 100, are answered together.
					if n > 8<<10+100*200 || command != "RCPT TO:<nobody@foreign.example>" && n > 8<<10+200 {
						t.Errorf("write %d has %d octets", i+1, n)
					}
				}
				c.conn.Close()
			})
		})
	}
}
