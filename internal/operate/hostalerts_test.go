package operate

import (
	"context"
	"log/slog"
	"net"
	"net/netip"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"callout/internal/access"
	"callout/internal/address"
	"callout/internal/callout"
	"callout/internal/config"
	"callout/internal/domains"
	"callout/internal/history"
	"callout/internal/lab"
	"callout/internal/store"
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
`

func TestAHostInTroubleIsAnAlertUntilItAnswers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx := context.Background()
		boxes := map[string]lab.Domain{"mine.example": {}, "other.example": {}, "elsewhere.example": {}}
		model := lab.NewModel(lab.Habits{Domains: boxes}, lab.Bounds{}, 1)
		var away atomic.Bool
		pools := callout.NewPools(callout.Options{Dial: func(ctx context.Context, from netip.Addr, to string) (net.Conn, error) {
			if away.Load() && strings.HasPrefix(to, "192.0.2.1:") {
				return nil, syscall.ECONNREFUSED
			}
			return model.Dial(ctx, from, to)
		}})
		c, err := config.Parse("callout.toml", []byte(sharing))
		check(t, err)
		db := opened(t)
		behind := store.NewBehind(db, store.BehindOptions{})
		registry, err := domains.New(ctx, db, behind, c.Domains, c.BuildDomain)
		check(t, err)
		v, err := verify.New(ctx, verify.Options{Domains: registry, Asker: pools, Store: db, Behind: behind, MaxEntries: 1000})
		check(t, err)
		lookout := NewLookout(v, pools, registry)
		past, err := history.New(ctx, history.Options{Gatherer: prometheus.NewRegistry(), Store: db, Log: slog.New(slog.DiscardHandler),
			Alerts: lookout.Alerts, Over: lookout.Over})
		check(t, err)
		desk := New(Options{Verifier: v, Domains: registry, Pools: pools, History: past})
		defer func() {
			desk.Close()
			v.Close(ctx)
			pools.Close(ctx)
			past.Close(ctx)
			behind.Close(ctx)
			db.Close()
		}()
		ask := func(domain string) {
			rcpt, err := address.Parse("john@" + domain)
			check(t, err)
			v.Decide(ctx, verify.Question{Recipient: rcpt})
			past.LookAgain()
		}
		sees := func(when string, want ...string) {
			t.Helper()
			for i, who := range []*access.Actor{root, anna, berta, carla} {
				var words []string
				for _, a := range desk.Alerts(who) {
					words = append(words, a.Kind+" "+a.Host+a.Domain)
					if !who.Admin() && (strings.Contains(a.Text, "192.0.2.1") || a.Host != "") {
						t.Errorf("%s: %s reads %+v", when, who.Name, a)
					}
				}
				if got := strings.Join(words, ", "); got != want[i] {
					t.Errorf("%s: %s sees %q, want %q", when, who.Name, got, want[i])
				}
			}
		}
		none := []string{"", "", "", ""}
		open := []string{"host_trouble 192.0.2.1:25", "host_trouble mine.example", "", "host_trouble mine.example, host_trouble other.example"}

		ask("mine.example")
		ask("elsewhere.example")
		sees("while it answers", none...)
		away.Store(true)
		time.Sleep(time.Minute) // its sessions end
		ask("other.example")
		sees("when it fails once", none...)
		time.Sleep(10 * time.Minute)
		past.LookAgain()
		sees("when nobody has asked it again", none...)
		ask("other.example")
		sees("when it fails still", open...)
		if text := desk.Alerts(root)[0].Text; !strings.HasPrefix(text, "destination host 192.0.2.1:25 can't be asked (callout to 192.0.2.1:25: connect: connection refused") {
			t.Error(text)
		}
		away.Store(false)
		time.Sleep(time.Minute)
		ask("mine.example")
		ask("other.example")
		sees("when it answers again", none...)
		time.Sleep(time.Minute) // it is written down
		page, _, err := past.PastAlerts(ctx, "", 10)
		check(t, err)
		if len(page) != 1 || page[0].Kind != alertHost {
			t.Errorf("past alerts: %+v", page)
		}
	})
}

func TestAnAlertOfAHostIsOverWhenNoDestinationLeadsThere(t *testing.T) {
	file, host := looping(t)
	db := opened(t)
	r := begin(t, db, file, false)
	defer r.end()
	trouble := history.Alert{Kind: alertHost, Host: host}
	if r.lookout.Over(trouble) {
		t.Error("it is over before anybody was asked there")
	}
	if r.lookout.since = time.Now().Add(-25 * time.Hour); !r.lookout.Over(trouble) {
		t.Error("it stays for ever")
	}
	r.lookout.since = time.Now()
	r.ask(t, "john@example.com")
	if !r.lookout.Over(trouble) {
		t.Error("it is not over though the host has answered")
	}
}
