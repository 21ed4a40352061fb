package operate

import (
	"context"
	"log/slog"
	"net"
	"net/netip"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"callout/internal/address"
	"callout/internal/callout"
	"callout/internal/config"
	"callout/internal/domains"
	"callout/internal/history"
	"callout/internal/lab"
	"callout/internal/store"
	"callout/internal/store/sqlite"
	"callout/internal/verify"
)

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// run is a server from its start to its end.
type run struct {
	verifier *verify.Verifier
	domains  *domains.Registry
	lookout  *Lookout
	end      func()
}

// begin starts a server with a file of domains. own says whether its destinations are Callout itself.
func begin(t *testing.T, db *sqlite.Store, file string, own bool) *run {
	t.Helper()
	ctx := context.Background()
	c, err := config.Parse("callout.toml", []byte(file))
	check(t, err)
	behind := store.NewBehind(db, store.BehindOptions{})
	registry, err := domains.New(ctx, db, behind, c.Domains, c.BuildDomain)
	check(t, err)
	pools := callout.NewPools(callout.Options{Own: func(netip.AddrPort) bool { return own }})
	v, err := verify.New(ctx, verify.Options{Domains: registry, Asker: pools, Store: db, Behind: behind, MaxEntries: 1000})
	check(t, err)
	return &run{v, registry, NewLookout(v, pools, registry), func() {
		v.Close(ctx)
		pools.Close(ctx)
		behind.Close(ctx)
	}}
}

func (r *run) ask(t *testing.T, recipient string) {
	t.Helper()
	rcpt, err := address.Parse(recipient)
	check(t, err)
	r.verifier.Decide(context.Background(), verify.Question{Recipient: rcpt})
}

// looping is a file with a domain at a destination that runs, and one without any.
func looping(t *testing.T) (file, host string) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	check(t, err)
	d := &lab.Destination{Hostname: "mx.example.com", Domains: map[string]lab.Domain{"example.com": {Mailboxes: []string{"john"}}}}
	go d.Serve(ln)
	t.Cleanup(d.Close)
	host = ln.Addr().String()
	return "[[domain]]\nname = \"example.com\"\ndestinations = [\"" + host + "\"]\n[[domain]]\nname = \"other.example\"\nmode = \"off\"\n", host
}

func opened(t *testing.T) *sqlite.Store {
	t.Helper()
	db, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "callout.db"))
	check(t, err)
	t.Cleanup(func() { db.Close() })
	return db
}

func TestALoopIsAlertedOfUntilItIsSeenToBeNone(t *testing.T) {
	file, host := looping(t)
	db := opened(t)
	before := begin(t, db, file, true)
	before.ask(t, "john@example.com")
	all := before.lookout.Alerts()
	if len(all) != 1 || all[0].Kind != "loop" || all[0].Host != host || all[0].Since.IsZero() {
		t.Fatalf("%+v", all)
	}
	loop := all[0]
	if strings.Count(loop.Text, "name the server") != 1 || !strings.HasPrefix(loop.Text, "destination or next hop "+host+" is Callout itself") {
		t.Error(loop.Text)
	}
	if before.lookout.Over(loop) {
		t.Error("it is over while it lasts")
	}
	before.end()

	t.Run("asked after a restart", func(t *testing.T) {
		r := begin(t, db, file, false)
		defer r.end()
		if len(r.lookout.Alerts()) != 0 || r.lookout.Over(loop) {
			t.Error("it is over before anybody was asked there")
		}
		r.ask(t, "jane@example.com")
		if !r.lookout.Over(loop) {
			t.Error("it is not over though the destination has answered")
		}
	})
	t.Run("never asked again", func(t *testing.T) {
		r := begin(t, db, file, false)
		defer r.end()
		if r.lookout.since = time.Now().Add(-23 * time.Hour); r.lookout.Over(loop) {
			t.Error("it is over within a day")
		}
		if r.lookout.since = time.Now().Add(-25 * time.Hour); !r.lookout.Over(loop) {
			t.Error("it stays for ever")
		}
	})
	t.Run("another destination after a restart", func(t *testing.T) {
		r := begin(t, db, strings.ReplaceAll(file, host, "192.0.2.1"), false)
		defer r.end()
		if !r.lookout.Over(loop) {
			t.Error("it is not over though no domain is asked there")
		}
	})
	t.Run("a next hop after a restart", func(t *testing.T) {
		r := begin(t, db, strings.ReplaceAll(file, `["`+host, `["192.0.2.1"]`+"\ndeliver_to = [\""+host), false)
		defer r.end()
		if r.lookout.Over(loop) {
			t.Error("it is over though mail goes there")
		}
	})
	t.Run("what else is no longer known to hold", func(t *testing.T) {
		r := begin(t, db, file, false)
		defer r.end()
		if !r.lookout.Over(history.Alert{Kind: "paused"}) {
			t.Error("an alert that is not about a host goes on")
		}
	})
}

func TestALoopIsOverWhereNoDomainIsAskedThereAnyMore(t *testing.T) {
	file, host := looping(t)
	r := begin(t, opened(t), file, true)
	defer r.end()
	r.ask(t, "john@example.com")
	c, err := config.Parse("callout.toml", []byte(strings.ReplaceAll(file, host, "192.0.2.1")))
	check(t, err)
	_, err = r.domains.Reload(t.Context(), c.Domains, c.BuildDomain)
	check(t, err)
	if all := r.lookout.Alerts(); len(all) != 0 {
		t.Errorf("%+v", all)
	}
}

// A restart leaves an alert as it was: with its number and its beginning.
func TestAnAlertGoesOnAfterARestart(t *testing.T) {
	file, host := looping(t)
	db := opened(t)
	since := time.Now().Add(-time.Hour).UTC().Truncate(time.Millisecond)
	stored := []store.Alert{{Kind: alertLoop, Host: host, Since: since, Text: loopText([]string{host}, &callout.Problem{Kind: callout.Loop})}}
	check(t, db.SaveAlerts(t.Context(), stored))
	r := begin(t, db, file, true)
	defer r.end()
	h, err := history.New(t.Context(), history.Options{
		Gatherer: prometheus.NewRegistry(), Store: db, Alerts: r.lookout.Alerts, Over: r.lookout.Over, Log: slog.New(slog.DiscardHandler),
	})
	check(t, err)
	defer h.Close(t.Context())
	for _, when := range []string{"before it is asked", "and after"} {
		all := h.OpenAlerts()
		if len(all) != 1 || all[0].ID != stored[0].ID || !all[0].Since.Equal(since) {
			t.Errorf("%s: %+v", when, all)
		}
		r.ask(t, "john@example.com")
		h.LookAgain()
	}
}
