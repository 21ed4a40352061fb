package api_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"callout/internal/access"
	"callout/internal/callout"
)

// BenchmarkVerify is a verification from the cache, without the network.
func BenchmarkVerify(b *testing.B) {
	f := startWith(b, plain, callout.Options{})
	f.decide(b, "john@example.com")
	token := f.token(b, access.RoleDomain, true, "example.com")
	handler := f.api.Handler()
	b.ReportAllocs()
	for b.Loop() {
		r := httptest.NewRequest(http.MethodPost, "/api/v1/verify", strings.NewReader(`{"recipient":"john@example.com"}`))
		r.Header.Set("Authorization", "Bearer "+token)
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		if w.Code != http.StatusOK {
			b.Fatal(w.Code, w.Body)
		}
	}
}
