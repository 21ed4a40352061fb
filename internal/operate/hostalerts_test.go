package operate

import (
	"context"
	"net"
	"net/netip"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"callout/internal/access"
	"callout/internal/address"
	"callout/internal/callout"
	"callout/internal/config"
	"callout/internal/history"
	"callout/internal/lab"
	"callout/internal/verify"
)

// sharing is a file with two domains at one host and one at another.
const sharing = `
[[domain]]
name = "mine.example"
destinations = ["192.0.2.1"]
[[domain]]
name = "other.example"
destinations = ["192.0.2.1:25"]
[[domain]]
name = "elsewhere.example"
destinations = ["192.0.2.9"]
[[domain]]
name = "passed.example"
destinations = ["192.0.2.9"]
deliver_to = ["192.0.2.1:26"]
`

// shared is that server.
type shared struct {
	*bubble
	t    *testing.T
	away atomic.Bool // the host that is shared can't be reached
}

func newSharing(t *testing.T) *shared {
	s := &shared{t: t}
	boxes := map[string]lab.Domain{"mine.example": {}, "other.example": {}, "elsewhere.example": {}}
	model := lab.NewModel(lab.Habits{Domains: boxes}, lab.Bounds{}, 1)
	pools := callout.NewPools(callout.Options{Dial: func(ctx context.Context, from netip.Addr, to string) (net.Conn, error) {
		if s.away.Load() && strings.HasPrefix(to, "192.0.2.1:") {
			return nil, syscall.ECONNREFUSED
		}
		return model.Dial(ctx, from, to)
	}})
	s.bubble = inBubble(t, sharing, pools, nil)
	return s
}

func (s *shared) ask(domain string) {
	s.t.Helper()
	rcpt, err := address.Parse("john@" + domain)
	check(s.t, err)
	s.verifier.Decide(context.Background(), verify.Question{Recipient: rcpt})
	s.past.LookAgain()
}

// sees checks the alerts that an admin, anna, berta and carla see.
func (s *shared) sees(when string, want ...string) {
	s.t.Helper()
	for i, who := range []*access.Actor{root, anna, berta, carla} {
		var words []string
		for _, a := range s.desk.Alerts(who) {
			words = append(words, a.Kind+" "+a.Host+a.Domain)
			if !who.Admin() && (strings.Contains(a.Text, "192.0.2.1") || a.Host != "") {
				s.t.Errorf("%s: %s reads %+v", when, who.Name, a)
			}
		}
		if got := strings.Join(words, ", "); got != want[i] {
			s.t.Errorf("%s: %s sees %q, want %q", when, who.Name, got, want[i])
		}
	}
}

var (
	none    = []string{"", "", "", ""}
	trouble = []string{"host_trouble 192.0.2.1:25", "host_trouble mine.example", "", "host_trouble mine.example, host_trouble other.example"}
)

func TestAHostInTroubleIsAnAlertUntilItAnswers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSharing(t)
		s.ask("mine.example")
		s.ask("elsewhere.example")
		s.sees("while it answers", none...)
		s.away.Store(true)
		time.Sleep(time.Minute) // its sessions end
		s.ask("other.example")
		s.sees("when it fails once", none...)
		time.Sleep(10 * time.Minute)
		s.past.LookAgain()
		s.sees("when nobody has asked it again", none...)
		s.ask("other.example")
		s.sees("when it fails still", trouble...)
		const want = "destination host 192.0.2.1:25 can't be asked (callout to 192.0.2.1:25: connect: connection refused), so that recipients of mine.example and one other domain are deferred"
		if text := s.desk.Alerts(root)[0].Text; !strings.HasPrefix(text, want) {
			t.Error(text)
		}
		s.away.Store(false)
		time.Sleep(time.Minute)
		s.ask("mine.example")
		s.ask("other.example")
		s.sees("when it answers again", none...)
		time.Sleep(time.Minute) // it is written down
		page, _, err := s.past.PastAlerts(t.Context(), "", 10)
		check(t, err)
		if len(page) != 1 || page[0].Kind != alertHost {
			t.Errorf("past alerts: %+v", page)
		}
	})
}

func TestAnAlertOfAHostIsOverWithoutADestination(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSharing(t)
		s.away.Store(true)
		for range 2 {
			s.ask("mine.example")
			time.Sleep(2 * time.Minute)
		}
		s.sees("while it is a destination", trouble...)
		c, err := config.Parse("callout.toml", []byte(strings.ReplaceAll(sharing, "192.0.2.1", "192.0.2.3")+`
[[domain]]
name = "records.example"
destinations = ["mx:records.example"]
`))
		check(t, err)
		_, err = s.registry.Reload(t.Context(), c.Domains, c.BuildDomain)
		check(t, err)
		s.past.LookAgain()
		s.sees("when it is none any more", none...)
		// After a restart nothing is known of it.
		fresh := NewLookout(s.verifier, callout.NewPools(callout.Options{}), s.registry)
		if !fresh.Over(history.Alert{Kind: alertHost, Host: "192.0.2.1:25"}) {
			t.Error("it goes on after a restart")
		}
	})
}

// A next hop that is no destination has alerts of its own: nobody is asked there.
func TestAHostThatIsANextHopAloneIsNoHostInTrouble(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSharing(t)
		s.away.Store(true)
		for range 2 {
			d := s.registry.Lookup("passed.example")
			if _, err := s.pools.Open(t.Context(), d.DeliverTo, &d.Settings.Callout); err == nil {
				t.Fatal("it is not away")
			}
			time.Sleep(2 * time.Minute)
		}
		s.past.LookAgain()
		s.sees("though mail can't be passed on", none...)
		if h, ok := s.pools.HostStatus("192.0.2.1:26"); !ok || !troubled(&h) {
			t.Errorf("the hop: %+v", h)
		}
	})
}
