package web

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"callout/internal/access"
	"callout/internal/callout"
	"callout/internal/config"
	"callout/internal/decisions"
	"callout/internal/doctor"
	"callout/internal/domains"
	"callout/internal/history"
	"callout/internal/lab"
	"callout/internal/operate"
	"callout/internal/store"
	"callout/internal/store/sqlite"
	"callout/internal/verify"
)

// housePassword is that of both users of a house.
const housePassword = "correct horse"

// house is a whole server with pages, whose destination is a lab's. It serves
//
//	example.com  of the store, alias example.org: john and mary exist
//	other.test   of the store: its destination accepts everything
//	file.test    of the file, mode list+callout, with local recipients sales-* and boss
//	list.test    of the store, mode list, without local recipients
//
// to "admin" and to "user", a domain user of example.com.
type house struct {
	t        testing.TB
	URL      string
	Admin    *visitor
	User     *visitor
	Stranger *visitor // has not logged in

	Desk        *operate.Desk
	Access      *access.Access
	Store       *sqlite.Store
	Domains     *domains.Registry
	Verifier    *verify.Verifier
	Destination *lab.Destination
	At          string // host:port of the destination
	Root        *access.Actor
}

func newHouse(t testing.TB) *house {
	t.Helper()
	h := &house{t: t, Root: &access.Actor{Name: "root", Role: access.RoleAdmin, Via: "socket"}}
	h.destination()
	h.open()
	for name, spec := range map[string]string{
		"example.com": `{"destinations": ["` + h.At + `"], "aliases": ["example.org"], "valid_ttl": "48h"}`,
		"other.test":  `{"destinations": ["` + h.At + `"]}`,
		"list.test":   `{"mode": "list"}`,
	} {
		_, _, err := h.Desk.PutDomain(t.Context(), h.Root, name, []byte(spec))
		check(t, err)
	}
	for name, c := range map[string]access.UserChange{
		"admin": {Role: access.RoleAdmin, Password: housePassword},
		"user":  {Role: access.RoleDomain, Domains: []string{"example.com"}, Password: housePassword},
	} {
		_, err := h.Access.PutUser(t.Context(), name, c)
		check(t, err)
	}
	h.Admin, h.User, h.Stranger = h.visitor(), h.visitor(), h.visitor()
	h.Admin.logIn("admin")
	h.User.logIn("user")
	return h
}

// destination starts the destination.
func (h *house) destination() {
	h.t.Helper()
	boxes := lab.Domain{Mailboxes: []string{"john", "mary"}}
	h.Destination = &lab.Destination{Hostname: "mx.example.com", Domains: map[string]lab.Domain{
		"example.com": boxes, "example.org": boxes, "file.test": boxes, "other.test": {CatchAll: true},
	}}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	check(h.t, err)
	h.At = ln.Addr().String()
	go h.Destination.Serve(ln)
	h.t.Cleanup(h.Destination.Close)
}

// open starts the server. What it is made of is closed when the test ends, the last first.
func (h *house) open() {
	h.t.Helper()
	t, ctx, log := h.t, context.Background(), slog.New(slog.DiscardHandler)
	closing := func(f func(ctx context.Context)) {
		t.Cleanup(func() {
			ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
			defer cancel()
			f(ctx)
		})
	}
	var err error
	h.Store, err = sqlite.Open(ctx, filepath.Join(t.TempDir(), "callout.db"))
	check(t, err)
	closing(func(context.Context) { h.Store.Close() })
	registry := prometheus.NewRegistry()
	behind := store.NewBehind(h.Store, store.BehindOptions{Log: log})
	closing(func(ctx context.Context) { behind.Close(ctx) })
	c, err := config.Parse("callout.toml", []byte("[[domain]]\nname = \"file.test\"\nmode = \"list+callout\"\ndestinations = [\""+
		h.At+"\"]\nrecipients = [\"sales-*\", \"boss\"]\n"))
	check(t, err)
	h.Domains, err = domains.New(ctx, h.Store, behind, c.Domains, c.BuildDomain)
	check(t, err)
	pools := callout.NewPools(callout.Options{Log: log, Registerer: registry})
	closing(func(ctx context.Context) { pools.Close(ctx) })
	kept := decisions.NewLog(1000)
	h.Verifier, err = verify.New(ctx, verify.Options{
		Domains: h.Domains, Asker: pools, Store: h.Store, Behind: behind, MaxEntries: 1000, Log: log, Registerer: registry, Observe: kept.Add,
	})
	check(t, err)
	closing(func(ctx context.Context) { h.Verifier.Close(ctx) })
	h.Access, err = access.New(ctx, access.Options{Store: h.Store, Log: log, Cost: access.Cost{MemoryKiB: 8, Passes: 1, Lanes: 1}})
	check(t, err)
	closing(func(ctx context.Context) { h.Access.Close(ctx) })
	lookout := operate.NewLookout(h.Verifier, pools, h.Domains)
	past, err := history.New(ctx, history.Options{Gatherer: registry, Store: h.Store, Alerts: lookout.Alerts, Over: lookout.Over, Log: log})
	check(t, err)
	closing(func(ctx context.Context) { past.Close(ctx) })
	h.Desk = operate.New(operate.Options{
		Verifier: h.Verifier, Domains: h.Domains, Pools: pools, Access: h.Access, Decisions: kept, History: past, Ward: &doctor.Ward{}, Log: log,
	})
	closing(func(context.Context) { h.Desk.Close() })
	shell, err := NewShell(ShellOptions{Log: log})
	check(t, err)
	server := httptest.NewServer(New(Options{Shell: shell, Desk: h.Desk, Access: h.Access, Log: log, Version: "test"}).Handler())
	t.Cleanup(server.Close)
	h.URL = server.URL
}

// know has the house decide on recipients, so that they are in the cache.
func (h *house) know(recipients ...string) {
	h.t.Helper()
	for _, r := range recipients {
		_, err := h.Desk.Verify(h.t.Context(), h.Root, r, false, nil)
		check(h.t, err)
	}
}

// events returns the audit log, the last event first.
func (h *house) events() []access.Event {
	h.t.Helper()
	all, _, err := h.Access.Events(h.t.Context(), access.EventQuery{Limit: 1000})
	check(h.t, err)
	return all
}

// TestTheHouse has both users logged in, and a stranger outside.
func TestTheHouse(t *testing.T) {
	h := newHouse(t)
	h.Admin.get("/domains").status(http.StatusOK).shows("example.com", "other.test", "file.test", "list.test")
	h.User.get("/domains").status(http.StatusOK).shows("example.com").hides("other.test", "file.test", "list.test")
	h.Stranger.get("/domains").at("/login?next=%2Fdomains")
}
