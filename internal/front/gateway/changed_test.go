package gateway_test

import (
	"slices"
	"strings"
	"sync"
	"testing"

	"callout/internal/callout"
	"callout/internal/domains"
	"callout/internal/front/gateway"
	"callout/internal/lab"
)

// changing is a gateway whose domain is about to change: its recipients are asked about at one server, and its mail
// goes to another.
type changing struct {
	*house
	registry  *domains.Registry
	asked     callout.Destination
	hops      [2]*lab.Receiver // the first is where mail goes
	to        [2]callout.Destination
	meanwhile func() // is done once while the destination is asked about a recipient
}

func buildChanging(t *testing.T) *changing {
	t.Helper()
	s := &changing{house: &house{log: new(buffer)}}
	var once sync.Once
	s.asked = receive(t, new(lab.Receiver), func(r *lab.Receiver) {
		r.Refuse = func(step lab.Step, argument string) string {
			if step == lab.AtRCPT && s.meanwhile != nil {
				once.Do(s.meanwhile)
			}
			return refuseUnknown(step, argument)
		}
	})
	for i := range s.hops {
		s.hops[i] = new(lab.Receiver)
		s.to[i] = receive(t, s.hops[i], func(r *lab.Receiver) {
			r.Refuse = func(step lab.Step, argument string) string {
				if step == lab.AtRCPT && i == 0 && strings.Contains(argument, "user-later") {
					return "450 4.2.1 later" // at the first alone
				}
				return ""
			}
		})
	}
	s.serve(t, []*domains.Domain{s.domain(0)}, plan{
		settings: func(s *gateway.Settings) { s.MaxErrors = 1000 },
		options:  func(o *gateway.Options) { s.registry = o.Domains },
	})
	return s
}

// domain is example.com, with mail going to one of the hops.
func (s *changing) domain(to int) *domains.Domain {
	d := &domains.Domain{Name: "example.com", Destination: s.asked, DeliverTo: s.to[to], Settings: domains.DefaultSettings()}
	d.Settings.CatchAllCheck = false
	return d
}

// reload has these domains served from now on, and no others.
func (s *changing) reload(t *testing.T, served ...*domains.Domain) {
	t.Helper()
	if _, err := s.registry.Reload(t.Context(), served, nil); err != nil {
		t.Error(err)
	}
}

// arrived fails the test unless one message has come to a hop, for these users, and none to the other.
func (s *changing) arrived(t *testing.T, to int, users ...string) {
	t.Helper()
	for i, r := range s.hops {
		got := r.Received()
		if i != to {
			if len(got) != 0 {
				t.Errorf("hop %d has %+v", i, got)
			}
			continue
		}
		var want []string
		for _, user := range users {
			want = append(want, "TO:<"+user+"@example.com>")
		}
		if len(got) != 1 || !slices.Equal(got[0].Rcpts, want) {
			t.Errorf("hop %d has %+v; want one message for %q", i, got, want)
		}
	}
}

func (s *changing) begin(t *testing.T) *client {
	t.Helper()
	c := s.dial(t)
	c.ask("EHLO client.example", "250")
	c.ask("MAIL FROM:<sender@elsewhere.example>", "250")
	return c
}

// finish sends the message.
func (c *client) finish(chunks bool) {
	c.t.Helper()
	if chunks {
		c.send("BDAT 2\r\nx\r")
		c.expect("250")
		c.send("BDAT 1 LAST\r\n\n")
		c.expect("250")
		return
	}
	c.ask("DATA", "354")
	c.ask("x\r\n.", "250")
}

// A domain that is removed while its destination is asked about a recipient is served no more.
func TestDomainRemovedWhileARecipientIsDecided(t *testing.T) {
	s := buildChanging(t)
	s.meanwhile = func() { s.reload(t) }
	c := s.begin(t)
	c.ask("RCPT TO:<john@example.com>", "550 5.7.1 relaying denied")
	c.ask("DATA", "5")
	c.ask("NOOP", "250")
	for i, r := range s.hops {
		if said := r.Transcript(); len(said) != 0 {
			t.Errorf("hop %d heard %q", i, said)
		}
	}
}

// A domain whose deliver_to changes while its destination is asked about a recipient has the mail go to the new one.
func TestNextHopChangedWhileARecipientIsDecided(t *testing.T) {
	s := buildChanging(t)
	s.meanwhile = func() { s.reload(t, s.domain(1)) }
	c := s.begin(t)
	c.ask("RCPT TO:<john@example.com>", "250 2.1.5")
	c.ask("RCPT TO:<jane@example.com>", "250 2.1.5")
	c.finish(false)
	s.arrived(t, 1, "john", "jane")
}

// A message goes where its recipients were accepted, whatever becomes of their domain meanwhile.
func TestDomainChangedWithinATransaction(t *testing.T) {
	for name, tt := range map[string]struct {
		change func(*testing.T, *changing)
		second string // the reply to a recipient that comes after it
		next   string // and in the next transaction
	}{
		"removed":            {func(t *testing.T, s *changing) { s.reload(t) }, "550 5.7.1 relaying denied", "550 5.7.1"},
		"another deliver_to": {func(t *testing.T, s *changing) { s.reload(t, s.domain(1)) }, "452 4.5.3", "250 2.1.5"},
		"no deliver_to": {func(t *testing.T, s *changing) {
			d := s.domain(0)
			d.DeliverTo = nil
			s.reload(t, d)
		}, "452 4.5.3", "250 2.1.5"},
		"another TLS mode": {func(t *testing.T, s *changing) {
			d := s.domain(0)
			d.Settings.Callout.TLS = callout.TLSOff
			s.reload(t, d)
		}, "452 4.5.3", "250 2.1.5"},
	} {
		for _, chunks := range []bool{false, true} {
			t.Run(name+map[bool]string{true: ", BDAT", false: ", DATA"}[chunks], func(t *testing.T) {
				s := buildChanging(t)
				c := s.begin(t)
				c.ask("RCPT TO:<john@example.com>", "250 2.1.5")
				tt.change(t, s)
				c.ask("RCPT TO:<jane@example.com>", tt.second)
				c.finish(chunks)
				s.arrived(t, 0, "john")
				c.ask("MAIL FROM:<sender@elsewhere.example>", "250")
				c.ask("RCPT TO:<john@example.com>", tt.next)
			})
		}
	}
}

// While nobody is accepted a transaction goes to the new next hop.
func TestNextHopChangedBeforeAnybodyIsAccepted(t *testing.T) {
	s := buildChanging(t)
	c := s.begin(t)
	c.ask("RCPT TO:<user-later@example.com>", "450 4.2.1")
	s.reload(t, s.domain(1))
	c.ask("RCPT TO:<user-later@example.com>", "250 2.1.5")
	c.finish(false)
	s.arrived(t, 1, "user-later")
}

// A domain that changes in what its sessions have no part in stays one for the transaction.
func TestDomainReloadedAsItWas(t *testing.T) {
	s := buildChanging(t)
	c := s.begin(t)
	c.ask("RCPT TO:<john@example.com>", "250 2.1.5")
	d := s.domain(0)
	d.Settings.DestinationText = true
	s.reload(t, d)
	c.ask("RCPT TO:<jane@example.com>", "250 2.1.5")
	c.finish(false)
	s.arrived(t, 0, "john", "jane")
}
