package cli

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"callout/internal/operate"
)

// show returns what status prints.
func show(s *operate.Status, all bool) string {
	var out bytes.Buffer
	a := &app{out: &output{Writer: &out}}
	a.showStatus(s, all)
	return out.String()
}

func TestStatusIsReadable(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		now := time.Now()
		s := &operate.Status{
			Alerts: []operate.Alert{{Kind: "paused", Domain: "example.com", Since: now.Add(-5 * time.Minute), Text: "paused until it is ended"}},
			Hosts: []operate.Host{
				{Address: "192.0.2.1:25", Names: []string{"mx1.example.com:25", "mx:example.net"}, State: "up", Since: now.Add(-72 * time.Hour), Sessions: 3, SessionLimit: 5, Queue: 12,
					Learned: []operate.Learned{{Limit: "rejections", Text: "closes after 5 refused recipients", Reply: "421 4.7.0 Too many\x1b\u202e errors", At: now.Add(-3 * time.Hour), Expires: now.Add(165 * time.Hour)}},
					Problem: &operate.HostProblem{Text: "callout to mx1.example.com:25: greeting: 421 4.3.2 Busy", At: now.Add(-90 * time.Hour)}},
				{Address: "192.0.2.2:25", Names: []string{"mx2.example.com:25"}, State: "back_off", Since: now.Add(-time.Minute), RetryAt: now.Add(30 * time.Second), SessionLimit: 1},
				{Address: "192.0.2.3:25", Names: []string{"mx3.example.com:25"}, State: "trouble", Since: now.Add(-time.Minute), SessionLimit: 1},
				{Address: "192.0.2.4:25", Names: []string{}, State: "unknown", SessionLimit: 5},
			},
			NextHops: []operate.NextHop{
				{Hosts: []string{"192.0.2.9:25"}, Domains: []string{"example.com", "off.example"}, State: "unreachable", Since: now.Add(-time.Minute), Messages: 12,
					Problem: &operate.HostProblem{Text: "delivery to 192.0.2.9:25: greeting: 554 no\x1b", At: now.Add(-time.Second)}},
				{Hosts: []string{"a:25", "b:25", "c:25", "d:25"}, Domains: []string{"example.net"}, State: "up", Since: now.Add(-time.Hour), Sessions: 2, Messages: 7},
			},
			Domains: []operate.DomainStatus{
				{Name: "example.com", Mode: "list+callout", CatchAll: "no", Recipients: 1, Verdicts: operate.Held{Valid: 12345, Invalid: 6}, Enforce: true,
					Paused: &operate.Pause{Domain: "example.com", Since: now.Add(-5 * time.Minute)}},
				{Name: "example.org", AliasOf: "example.com", Mode: "list+callout", CatchAll: "yes", Turned: true, Recipients: 1, Enforced: true, Enforce: true},
				{Name: "off.example", Mode: "off", CatchAll: "unknown", Recipients: 0},
			},
		}
		want := strings.TrimPrefix(`
ALERT   SINCE   WHAT
paused  5m ago  paused until it is ended

DESTINATION   STATE               SINCE    SESSIONS  QUEUE  NAMES
192.0.2.1:25  up                  3d ago   3 of 5    12     mx1.example.com:25, mx:example.net
  closes after 5 refused recipients; learned 3h ago, counts for 6d: 421 4.7.0 Too many?? errors
  last problem 3d ago: callout to mx1.example.com:25: greeting: 421 4.3.2 Busy
192.0.2.2:25  left alone for 30s  60s ago  0 of 1    0      mx2.example.com:25
192.0.2.3:25  in trouble          60s ago  0 of 1    0      mx3.example.com:25
192.0.2.4:25  not asked yet       -        0 of 5    0

NEXT HOP                     STATE             SINCE    SESSIONS  MESSAGES  MAIL OF
192.0.2.9:25                 can't be reached  60s ago  0         12        example.com and 1 more
  last problem 1s ago: delivery to 192.0.2.9:25: greeting: 554 no?
a:25, b:25, c:25 and 1 more  up                60m ago  2         7         example.net

DOMAIN       MODE          CATCH-ALL  VALID  INVALID  NOTES
example.com  list+callout  no         12345  6        paused until it is resumed, 1 local recipient
example.org  list+callout  yes        0      0        alias of example.com, 1 local recipient, refused recipients before
off.example  off           -          0      0        not enforced
`, "\n")
		if got := show(s, false); got != want {
			t.Errorf("got\n%s\nwant\n%s", got, want)
		}
	})
}

// Of many hosts and domains only those that have something to say are shown, unless all are asked for.
func TestStatusOfMany(t *testing.T) {
	s := &operate.Status{Alerts: []operate.Alert{{Kind: "turned", Domain: "domain7.example", Text: "look"}}}
	for n := range 5000 {
		s.Domains = append(s.Domains, operate.DomainStatus{Name: fmt.Sprintf("domain%d.example", n), Mode: "callout", CatchAll: "no", Enforce: true, Enforced: true})
		s.Hosts = append(s.Hosts, operate.Host{Address: fmt.Sprintf("host%d:25", n), State: "up", Learned: []operate.Learned{{Limit: "several"}}})
	}
	s.Domains[1].CatchAll = "yes"
	s.Domains[2].Enforce = false
	s.Domains[3].Mode = "off"
	s.Domains[4].Paused = &operate.Pause{}
	s.Domains[5].Paused = &operate.Pause{Domain: "domain5.example"}
	s.Hosts[1].State = "trouble"
	s.Hosts[2].Queue = 1
	s.Hosts[3].Learned[0].Limit = "resets"
	got := show(s, false)
	for _, name := range []string{"domain1", "domain2", "domain3", "domain5", "domain7"} {
		if !strings.Contains(got, "\n"+name+".example ") {
			t.Errorf("%s is not shown", name)
		}
	}
	for _, name := range []string{"host1", "host2", "host3"} {
		if !strings.Contains(got, "\n"+name+":25 ") {
			t.Errorf("%s is not shown", name)
		}
	}
	for _, line := range []string{"4995 domains more with nothing to say; --all shows them", "4997 destinations more with nothing to say; --all shows them"} {
		if !strings.Contains(got, "\n"+line+"\n") {
			t.Errorf("no line %q", line)
		}
	}
	if n := strings.Count(got, "\n"); n > 20 {
		t.Errorf("%d lines", n)
	}
	if n := strings.Count(show(s, true), "\n"); n < 15000 {
		t.Errorf("%d lines with --all", n)
	}
}
