package gateway_test

import (
	"crypto/tls"
	"net/netip"
	"testing"
	"time"

	"callout/internal/callout"
	"callout/internal/domains"
)

// Domains that have the same next hop spoken to in another way do not share a message: it would go in a session that
// one of them does not want.
func TestDomainsThatAreNotAlikeShareNoTransaction(t *testing.T) {
	for name, tt := range map[string]struct {
		change func(*domains.Settings)
		want   string
	}{
		"tls":         {func(s *domains.Settings) { s.Callout.TLS = callout.TLSOff }, "452 4.5.3"},
		"source":      {func(s *domains.Settings) { s.Callout.Source = []netip.Addr{netip.MustParseAddr("127.0.0.2")} }, "452 4.5.3"},
		"certificate": {func(s *domains.Settings) { s.Callout.ClientCert = new(tls.Certificate) }, "452 4.5.3"},
		"hostname":    {func(s *domains.Settings) { s.Callout.Hostname = "other.example.net" }, "452 4.5.3"},
		"the rest": {func(s *domains.Settings) {
			s.Callout.MailFrom, s.Callout.MaxSessions, s.Callout.Deadline = "callout@example.net", 1, time.Second
			s.DestinationText = true
		}, "250 2.1.5"},
	} {
		t.Run(name, func(t *testing.T) {
			h := build(t, plan{domain: func(d *domains.Domain) {
				d.Mode = domains.ModeOff
				if d.Name == "alike.example" {
					tt.change(&d.Settings)
				}
			}})
			for _, together := range []bool{false, true} {
				c := h.dial(t)
				c.ask("EHLO client.example", "250")
				c.ask("MAIL FROM:<sender@elsewhere.example>", "250")
				rcpts := []string{"RCPT TO:<john@example.com>", "RCPT TO:<jane@alike.example>", "RCPT TO:<user@example.com>"}
				replies := []string{"250 2.1.5", tt.want, "250 2.1.5"}
				if together {
					c.say(rcpts...)
					c.expect(replies...)
				} else {
					for i := range rcpts {
						c.ask(rcpts[i], replies[i])
					}
				}
				c.say("RSET", "MAIL FROM:<sender@elsewhere.example>", "RCPT TO:<jane@alike.example>")
				c.expect("250", "250", "250 2.1.5") // in a transaction of its own
			}
		})
	}
}
