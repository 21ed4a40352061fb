package api_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
	"testing"

	"callout/internal/address"
	"callout/internal/api"
	"callout/internal/callout"
	"callout/internal/config"
	"callout/internal/domains"
	"callout/internal/lab"
	"callout/internal/store"
	"callout/internal/store/sqlite"
	"callout/internal/verify"
)

// fixture is the API of a verifier in front of a destination, with domains of a file.
type fixture struct {
	url      string
	host     string // of the destination
	verifier *verify.Verifier
	db       *sqlite.Store
}

// plain is a file with one domain. HOST stands for the destination.
const plain = `
[[domain]]
name = "example.com"
destinations = ["HOST"]
`

func start(t *testing.T) *fixture { return startWith(t, plain, callout.Options{}) }

func startWith(t *testing.T, file string, o callout.Options) *fixture {
	t.Helper()
	ctx := context.Background()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	must(err)
	d := &lab.Destination{Hostname: "mx.example.com", Domains: map[string]lab.Domain{
		"example.com": {Mailboxes: []string{"john", "o'neil/2"}}, "example.org": {Mailboxes: []string{"john"}},
		"catchall.example": {CatchAll: true},
	}}
	go d.Serve(ln)
	t.Cleanup(d.Close)
	f := &fixture{host: ln.Addr().String()}
	c, err := config.Parse("callout.toml", []byte(strings.ReplaceAll(file, "HOST", f.host)))
	must(err)
	f.db, err = sqlite.Open(ctx, filepath.Join(t.TempDir(), "callout.db"))
	must(err)
	behind := store.NewBehind(f.db, store.BehindOptions{})
	registry, err := domains.New(ctx, f.db, behind, c.Domains, c.BuildDomain)
	must(err)
	pools := callout.NewPools(o)
	f.verifier, err = verify.New(ctx, verify.Options{Domains: registry, Asker: pools, Store: f.db, Behind: behind, MaxEntries: 1000})
	must(err)
	server := httptest.NewServer(api.New(f.verifier, registry, slog.New(slog.DiscardHandler), pools))
	f.url = server.URL + "/api/v1/"
	t.Cleanup(func() {
		server.Close()
		f.verifier.Close(ctx)
		pools.Close(ctx)
		behind.Close(ctx)
		f.db.Close()
	})
	return f
}

// do makes a request and returns its status, content type and body.
func (f *fixture) do(t *testing.T, method, path, body string) (int, string, string) {
	t.Helper()
	req, err := http.NewRequest(method, f.url+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, resp.Header.Get("Content-Type"), string(b)
}

func (f *fixture) decide(t *testing.T, recipient string) verify.Decision {
	t.Helper()
	r, err := address.Parse(recipient)
	if err != nil {
		t.Fatal(err)
	}
	return f.verifier.Decide(context.Background(), verify.Question{Recipient: r, Front: "test"})
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
		status, contentType, body := f.do(t, step.method, step.path, strings.ReplaceAll(step.body, "HOST", f.host))
		if status != step.status {
			t.Errorf("%s: %d %s; want %d", name, status, body, step.status)
		}
		for _, want := range step.want {
			if want = strings.ReplaceAll(want, "HOST", f.host); !strings.Contains(body, want) {
				t.Errorf("%s: %s; want %s", name, body, want)
			}
		}
		if status < 400 {
			continue
		}
		var p api.Problem
		if err := json.Unmarshal([]byte(body), &p); err != nil || p.Status != status || p.Title == "" || strings.ContainsAny(p.Detail, "\r") ||
			contentType != "application/problem+json" {
			t.Errorf("%s: %s %s is no problem detail", name, contentType, body)
		}
	}
}

// A session of requests in order.
func TestOperations(t *testing.T) {
	f := start(t)
	f.decide(t, "john@example.com")
	f.decide(t, "nobody@example.com")
	f.decide(t, "o'neil/2@example.com")
	f.steps(t, []step{
		{"GET", "domains", "", 200, []string{`"name":"example.com","origin":"file","destinations":[["HOST"]],"on_unknown":"defer","mode":"callout","enforce":true,"recipients":0,"catch_all":{"accepts":false`}},
		{"GET", "domains/EXAMPLE.com.", "", 200, []string{`"name":"example.com"`}},
		{"GET", "domains/elsewhere.example", "", 404, []string{"domain elsewhere.example is not served"}},
		{"GET", "domains/-", "", 400, []string{"is not a domain name"}},
		{"PUT", "domains/catchall.example", `{"destinations":["HOST"],"on_unknown":"accept"}`, 201, []string{`"origin":"store"`, `"on_unknown":"accept"`, `"spec":{"destinations":["HOST"],"on_unknown":"accept"}`}},
		{"PUT", "domains/catchall.example", `{"destinations":["HOST"]}`, 200, []string{`"on_unknown":"defer"`}},
		{"PUT", "domains/catchall.example", `{"destination":["HOST"]}`, 422, []string{"destination", "did you mean destinations?"}},
		{"PUT", "domains/catchall.example", `{"destinations":`, 422, []string{"catchall.example"}},
		{"PUT", "domains/catchall.example", strings.Repeat(" ", 1<<20) + "{}", 413, []string{"too large"}},
		{"PUT", "domains/example.com", `{"destinations":["HOST"]}`, 409, []string{"in the configuration file"}},
		{"DELETE", "domains/example.com", "", 409, []string{"in the configuration file"}},
		{"DELETE", "domains/catchall.example", "", 200, []string{`"removed":"catchall.example"`}},
		{"DELETE", "domains/catchall.example", "", 404, []string{"there is no such domain"}},

		{"GET", "verdicts/nobody@example.com", "", 200, []string{`"status":"invalid","code":550,"enhanced":"5.1.1"`, `"host":"HOST"`}},
		{"GET", "verdicts/" + url.PathEscape("o'neil/2@example.com"), "", 200, []string{`"status":"valid"`}},
		{"GET", "verdicts/never@example.com", "", 200, []string{`{"recipient":"never@example.com","status":"unknown"}`}},
		{"GET", "verdicts/john@elsewhere.example", "", 404, []string{"is not served"}},
		{"GET", "verdicts/john", "", 400, []string{"address without a domain"}},
		{"GET", "domains/example.com/verdicts", "", 200, []string{"john@example.com", "nobody@example.com", "o'neil/2@example.com"}},
		{"GET", "domains/example.com/verdicts?status=invalid", "", 200, []string{`{"verdicts":[{"recipient":"nobody@example.com"`}},
		{"GET", "domains/example.com/verdicts?query=NEIL", "", 200, []string{`{"verdicts":[{"recipient":"o'neil/2@example.com"`}},
		{"GET", "domains/example.com/verdicts?status=maybe", "", 400, []string{"neither valid nor invalid"}},
		{"GET", "domains/example.com/verdicts?limit=0", "", 400, []string{"limit"}},
		{"GET", "domains/example.com/verdicts?limit=1001", "", 400, []string{"limit"}},
		{"GET", "domains/example.com/verdicts?cursor=junk", "", 400, []string{"cursor"}},
		{"DELETE", "verdicts/NOBODY@example.com", "", 200, []string{`{"cleared":"NOBODY@example.com","stored":1}`}},
		{"GET", "verdicts/nobody@example.com", "", 200, []string{`"status":"unknown"`}},
		{"DELETE", "domains/example.com/verdicts", "", 200, []string{`{"cleared":"example.com"}`}},
		{"GET", "domains/example.com/verdicts", "", 200, []string{`{"verdicts":[]}`}},
		{"DELETE", "verdicts", "", 200, []string{`{"cleared":"everything"}`}},
	})
}

// Pages join into the whole list, without a gap or a repeat.
func TestPages(t *testing.T) {
	f := start(t)
	for n := range 25 {
		f.decide(t, fmt.Sprintf("user%02d@example.com", n))
	}
	var got []string
	cursor := ""
	for range 10 {
		_, _, body := f.do(t, "GET", "domains/example.com/verdicts?limit=10&cursor="+url.QueryEscape(cursor), "")
		var page api.VerdictPage
		if err := json.Unmarshal([]byte(body), &page); err != nil {
			t.Fatal(err)
		}
		for _, v := range page.Verdicts {
			got = append(got, v.Recipient)
		}
		if cursor = page.Next; cursor == "" {
			break
		}
	}
	if len(got) != 25 {
		t.Errorf("%d verdicts: %v", len(got), got)
	}
	for n, r := range got {
		if want := fmt.Sprintf("user%02d@example.com", n); r != want {
			t.Errorf("verdict %d is %s; want %s", n, r, want)
		}
	}
}

// A store that can't be written refuses clears and changes: they could not be made durable.
func TestStoreThatFails(t *testing.T) {
	f := start(t)
	f.decide(t, "john@example.com")
	f.db.Close()
	for _, step := range [][2]string{{"DELETE", "verdicts/john@example.com"}, {"DELETE", "domains/example.com/verdicts"}, {"DELETE", "verdicts"}} {
		if status, _, body := f.do(t, step[0], step[1], ""); status != 500 {
			t.Errorf("%v: %d %s", step, status, body)
		}
	}
	if status, _, body := f.do(t, "PUT", "domains/new.example", fmt.Sprintf(`{"destinations":[%q]}`, f.host)); status != 500 {
		t.Errorf("PUT: %d %s", status, body)
	}
	if status, _, _ := f.do(t, "GET", "domains/new.example", ""); status != 404 {
		t.Error("a domain that could not be stored is served")
	}
}
