package web

import (
	"crypto/tls"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

// A browser beside the server may keep its session without TLS: Safari drops a cookie that is to stay within it. Nobody else may.
func TestOnlyABrowserOnThisMachineHasCookiesWithoutTLS(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	shell, err := NewShell(ShellOptions{Log: slog.New(slog.DiscardHandler), TLS: true})
	check(t, err)
	pages := New(Options{Shell: shell, Desk: h.Desk, Access: h.Access, Secure: true, Log: slog.New(slog.DiscardHandler)}).Handler()
	for _, c := range []struct {
		host, header, value string
		http10, tls, open   bool
	}{
		{host: "localhost", open: true}, {host: "localhost:8025", open: true}, {host: "LocalHost.:8025", open: true}, {host: "mail.localhost:80", open: true},
		{host: "127.0.0.1:8025", open: true}, {host: "127.9.9.9", open: true}, {host: "[::1]", open: true}, {host: "[::1]:8025", open: true},
		{host: "localhost", tls: true}, {host: "127.0.0.1:8025", tls: true},
		{host: "127.0.0.1:8025", header: "X-Forwarded-For"}, {host: "localhost", header: "X-Forwarded-Proto"}, {host: "[::1]:8025", header: "Forwarded"},
		{host: "127.0.0.1:8025", header: "Via"}, {host: "127.0.0.1:8025", header: "X-Real-IP"}, {host: "127.0.0.1:8025", http10: true},
		{host: "127.0.0.1:8025", header: "Origin", value: "http://127.0.0.1:8025", open: true},
		{host: "localhost", header: "Referer", value: "http://localhost/login?next=/", open: true},
		{host: "127.0.0.1:8025", header: "Origin", value: "https://filter.example.net"}, {host: "localhost", header: "Origin", value: "https://localhost"},
		{host: "127.0.0.1:8025", header: "Origin", value: "http://filter.example.net"}, {host: "127.0.0.1:80", header: "Origin", value: "http://127.0.0.1:8025"},
		{host: "127.0.0.1:8025", header: "Referer", value: "https://filter.example.net/login"}, {host: "127.0.0.1:8025", header: "Origin", value: "null"},
		{host: "filter.example.net"}, {host: "192.0.2.1:8025"}, {host: "[2001:db8::1]:8025"}, {host: "0.0.0.0:8025"}, {host: "[::]"}, {host: "128.0.0.1"},
		{host: "localhost.example.net"}, {host: "notlocalhost"}, {host: "127.0.0.1.example.net"}, {host: "127.1"}, {host: ""},
	} {
		w := httptest.NewRecorder()
		r := httptest.NewRequest(http.MethodPost, "/login", strings.NewReader(url.Values{"name": {"admin"}, "password": {housePassword}}.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		if r.Host = c.host; c.header != "" {
			r.Header.Set(c.header, c.value)
			r.Header.Set("Sec-Fetch-Site", "same-origin") // as the browser sees it
		}
		if c.http10 {
			r.Proto, r.ProtoMajor, r.ProtoMinor = "HTTP/1.0", 1, 0
		}
		if c.tls {
			r.TLS = &tls.ConnectionState{}
		}
		pages.ServeHTTP(w, r)
		flash := httptest.NewRecorder()
		shell.SetFlash(flash, r, DoneSaved, 0)
		cookies := append(w.Result().Cookies(), flash.Result().Cookies()...)
		if len(cookies) != 2 {
			t.Fatalf("%+v: status %d, cookies %v", c, w.Code, cookies)
		}
		for _, cookie := range cookies {
			if cookie.Secure == c.open {
				t.Errorf("%+v: the cookie is %s", c, cookie)
			}
		}
	}
}

func TestABrowserThatKeepsNoCookieIsToldSo(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	const says = "Your browser did not keep the session."
	h.Stranger.get("/login").status(http.StatusOK).hides(says)
	h.Stranger.client.Jar = nil
	page := h.Stranger.post("/login", "name", "admin", "password", housePassword, "next", "/cache").status(http.StatusOK).shows(says, "Log in")
	if page.URL.Path != "/login" || !contains(page.Body, `name="next" value="/cache"`) {
		t.Errorf("it is at %s, and the way on is gone:\n%s", page.URL, page.Body)
	}
	h.Stranger.post("/login", "name", "admin", "password", "wrong password").status(http.StatusUnauthorized).hides(says)
	again := h.visitor()
	again.post("/login", "name", "admin", "password", housePassword, "next", "/cache").at("/cache").hides(says)
	for _, next := range []string{"https://elsewhere.test/", "//elsewhere.test", `/\\elsewhere.test`} {
		again.get("/login?entered=1&next=" + url.QueryEscape(next)).at("/").hides(says)
	}
}

// Where plain HTTP is allowed from other machines, the session of a browser that came by TLS, which a proxy may speak, stays
// within it all the same.
func TestTheSessionOfWhoCameByTLSStaysWithinIt(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	pages := New(Options{Shell: newTestShell(t, nil), Desk: h.Desk, Access: h.Access, Log: slog.New(slog.DiscardHandler)}).Handler()
	for _, encrypted := range []bool{true, false} {
		request := func(method, path, form string) *http.Request {
			r := httptest.NewRequest(method, path, strings.NewReader(form))
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			if encrypted {
				r.TLS = &tls.ConnectionState{}
			}
			return r
		}
		w := httptest.NewRecorder()
		pages.ServeHTTP(w, request(http.MethodPost, "/login", url.Values{"name": {"admin"}, "password": {housePassword}}.Encode()))
		cookies := w.Result().Cookies()
		if len(cookies) != 1 || cookies[0].Secure != encrypted {
			t.Fatalf("by TLS %v: %d, cookies %v", encrypted, w.Code, cookies)
		}
		r := request(http.MethodGet, "/domains", "")
		r.AddCookie(cookies[0])
		w = httptest.NewRecorder()
		if pages.ServeHTTP(w, r); w.Code != http.StatusOK {
			t.Errorf("by TLS %v: with the cookie /domains is %d", encrypted, w.Code)
		}
	}
}
