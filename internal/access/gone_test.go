package access_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"
)

// Browsers give up what they asked for when somebody goes on to another page.
func TestABrowserThatHasGoneIsNoError(t *testing.T) {
	h := newHouse(t)
	b := newBrowser(h)
	b.enter(h.user("anna"))
	ctx, leave := context.WithCancel(t.Context())
	leave()
	r := httptest.NewRequestWithContext(ctx, http.MethodGet, "/", nil)
	r.AddCookie(b.cookie)
	b.m.LoadAndSave(http.NotFoundHandler()).ServeHTTP(httptest.NewRecorder(), r)
	if log := h.log.String(); log != "" {
		t.Errorf("the log has %s", log)
	}
}
