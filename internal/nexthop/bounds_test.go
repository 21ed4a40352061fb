package nexthop_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/prometheus/client_golang/prometheus"

	"callout/internal/callout"
	"callout/internal/nexthop"
	"callout/internal/smtpwire"
)

// No more than 500 sessions are kept in all, however many hops there are.
func TestKeptSessionsOfAllHopsAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, registry := new(inMemory), prometheus.NewRegistry()
		_, route := m.hops()
		hops := nexthop.New(nexthop.Options{Pools: callout.NewPools(callout.Options{Dial: m.dial}), Registerer: registry})
		p := &player{t: t, registry: registry}
		for _, more := range []int{30, 1} { // hops with 20 sessions each
			var all []*nexthop.Delivery
			for i := range more * 20 {
				r := route
				r.Destination = callout.Destination{{{Name: fmt.Sprintf("192.0.2.%d", 1+i%more), Port: 25}}}
				d, err := hops.Begin(t.Context(), r, envelope)
				if err != nil {
					t.Fatal(err)
				}
				all = append(all, d)
			}
			for _, d := range all {
				d.Release()
			}
			synctest.Wait() // for those that are told QUIT
			if n := p.gathered("callout_delivery_sessions"); n != 500 {
				t.Errorf("%v sessions are open, want 500", n)
			}
		}
		hops.Close(t.Context())
		m.wait.Wait()
	})
}

// What some server would read as two lines is not written, whichever part of MAIL it is in, and nothing in its place.
func TestControlCharactersInMAIL(t *testing.T) {
	for name, e := range map[string]nexthop.Envelope{
		"CRLF in the sender": {Sender: "a@example.org>\r\nRCPT TO:<b@example.com", Params: smtpwire.MailParams{Size: -1}},
		"LF in the sender":   {Sender: "a@example.org>\nRSET\n<", Params: smtpwire.MailParams{Size: -1}},
		"NUL in the sender":  {Sender: "a\x00@example.org", Params: smtpwire.MailParams{Size: -1}},
		"DEL in the sender":  {Sender: "a\x7f@example.org", Params: smtpwire.MailParams{Size: -1}},
		"RET":                {Params: smtpwire.MailParams{Size: -1, Ret: "HDRS\rRSET"}},
		"ENVID":              {Params: smtpwire.MailParams{Size: -1, EnvID: "x\r\nRSET"}},
	} {
		t.Run(name, func(t *testing.T) {
			r, host := startEncryptedHop(t)
			settings := callout.DefaultSettings()
			settings.TLS = callout.TLSOff
			route, hops := nexthop.Route{Destination: callout.Destination{{host}}, Settings: &settings}, newHops(t)
			d, err := hops.Begin(t.Context(), route, &e)
			if err != nil {
				t.Fatal(err)
			}
			if replies, err := d.Recipients(t.Context(), alice); err == nil || len(replies) != 0 || !strings.Contains(err.Error(), "control character") {
				t.Errorf("%v, %v", replies, err)
			}
			d.Release()
			deliver(t, hops, route) // in the same session
			if said := r.Transcript(); r.Sessions() != 1 || len(said) < 2 || !strings.Contains(said[1], "MAIL FROM:<"+envelope.Sender+">") {
				t.Errorf("%d connections; the hop heard %q", r.Sessions(), said)
			}
		})
	}
}
