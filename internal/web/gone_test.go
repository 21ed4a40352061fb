package web

import (
	"bytes"
	"log/slog"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

// gone is the connection of a browser that has gone away: what is written to it arrives nowhere.
type gone struct {
	http.ResponseWriter
	wrote bytes.Buffer // what was tried
}

func (g *gone) Write(b []byte) (int, error) {
	g.wrote.Write(b)
	return 0, http.ErrHandlerTimeout
}

// Who goes away in the middle of an answer that is told line by line is no fault of the server, and gets no page behind it.
func TestWhoGoesAwayIsNoError(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	var log bytes.Buffer
	logger := slog.New(slog.NewTextHandler(&log, nil))
	shell, err := NewShell(ShellOptions{Log: logger})
	check(t, err)
	pages := New(Options{Shell: shell, Desk: h.Desk, Access: h.Access, Log: logger}).Handler()
	u, err := url.Parse(h.URL)
	check(t, err)
	for name, r := range map[string]*http.Request{
		"a test":         h.Admin.form("/test", []string{"recipient", "john@example.com", "fresh", "on"}),
		"a known answer": h.Admin.form("/test", []string{"recipient", "john@example.com"}),
		"a bad address":  h.Admin.form("/test", []string{"recipient", "@"}),
		"the doctor":     h.Admin.form("/domains/example.com/doctor", nil),
		"an import":      uploading(t, h.URL+"/domains/list.test/recipients/import", "john\n"),
	} {
		for _, c := range h.Admin.client.Jar.Cookies(u) {
			r.AddCookie(c)
		}
		r.Header.Set("Accept", "text/event-stream")
		w := &gone{ResponseWriter: httptest.NewRecorder()}
		pages.ServeHTTP(w, r)
		if said := w.wrote.String(); !strings.HasPrefix(said, "event: ") || strings.Contains(said, "<html") {
			t.Errorf("%s: told %q", name, said)
		}
		if log.Len() > 0 {
			t.Errorf("%s: %s", name, log.String())
			log.Reset()
		}
	}
}

// uploading is a request that adds the lines of a file.
func uploading(t *testing.T, at, lines string) *http.Request {
	t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	check(t, form.WriteField("how", "add"))
	part, err := form.CreateFormFile("file", "list.csv")
	check(t, err)
	_, err = part.Write([]byte(lines))
	check(t, err)
	check(t, form.Close())
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, at, &body)
	check(t, err)
	r.Header.Set("Content-Type", form.FormDataContentType())
	return r
}

// Who has to log in again comes back to the page on which they were.
func TestTheLoginLeadsBackToThePageThatAFormStoodOn(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	list := h.URL + "/domains?q=x&sort=-name"
	h.Stranger.postAs("Referer", h.URL+"/domains/example.com", "/domains/example.com/pause", "length", "1h").at("/login?next=%2Fdomains%2Fexample.com")
	h.Stranger.postAs("Referer", list, "/test", "recipient", "x").at("/login?next=" + url.QueryEscape("/domains?q=x&sort=-name"))
	for _, elsewhere := range []string{"", "https://elsewhere.test/domains", h.URL + "//elsewhere.test/", h.URL + "/login?next=%2Fcache", "/domains", "::"} {
		h.Stranger.postAs("Referer", elsewhere, "/test", "recipient", "x").at("/login")
	}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, h.URL+"/domains?q=xy", nil)
	check(t, err)
	r.Header.Set("HX-Request", "true")
	r.Header.Set("HX-Current-URL", list)
	r.Header.Set("Referer", h.URL+"/cache")
	if got, want := h.Stranger.do(r).head.Get("HX-Redirect"), "/login?next="+url.QueryEscape("/domains?q=x&sort=-name"); got != want {
		t.Errorf("led to %q, want %q", got, want)
	}
}

// What is refused before it is known who asks shows their navigation all the same, and no way to the login to those who may
// have logged in.
func TestWhatIsRefusedAtTheDoorKeepsTheNavigation(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	large := strings.Repeat("x", formLimit+1)
	for who, v := range map[string]*visitor{"admin": h.Admin, "user": h.User} {
		v.post("/test", "recipient", large).status(http.StatusRequestEntityTooLarge).shows("Log out", who, "The request is too large")
		v.postAs("Sec-Fetch-Site", "cross-site", "/test", "recipient", "x").status(http.StatusForbidden).shows("Log out", who)
	}
	h.User.post("/test", "recipient", large).hides("/destinations")
	h.Stranger.post("/test", "recipient", large).status(http.StatusRequestEntityTooLarge).hides("Log in", "Log out")
	h.Stranger.postAs("Sec-Fetch-Site", "cross-site", "/test", "recipient", "x").status(http.StatusForbidden).hides("Log in", "Log out")
	h.User.post("/logout")
	h.User.post("/test", "recipient", large).hides("Log out", "example.com")
}

// Open alerts come in pages: there may be one for every domain.
func TestOpenAlertsArePaged(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for i := range openAlerts + 50 {
		h.put("many-"+string(rune('a'+i/26))+string(rune('a'+i%26))+".test", `{"mode": "list"}`)
	}
	first := h.Admin.get("/alerts").status(http.StatusOK).shows("151 open alerts")
	second := h.Admin.get(first.link("Next →")).at("/alerts?open=2")
	for page, want := range map[*seen]int{first: openAlerts, second: 51} {
		if n := strings.Count(page.Body, "Open the domain"); n != want {
			t.Errorf("%d alerts, want %d", n, want)
		}
	}
	if a, b := first.text(), second.text(); !contains(a, "many-aa.test") || contains(b, "many-aa.test") {
		t.Error("the pages are not one after the other")
	}
	h.Admin.get(second.link("← Previous")).shows("many-aa.test")
	for _, n := range []string{"-1", "x", "0"} {
		h.Admin.get("/alerts?open="+n).status(http.StatusOK).shows("151 open alerts", "many-aa.test")
	}
	for _, n := range []string{"999", "99999999999999999999"} {
		h.Admin.get("/alerts?open=" + n).status(http.StatusOK).shows("151 open alerts").hides("many-aa.test")
	}
	h.User.get("/alerts?open=2").shows("Nothing to look at").hides("many-")
}

// A user who was removed or made while a form was open is neither brought back by it nor changed.
func TestAFormOfAUserActsOnWhoIsThere(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.Admin.post("/access/users/new", "name", "USER", "role", "admin", "password", "another password").status(http.StatusConflict).shows("is there already")
	h.Admin.post("/access/users/ghost/edit", "role", "admin", "password", "another password").status(http.StatusNotFound)
	if u, _ := h.Access.User("user"); string(u.Role) != "domain" {
		t.Errorf("user is %+v", u)
	}
	if _, there := h.Access.User("ghost"); there {
		t.Error("ghost is there")
	}
	h.Admin.post("/access/users/user/edit", "role", "admin", "domains", "").at("/access").shows("Saved.")
	if u, _ := h.Access.User("user"); string(u.Role) != "admin" || len(u.Domains) > 0 {
		t.Errorf("user is %+v", u)
	}
	h.Admin.post("/access/users/user/edit", "role", "", "domains", "").status(http.StatusUnprocessableEntity)
}
