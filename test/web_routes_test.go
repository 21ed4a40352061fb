package test

import (
	"bytes"
	"html"
	"mime/multipart"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// webRoute is a pattern of the pages, and requests of it that reach for what is foreign. {host} and {token} stand for the
// foreign ones.
type webRoute struct {
	pattern string
	paths   []string
	forms   []string // of a POST, each is sent to each path
	upload  bool     // the form is a file
	own     bool     // it does something to what is the user's own: owner is not for them to say
}

func (r *webRoute) method() string {
	method, _, _ := strings.Cut(r.pattern, " ")
	return method
}

var webRoutes = []webRoute{
	{pattern: "GET /{$}", paths: []string{"/", "/?span=day"}},
	{pattern: "GET /charts/{span}", paths: []string{"/charts/hour", "/charts/rival.test", "/charts/hour?domain=rival.test"}},
	{pattern: "POST /pause", paths: []string{"/pause"}, forms: []string{"length=1h", "length=1h&domain=rival.test"}},
	{pattern: "POST /resume", paths: []string{"/resume"}, forms: []string{"", "domain=rival.test"}},

	{pattern: "GET /domains", paths: []string{"/domains", "/domains?q=rival", "/domains?standing=paused", "/domains?sort=trouble", "/domains?after=m", "/domains?before=rz"}},
	{pattern: "GET /domains/new", paths: []string{"/domains/new", "/domains/new?name=rival.test"}},
	{pattern: "POST /domains/new", paths: []string{"/domains/new"}, forms: []string{"name=rival.test&destinations={host}", "name=rival-too.test&mode=off"}},
	{pattern: "GET /domains/{domain}", paths: []string{"/domains/rival.test", "/domains/rival-too.test", "/domains/RIVAL.test.", "/domains/rival.test%2F..%2Fmine.test"}},
	{pattern: "GET /domains/{domain}/edit", paths: []string{"/domains/rival.test/edit"}},
	{pattern: "POST /domains/{domain}/edit", paths: []string{"/domains/rival.test/edit"}, forms: []string{"mode=off", "was=0&destinations=127.0.0.1:1"}},
	{pattern: "GET /domains/{domain}/remove", paths: []string{"/domains/rival.test/remove"}},
	{pattern: "POST /domains/{domain}/remove", paths: []string{"/domains/rival.test/remove", "/domains/rival-too.test/remove"}, forms: []string{"", "typed=rival.test"}},
	{pattern: "POST /domains/{domain}/pause", paths: []string{"/domains/rival.test/pause"}, forms: []string{"length=30m"}},
	{pattern: "POST /domains/{domain}/resume", paths: []string{"/domains/rival.test/resume"}, forms: []string{""}},
	{pattern: "GET /domains/{domain}/verdicts", paths: []string{"/domains/rival.test/verdicts", "/domains/rival-too.test/verdicts?q=secret&how=anywhere"}},
	{pattern: "GET /domains/{domain}/clear", paths: []string{"/domains/rival.test/clear?what=all", "/domains/rival.test/clear?what=invalid"}},
	{pattern: "POST /domains/{domain}/clear", paths: []string{"/domains/rival.test/clear", "/domains/rival-too.test/clear"},
		forms: []string{"what=all&sure=yes", "what=invalid&sure=yes", "what=selected&sure=yes&sel=secret@rival.test", "one=secret@rival.test", "what=all"}},
	{pattern: "POST /domains/{domain}/clear", paths: []string{"/domains/mine.test/clear"},
		forms: []string{"what=selected&sure=yes&sel=secret@rival.test", "one=secret@rival.test", "what=selected&sure=yes&sel=good@mine.test&sel=secret@rival.test"}},
	{pattern: "GET /domains/{domain}/recipients", paths: []string{"/domains/rival.test/recipients", "/domains/rival.test/recipients?q=secret"}},
	{pattern: "POST /domains/{domain}/recipients", paths: []string{"/domains/rival.test/recipients"}, forms: []string{"do=add&add=x", "do=remove&sel=secret-list"}},
	{pattern: "POST /domains/{domain}/recipients", paths: []string{"/domains/mine.test/recipients"}, forms: []string{"do=add&add=x@rival.test"}},
	{pattern: "POST /domains/{domain}/recipients/import", upload: true, paths: []string{"/domains/rival.test/recipients/import"}, forms: []string{"x\ny\n"}},
	{pattern: "POST /domains/{domain}/recipients/import", upload: true, paths: []string{"/domains/mine.test/recipients/import"}, forms: []string{"x@rival.test\n"}},
	{pattern: "GET /domains/{domain}/recipients.csv", paths: []string{"/domains/rival.test/recipients.csv", "/domains/rival-too.test/recipients.csv"}},
	{pattern: "GET /domains/{domain}/doctor", paths: []string{"/domains/rival.test/doctor"}},
	{pattern: "POST /domains/{domain}/doctor", paths: []string{"/domains/rival.test/doctor"}, forms: []string{"good=secret@rival.test", "all=on"}},

	{pattern: "GET /recipients/{address}", paths: []string{"/recipients/secret@rival.test", "/recipients/secret@rival-too.test", "/recipients/%22secret%22@RIVAL.test"}},
	{pattern: "POST /recipients/{address}/clear", paths: []string{"/recipients/secret@rival.test/clear"}, forms: []string{""}},
	{pattern: "POST /recipients/{address}/test", paths: []string{"/recipients/secret@rival.test/test", "/recipients/secret.not@rival-too.test/test"}, forms: []string{"fresh=on"}},
	{pattern: "GET /test", paths: []string{"/test", "/test?recipient=secret@rival.test"}},
	{pattern: "POST /test", paths: []string{"/test"}, forms: []string{"recipient=secret@rival.test&fresh=on", "recipient=secret@rival.test",
		"recipient=secret&domain=rival.test&fresh=on", "recipient=secret@rival-too.test&domain=mine.test"}},
	{pattern: "GET /search", paths: []string{"/search?q=rival.test", "/search?q=secret@rival.test", "/search?q=rival-too.test", "/search?q={host}"}},

	{pattern: "GET /destinations", paths: []string{"/destinations", "/destinations?q=127.0.0.1", "/destinations?q=rival"}},
	{pattern: "GET /destinations/{host}", paths: []string{"/destinations/{host}"}},
	{pattern: "POST /destinations/{host}/forget", paths: []string{"/destinations/{host}/forget"}, forms: []string{""}},
	{pattern: "GET /cache", paths: []string{"/cache", "/cache?q=rival.test", "/cache?q=rival", "/cache?q=secret@rival.test"}},
	{pattern: "GET /cache/clear", paths: []string{"/cache/clear"}},
	{pattern: "POST /cache/clear", paths: []string{"/cache/clear"}, forms: []string{"typed=everything"}},
	{pattern: "GET /decisions", paths: []string{"/decisions", "/decisions?domain=rival.test", "/decisions?recipient=secret@rival.test", "/decisions?q=secret", "/decisions?domain=rival-too.test&action=accept"}},
	{pattern: "GET /decisions/tail", paths: []string{"/decisions/tail?domain=rival.test", "/decisions/tail?recipient=secret@rival.test"}},
	{pattern: "GET /alerts", paths: []string{"/alerts", "/alerts?after=1"}},

	{pattern: "GET /access", paths: []string{"/access", "/access?q=rival"}},
	{pattern: "GET /access/users/new", paths: []string{"/access/users/new"}},
	{pattern: "POST /access/users/new", paths: []string{"/access/users/new"}, forms: []string{
		"name=rival&role=domain&domains=mine.test&password=something+long", "name=rival-x&role=admin&password=something+long"}},
	{pattern: "GET /access/users/{name}/edit", paths: []string{"/access/users/rival/edit"}},
	{pattern: "POST /access/users/{name}/edit", paths: []string{"/access/users/rival/edit"}, forms: []string{"role=domain&domains=mine.test&password=something+long"}},
	{pattern: "POST /access/users/{name}/edit", paths: []string{"/access/users/mine/edit"}, forms: []string{"role=domain&domains=mine.test%0Arival.test", "role=admin"}},
	{pattern: "GET /access/users/{name}/remove", paths: []string{"/access/users/rival/remove"}},
	{pattern: "POST /access/users/{name}/remove", paths: []string{"/access/users/rival/remove"}, forms: []string{"", "typed=rival"}},
	{pattern: "GET /access/tokens", paths: []string{"/access/tokens", "/access/tokens?owner=rival", "/access/tokens?q=rival"}},
	{pattern: "GET /access/tokens/new", paths: []string{"/access/tokens/new"}},
	{pattern: "POST /access/tokens/new", paths: []string{"/access/tokens/new"}, forms: []string{
		"label=x&may=write&expires=30d&domains=rival.test", "label=x&may=read&expires=30d&role=admin"}},
	{pattern: "POST /access/tokens/new", paths: []string{"/access/tokens/new"}, forms: []string{"label=x&may=read&expires=30d&owner=rival"}, own: true},
	{pattern: "GET /access/tokens/{id}/revoke", paths: []string{"/access/tokens/{token}/revoke"}},
	{pattern: "POST /access/tokens/{id}/revoke", paths: []string{"/access/tokens/{token}/revoke"}, forms: []string{""}},
	{pattern: "GET /access/audit", paths: []string{"/access/audit", "/access/audit?q=rival"}},
	{pattern: "GET /account", paths: []string{"/account", "/account?name=rival"}},
	{pattern: "POST /account", paths: []string{"/account"}, forms: []string{"name=rival&old=wrong+password&new=something+long&again=something+long"}},
}

// at puts the foreign host and token into a path or a form.
func (f *foreign) at(text string) string {
	return strings.NewReplacer("{host}", url.PathEscape(f.host), "{token}", f.token).Replace(text)
}

// upload posts a form with a field and a file.
func (v *visitor) upload(path, name, value, file string) answer {
	v.t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	w.SetBoundary("the-same-each-time")
	w.WriteField(name, value)
	part, err := w.CreateFormFile("file", "list.csv")
	if err != nil {
		v.t.Fatal(err)
	}
	part.Write([]byte(file))
	w.Close()
	r, err := http.NewRequest(http.MethodPost, v.base+path, &b)
	if err != nil {
		v.t.Fatal(err)
	}
	r.Header.Set("Content-Type", w.FormDataContentType())
	return v.do(r)
}

// webMux knows the patterns of the table, and what else the HTTP listener serves.
func webMux() *http.ServeMux {
	mux := http.NewServeMux()
	handled := map[string]bool{}
	for _, pattern := range []string{"/api/", "/static/", "GET /login", "POST /login", "POST /logout"} {
		mux.Handle(pattern, http.NotFoundHandler())
	}
	for _, r := range webRoutes {
		if !handled[r.pattern] {
			mux.Handle(r.pattern, http.NotFoundHandler())
		}
		handled[r.pattern] = true
	}
	return mux
}

// The table has every pattern that there is.
func TestEveryRouteOfThePagesIsTriedWithWhatIsForeign(t *testing.T) {
	t.Parallel()
	sources, err := filepath.Glob("../internal/web/*.go")
	if err != nil || len(sources) == 0 {
		t.Fatalf("no sources of the pages: %v", err)
	}
	tried := map[string]bool{}
	for _, r := range webRoutes {
		tried[r.pattern] = true
	}
	pattern := regexp.MustCompile(`"((?:GET|POST|PUT|PATCH|DELETE) /[^"]*)":`)
	found := 0
	for _, path := range sources {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range pattern.FindAllStringSubmatch(string(b), -1) {
			found++
			if !tried[m[1]] {
				t.Errorf("%s: the route %q is not in the table", path, m[1])
			}
		}
	}
	if found < len(tried) {
		t.Errorf("%d routes are in the sources, and %d in the table", found, len(tried))
	}
}

var links = regexp.MustCompile(`(?:href|action|hx-get|hx-post|data-tail|data-chart)="(/[^"]*)"`)

// mostLinks bounds a crawl.
const mostLinks = 400

// crawl follows the links of an admin's pages and returns them all. It complains of those that no known pattern fits.
func (f *foreign) crawl(t *testing.T, known *http.ServeMux) map[string]bool {
	t.Helper()
	seen, todo := map[string]bool{}, []string{"/"}
	for len(todo) > 0 && len(seen) < mostLinks {
		path := todo[0]
		todo = todo[1:]
		if skip := strings.HasPrefix(path, "/decisions/tail") || strings.HasPrefix(path, "/static/") || strings.HasPrefix(path, "/api/"); skip || seen[path] {
			continue
		}
		seen[path] = true
		a := f.admin.get(path)
		if a.location != "" {
			todo = append(todo, a.location)
		}
		for _, m := range links.FindAllStringSubmatch(a.body, -1) {
			link, _, _ := strings.Cut(html.UnescapeString(m[1]), "#")
			if !serves(known, link) {
				t.Errorf("%s leads to %s, which is of no route in the table", path, link)
			}
			if !seen[link] && !slices.Contains(todo, link) && strings.HasPrefix(m[0], "href") {
				todo = append(todo, link)
			}
		}
	}
	return seen
}

// serves reports whether a pattern fits a link, by GET or by POST.
func serves(mux *http.ServeMux, link string) bool {
	for _, method := range []string{http.MethodGet, http.MethodPost} {
		r, err := http.NewRequest(method, "http://127.0.0.1"+link, nil)
		if err != nil {
			return false
		}
		if _, pattern := mux.Handler(r); pattern != "" && pattern != "/" {
			return true
		}
	}
	return false
}
