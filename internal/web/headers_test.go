package web

import (
	"crypto/tls"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

var wantHeaders = map[string]string{
	"Content-Security-Policy":      contentPolicy,
	"X-Content-Type-Options":       "nosniff",
	"Referrer-Policy":              "same-origin",
	"Cross-Origin-Opener-Policy":   "same-origin",
	"Cross-Origin-Resource-Policy": "same-origin",
	"Permissions-Policy":           permissionsPolicy,
	"X-Frame-Options":              "DENY",
}

func TestEveryAnswerHasTheSecurityHeaders(t *testing.T) {
	s := newTestShell(t, nil)
	h := galleryHandler(s)
	for _, path := range []string{"/", "/static/nothing.css", s.assets.urls["app.css"], "/no/such/page"} {
		answer := get(t, h, path)
		for name, want := range wantHeaders {
			if got := answer.Header.Get(name); got != want {
				t.Errorf("%s: %s: %q, want %q", path, name, got, want)
			}
		}
		if strings.HasPrefix(path, "/static/app") {
			continue
		}
		if got := answer.Header.Get("Cache-Control"); got != "no-store" {
			t.Errorf("%s: Cache-Control: %q", path, got)
		}
	}
}

func TestThePolicyAllowsNothingInlineAndNoOtherHouse(t *testing.T) {
	for _, never := range []string{"unsafe", "http:", "https:", "*", "nonce"} {
		if strings.Contains(contentPolicy, never) {
			t.Errorf("the policy says %q: %s", never, contentPolicy)
		}
	}
	if !strings.HasPrefix(contentPolicy, "default-src 'none'; ") {
		t.Error(contentPolicy)
	}
}

func TestBrowsersAreToldToKeepToTLSOnlyWithinIt(t *testing.T) {
	s := newTestShell(t, nil)
	h := galleryHandler(s)
	if got := get(t, h, "/").Header.Get("Strict-Transport-Security"); got != "" {
		t.Errorf("plain HTTP: %q", got)
	}
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	r.TLS = &tls.ConnectionState{}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	if got := w.Result().Header.Get("Strict-Transport-Security"); got == "" {
		t.Error("TLS: nothing")
	}
}

// post sends a body to a handler behind Guard that reads it, and returns the answer and whether the handler was reached.
func post(t *testing.T, s *Shell, path string, body io.Reader, length int64, header ...string) (*http.Response, bool) {
	t.Helper()
	reached := false
	h := s.Guard(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		reached = true
		var tooLarge *http.MaxBytesError
		if _, err := io.Copy(io.Discard, r.Body); errors.As(err, &tooLarge) {
			w.WriteHeader(http.StatusRequestEntityTooLarge)
		}
	}), func(r *http.Request) bool { return r.URL.Path == "/upload" })
	r := httptest.NewRequest(http.MethodPost, "http://callout.example.net"+path, body)
	r.ContentLength = length
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Result(), reached
}

func TestAChangeAskedForByAnotherSiteIsRefused(t *testing.T) {
	s := newTestShell(t, nil)
	for _, c := range []struct {
		header []string
		status int
	}{
		{[]string{"Sec-Fetch-Site", "same-origin"}, 200},
		{[]string{"Sec-Fetch-Site", "none"}, 200},
		{[]string{"Origin", "http://callout.example.net"}, 200},
		{nil, 200}, // no browser
		{[]string{"Sec-Fetch-Site", "cross-site"}, 403},
		{[]string{"Sec-Fetch-Site", "same-site"}, 403},
		{[]string{"Origin", "https://evil.example"}, 403},
		{[]string{"Origin", "null"}, 403},
	} {
		answer, reached := post(t, s, "/clear", strings.NewReader("a=b"), 3, c.header...)
		if answer.StatusCode != c.status || reached != (c.status == 200) {
			t.Errorf("%v: %d, reached %v", c.header, answer.StatusCode, reached)
		}
		if answer.Header.Get("Content-Security-Policy") == "" {
			t.Errorf("%v: no security headers", c.header)
		}
	}
}

func TestABodyIsBoundedAndUploadsMayBeLarger(t *testing.T) {
	s := newTestShell(t, nil)
	zeros := func(n int64) io.Reader { return io.LimitReader(zeroReader{}, n) }
	for _, c := range []struct {
		path           string
		length, stated int64
		status         int
		reached        bool
	}{
		{"/form", formLimit, formLimit, 200, true},
		{"/form", formLimit + 1, formLimit + 1, 413, false},
		{"/form", formLimit + 1, -1, 413, true}, // chunked: found while it is read
		{"/upload", formLimit + 1, formLimit + 1, 200, true},
		{"/upload", uploadLimit + 1, uploadLimit + 1, 413, false},
		{"/upload", uploadLimit + 1, -1, 413, true},
	} {
		answer, reached := post(t, s, c.path, zeros(c.length), c.stated)
		if answer.StatusCode != c.status || reached != c.reached {
			t.Errorf("%s with %d octets (%d stated): %d, reached %v", c.path, c.length, c.stated, answer.StatusCode, reached)
		}
	}
}

type zeroReader struct{}

func (zeroReader) Read(p []byte) (int, error) { clear(p); return len(p), nil }
