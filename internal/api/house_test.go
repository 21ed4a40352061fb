package api_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/goleak"

	"callout/internal/access"
	"callout/internal/address"
	"callout/internal/api"
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

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// fixture is the API of a verifier in front of a destination, with domains of a file: on the admin socket, where everybody
// is admin, and on a listener that wants tokens.
type fixture struct {
	url      string // of the socket, with /api/v1/
	open     string // of the listener, without
	host     string // of the destination
	api      *api.API
	desk     *operate.Desk
	access   *access.Access
	verifier *verify.Verifier
	seen     *decisions.Log
	db       *sqlite.Store
	log      *syncBuffer
}

// plain is a file with one domain. HOST stands for the destination.
const plain = `
[[domain]]
name = "example.com"
destinations = ["HOST"]
`

// expired is a token that was good an hour ago.
const expired = "callout_0123456789012345678901234567890123456789"

func start(t *testing.T) *fixture { return startWith(t, plain, callout.Options{}) }

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// destination is what the domains of tests are asked at.
func destination() *lab.Destination {
	return &lab.Destination{Hostname: "mx.example.com", Domains: map[string]lab.Domain{
		"example.com": {Mailboxes: []string{"john", "o'neil/2"}}, "example.org": {Mailboxes: []string{"john"}},
		"foreign.example": {Mailboxes: []string{"john"}}, "catchall.example": {CatchAll: true},
	}}
}

func startWith(t testing.TB, file string, o callout.Options) *fixture { return startStored(t, file, o) }

// startStored starts with verdicts in the store.
func startStored(t testing.TB, file string, o callout.Options, stored ...store.Verdict) *fixture {
	t.Helper()
	ctx := context.Background()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	check(t, err)
	d := destination()
	go d.Serve(ln)
	t.Cleanup(d.Close)
	f := &fixture{host: ln.Addr().String(), log: &syncBuffer{}, seen: decisions.NewLog(1000)}
	log := slog.New(slog.NewTextHandler(f.log, nil))
	c, err := config.Parse("callout.toml", []byte(strings.ReplaceAll(file, "HOST", f.host)))
	check(t, err)
	f.db, err = sqlite.Open(ctx, filepath.Join(t.TempDir(), "callout.db"))
	check(t, err)
	check(t, f.db.Write(ctx, store.Batch{Verdicts: stored}))
	behind := store.NewBehind(f.db, store.BehindOptions{})
	registry, err := domains.New(ctx, f.db, behind, c.Domains, c.BuildDomain)
	check(t, err)
	pools := callout.NewPools(o)
	f.verifier, err = verify.New(ctx, verify.Options{Domains: registry, Asker: pools, Store: f.db, Behind: behind, MaxEntries: 1000, Observe: f.seen.Add})
	check(t, err)
	check(t, f.db.AddToken(ctx, store.Token{ID: "old", Secret: sha256.Sum256([]byte(expired)), Label: "old", Role: "admin", Write: true,
		Created: time.Now().Add(-2 * time.Hour), Expires: time.Now().Add(-time.Hour)}))
	f.access, err = access.New(ctx, access.Options{Store: f.db, Log: log, Cost: access.Cost{MemoryKiB: 8, Passes: 1, Lanes: 1}})
	check(t, err)
	lookout := operate.NewLookout(f.verifier, pools, registry)
	past, err := history.New(ctx, history.Options{Gatherer: prometheus.NewRegistry(), Store: f.db, Log: log, Alerts: lookout.Alerts, Over: lookout.Over})
	check(t, err)
	f.desk = operate.New(operate.Options{Verifier: f.verifier, Domains: registry, Pools: pools, Access: f.access, Decisions: f.seen,
		History: past, Ward: &doctor.Ward{}, Doctor: doctor.Options{}, Log: log})
	f.api = api.New(api.Options{Desk: f.desk, Access: f.access, Log: log, Version: "test"})
	socket := httptest.NewUnstartedServer(f.api.Handler())
	root := &access.Actor{Name: "root", Role: access.RoleAdmin, Via: "socket"}
	socket.Config.BaseContext = func(net.Listener) context.Context { return api.WithActor(ctx, root) }
	socket.Start()
	listener := httptest.NewServer(f.api.Handler())
	f.url, f.open = socket.URL+"/api/v1/", listener.URL
	t.Cleanup(func() {
		f.desk.Close()
		http.DefaultClient.CloseIdleConnections()
		socket.Close()
		listener.Close()
		f.verifier.Close(ctx)
		pools.Close(ctx)
		behind.Close(ctx)
		past.Close(ctx)
		f.access.Close(ctx)
		f.db.Close()
	})
	return f
}

// syncBuffer is a log that several goroutines write.
type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *syncBuffer) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(b)
}

func (s *syncBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

// reply is what a request was answered.
type reply struct {
	status int
	header http.Header
	body   string
}

// request is one to be made. A path that begins with "/" is on the listener, else on the socket, below /api/v1.
type request struct {
	method, path, body string
	token              string
	header             map[string]string
	from               string // address of the client, "" for 127.0.0.1
}

// send makes a request.
func (f *fixture) send(t *testing.T, r request) reply {
	t.Helper()
	url := f.url + r.path
	if strings.HasPrefix(r.path, "/") {
		url = f.open + r.path
	}
	req, err := http.NewRequest(r.method, url, strings.NewReader(strings.ReplaceAll(r.body, "HOST", f.host)))
	check(t, err)
	if r.token != "" {
		req.Header.Set("Authorization", "Bearer "+r.token)
	}
	for name, value := range r.header {
		req.Header.Set(name, value)
	}
	client := http.DefaultClient
	if r.from != "" {
		d := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(r.from)}}
		client = &http.Client{Transport: &http.Transport{DialContext: d.DialContext, DisableKeepAlives: true}}
	}
	resp, err := client.Do(req)
	check(t, err)
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	check(t, err)
	return reply{resp.StatusCode, resp.Header, string(b)}
}

// do makes a request on the socket and returns its status, content type and body.
func (f *fixture) do(t *testing.T, method, path, body string) (int, string, string) {
	t.Helper()
	r := f.send(t, request{method: method, path: path, body: body})
	return r.status, r.header.Get("Content-Type"), r.body
}

func (f *fixture) decide(t testing.TB, recipient string) verify.Decision {
	t.Helper()
	r, err := address.Parse(recipient)
	check(t, err)
	return f.verifier.Decide(context.Background(), verify.Question{Recipient: r, Front: "test"})
}

// token makes a token for a role, of domains, and returns its secret.
func (f *fixture) token(t testing.TB, role access.Role, write bool, of ...string) string {
	t.Helper()
	secret, _, err := f.access.CreateToken(context.Background(), access.Token{Label: string(role), Role: role, Domains: of, Write: write})
	check(t, err)
	return secret
}

// step is a request and what it is answered. HOST stands for the destination.
type step struct {
	method, path, body string
	status             int
	want               []string
}

// steps makes requests in order.
func (f *fixture) steps(t *testing.T, all []step) {
	t.Helper()
	for _, step := range all {
		name := step.method + " " + step.path
		r := f.send(t, request{method: step.method, path: step.path, body: step.body})
		if r.status != step.status {
			t.Errorf("%s: %d %s; want %d", name, r.status, r.body, step.status)
		}
		for _, want := range step.want {
			if want = strings.ReplaceAll(want, "HOST", f.host); !strings.Contains(r.body, want) {
				t.Errorf("%s: %s; want %s", name, r.body, want)
			}
		}
		if step.status >= 400 {
			isProblem(t, name, r)
		}
	}
}

// isProblem checks that an answer is a problem detail.
func isProblem(t *testing.T, name string, r reply) api.Problem {
	t.Helper()
	var p api.Problem
	if err := json.Unmarshal([]byte(r.body), &p); err != nil || p.Status != r.status || p.Title == "" || p.Detail == "" ||
		strings.ContainsAny(p.Detail, "\r\n") || r.header.Get("Content-Type") != "application/problem+json" {
		t.Errorf("%s: %s %s is no problem detail", name, r.header.Get("Content-Type"), r.body)
	}
	return p
}
