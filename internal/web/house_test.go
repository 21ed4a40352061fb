package web

import (
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"regexp"
	"strings"
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
	past, err := history.New(ctx, history.Options{
		Gatherer: registry, Store: h.Store, Alerts: func() []history.Alert { return operate.AlertsNow(h.Verifier, pools) }, Log: log,
	})
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

// visitor is a browser without script, with cookies.
type visitor struct {
	h      *house
	client *http.Client
}

func (h *house) visitor() *visitor {
	jar, err := cookiejar.New(nil)
	check(h.t, err)
	return &visitor{h, &http.Client{Jar: jar, Timeout: 30 * time.Second}}
}

func (b *visitor) logIn(name string) {
	b.h.t.Helper()
	b.post("/login", "name", name, "password", housePassword, "next", "/domains").status(http.StatusOK)
}

// seen is a page as a visitor got it, redirects followed.
type seen struct {
	t    testing.TB
	what string
	code int
	head http.Header
	URL  *url.URL // where it ended
	Body string
}

func (b *visitor) get(path string) *seen {
	b.h.t.Helper()
	r, err := http.NewRequestWithContext(b.h.t.Context(), http.MethodGet, b.h.URL+path, nil)
	check(b.h.t, err)
	return b.do(r)
}

// post sends a form: "name", "value", …
func (b *visitor) post(path string, pairs ...string) *seen {
	b.h.t.Helper()
	f := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		f.Add(pairs[i], pairs[i+1])
	}
	r, err := http.NewRequestWithContext(b.h.t.Context(), http.MethodPost, b.h.URL+path, strings.NewReader(f.Encode()))
	check(b.h.t, err)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return b.do(r)
}

func (b *visitor) do(r *http.Request) *seen {
	b.h.t.Helper()
	answer, err := b.client.Do(r)
	check(b.h.t, err)
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	check(b.h.t, err)
	return &seen{b.h.t, r.Method + " " + r.URL.RequestURI(), answer.StatusCode, answer.Header, answer.Request.URL, string(body)}
}

// status checks the status.
func (s *seen) status(want int) *seen {
	s.t.Helper()
	if s.code != want {
		s.t.Errorf("%s: status %d, want %d\n%s", s.what, s.code, want, s.text())
	}
	return s
}

var (
	element = regexp.MustCompile(`(?s)<(script|style|head)\b.*?</(script|style|head)>|<[^>]*>`)
	blank   = regexp.MustCompile(`\s+`)
)

// text is what a reader sees, on one line.
func (s *seen) text() string {
	text := element.ReplaceAllString(s.Body, " ")
	for from, to := range map[string]string{"&#39;": "'", "&#34;": `"`, "&lt;": "<", "&gt;": ">", "&#43;": "+", "&amp;": "&", thin: " "} {
		text = strings.ReplaceAll(text, from, to)
	}
	return strings.TrimSpace(blank.ReplaceAllString(text, " "))
}

// shows checks that a reader sees texts.
func (s *seen) shows(texts ...string) *seen {
	s.t.Helper()
	for _, want := range texts {
		if !strings.Contains(strings.ReplaceAll(s.text(), "@ ", "@"), want) {
			s.t.Errorf("%s does not show %q:\n%s", s.what, want, s.text())
		}
	}
	return s
}

// hides checks that the page has texts nowhere, not in its markup either.
func (s *seen) hides(texts ...string) *seen {
	s.t.Helper()
	for _, not := range texts {
		if strings.Contains(s.Body, not) || strings.Contains(strings.ReplaceAll(s.text(), "@ ", "@"), not) {
			s.t.Errorf("%s has %q:\n%s", s.what, not, s.text())
		}
	}
	return s
}

// at checks where redirects led.
func (s *seen) at(path string) *seen {
	s.t.Helper()
	if s.URL.RequestURI() != path {
		s.t.Errorf("%s led to %s, want %s", s.what, s.URL.RequestURI(), path)
	}
	return s
}

// TestTheHouse has both users logged in, and a stranger outside.
func TestTheHouse(t *testing.T) {
	h := newHouse(t)
	h.Admin.get("/domains").status(http.StatusOK).shows("example.com", "other.test", "file.test", "list.test")
	h.User.get("/domains").status(http.StatusOK).shows("example.com").hides("other.test", "file.test", "list.test")
	h.Stranger.get("/domains").at("/login?next=%2Fdomains")
}
