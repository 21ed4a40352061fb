package test

import (
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os/exec"
	"strings"
	"testing"
	"time"

	"callout/test/browser"
)

// webPassword is that of every user of these tests.
const webPassword = "correct horse battery"

// browserPatience is the most that one step in a browser may take. Other tests run meanwhile.
const browserPatience = 40 * time.Second

// startPages starts a server whose pages "admin" may log in to. The first admin is made as an operator makes it.
func startPages(t *testing.T, tables string) *server {
	t.Helper()
	s := startServer(t, tables)
	s.addUser(t, "admin", "--role", "admin")
	return s
}

// addUser makes a user with webPassword by the admin socket.
func (s *server) addUser(t *testing.T, name string, flags ...string) {
	t.Helper()
	cmd := exec.Command(program, append([]string{"user", "add", name, "--password-stdin", "-c", s.config}, flags...)...)
	cmd.Stdin = strings.NewReader(webPassword + "\n")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("callout user add %s: %v\n%s", name, err, out)
	}
}

// bothWays runs a test with JavaScript and without.
func bothWays(t *testing.T, test func(t *testing.T, o browser.Options)) {
	for name, o := range map[string]browser.Options{"script": {}, "no script": {NoScript: true}} {
		o.Within = browserPatience
		t.Run(name, func(t *testing.T) { test(t, o) })
	}
}

// logIn opens a browser of its own and logs a user in.
func logIn(t *testing.T, addr, user string, o browser.Options) *browser.Page {
	t.Helper()
	p := browser.Open(t, "http://"+addr, o)
	p.Go("/login")
	p.Fill("Name", user)
	p.Fill("Password", webPassword)
	p.Click("Log in")
	p.WaitText("Log out")
	return p
}

// visitor asks for pages without a browser, so that it can ask for what no page offers.
type visitor struct {
	t      *testing.T
	base   string
	client *http.Client
}

// newVisitor logs a user in.
func newVisitor(t *testing.T, s *server, user string) *visitor {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	v := &visitor{t: t, base: "http://" + s.http, client: &http.Client{
		Jar: jar, Timeout: time.Minute,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
	t.Cleanup(v.client.CloseIdleConnections)
	if a := v.post("/login", url.Values{"name": {user}, "password": {webPassword}}); a.status != http.StatusSeeOther {
		t.Fatalf("log in as %s: %s", user, a)
	}
	return v
}

// answer is what a server said to a request.
type answer struct {
	status   int
	location string
	body     string
}

func (a answer) String() string {
	return http.StatusText(a.status) + " " + a.location + "\n" + a.body
}

func (v *visitor) get(path string) answer {
	v.t.Helper()
	r, err := http.NewRequest(http.MethodGet, v.base+path, nil)
	if err != nil {
		v.t.Fatal(err)
	}
	return v.do(r)
}

func (v *visitor) post(path string, form url.Values) answer {
	v.t.Helper()
	r, err := http.NewRequest(http.MethodPost, v.base+path, strings.NewReader(form.Encode()))
	if err != nil {
		v.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return v.do(r)
}

func (v *visitor) do(r *http.Request) answer {
	v.t.Helper()
	resp, err := v.client.Do(r)
	if err != nil {
		v.t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.Header.Get("Content-Type") == "text/event-stream" { // it has no end
		return answer{status: resp.StatusCode}
	}
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		v.t.Fatalf("%s %s: %v", r.Method, r.URL, err)
	}
	return answer{resp.StatusCode, resp.Header.Get("Location"), string(body)}
}
