package access_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/alexedwards/scs/v2"

	"callout/internal/access"
)

// browser keeps the cookie of a session between requests, which reach the session manager without a network.
type browser struct {
	h      *house
	m      *scs.SessionManager
	cookie *http.Cookie
}

func newBrowser(h *house) *browser { return &browser{h: h, m: h.Sessions(true)} }

// another is a second browser at the same server.
func (b *browser) another() *browser { return &browser{h: b.h, m: b.m} }

// restarted goes on with the server that is there after a restart.
func (b *browser) restarted() { b.m = b.h.Sessions(true) }

// get makes a request that f answers.
func (b *browser) get(f http.HandlerFunc) {
	r := httptest.NewRequestWithContext(b.h.t.Context(), "GET", "/", nil)
	if b.cookie != nil {
		r.AddCookie(b.cookie)
	}
	w := httptest.NewRecorder()
	b.m.LoadAndSave(f).ServeHTTP(w, r)
	for _, c := range w.Result().Cookies() {
		b.cookie = c
		if c.MaxAge < 0 {
			b.cookie = nil
		}
	}
}

func (b *browser) enter(u access.User) {
	b.h.t.Helper()
	b.get(func(_ http.ResponseWriter, r *http.Request) { check(b.h.t, b.h.Enter(r.Context(), b.m, u)) })
}

// wantUser checks whose session it is; "" stands for none.
func (b *browser) wantUser(name string) {
	b.h.t.Helper()
	b.get(func(_ http.ResponseWriter, r *http.Request) { wantOf(b.h.t, b.h, b.m, r, name) })
}

func wantOf(t *testing.T, h *house, m *scs.SessionManager, r *http.Request, name string) {
	t.Helper()
	if u, ok := h.Of(r.Context(), m); ok != (name != "") || u.Name != name {
		t.Errorf("the session is that of %q, %v; want %q", u.Name, ok, name)
	}
}
