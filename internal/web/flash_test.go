package web

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestWhatWasDoneIsShownOnce(t *testing.T) {
	s := newTestShell(t, nil)
	w := httptest.NewRecorder()
	s.SetFlash(w, httptest.NewRequest("POST", "/", nil), DoneCleared, 12040)
	r := httptest.NewRequest("GET", "/", nil)
	r.AddCookie(w.Result().Cookies()[0])
	script := r.Clone(t.Context())
	script.Header.Set("HX-Request", "true")
	if got := s.TakeFlash(httptest.NewRecorder(), script); got != "" {
		t.Errorf("a request of a script took it: %q", got)
	}
	w = httptest.NewRecorder()
	if got, want := s.TakeFlash(w, r), "Cleared: 12"+thin+"040 cached verdicts went."; !strings.HasPrefix(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	if c := w.Result().Cookies(); len(c) != 1 || c[0].MaxAge >= 0 || !c[0].HttpOnly || c[0].SameSite != http.SameSiteStrictMode {
		t.Errorf("not forgotten: %v", c)
	}
}

func TestNoTextOfACookieIsShown(t *testing.T) {
	s := newTestShell(t, nil)
	for _, value := range []string{"", "x.1", "<b>.1", "cleared", "cleared.x", "cleared.1.2", "imported.1.2", "imported.1.2.3.4", "imported-below.1.2.3", "imported.1.2.x", "cleared.99999999999999999999", ".", "The server was sold.0"} {
		r := httptest.NewRequest("GET", "/", nil)
		r.Header.Set("Cookie", flashCookie+"="+value)
		if got := s.TakeFlash(httptest.NewRecorder(), r); got != "" {
			t.Errorf("%q: %q", value, got)
		}
	}
}

func TestEverySentenceCountsWell(t *testing.T) {
	for done, sentence := range sentences {
		for _, n := range []int64{0, 1, 1204} {
			if got := counted(sentence, n, n, n, n); strings.ContainsAny(got, "{|}") || !strings.HasSuffix(got, ".") {
				t.Errorf("%s: %q", done, got)
			}
		}
	}
}
