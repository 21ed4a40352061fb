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

// Where plain HTTP is allowed from other machines, the session of a browser that came by TLS, which a proxy may speak, stays
// within it all the same.
func TestTheSessionOfWhoCameByTLSStaysWithinIt(t *testing.T) {
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
