package cli

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
)

// What is asked of the API comes to it as it was written: a ServeMux would redirect "domains/example.com/../../verdicts" to
// "verdicts", whose DELETE clears everything.
func TestPathsOfTheAPIComeUncleaned(t *testing.T) {
	said := func(who string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, who, " ", r.URL.Path) }
	}
	mux := http.NewServeMux()
	mux.HandleFunc("/", said("page"))
	h := apart(said("api"), mux)
	for path, want := range map[string]string{
		"/api/v1/domains/example.com/../../verdicts": "api /api/v1/domains/example.com/../../verdicts",
		"/api/v1/domains//verdicts":                  "api /api/v1/domains//verdicts",
		"/cgi-bin/api":                               "api /cgi-bin/api",
		"/apiary":                                    "page /apiary",
		"/domains":                                   "page /domains",
	} {
		w := httptest.NewRecorder()
		r := httptest.NewRequest("DELETE", "http://callout/", nil)
		r.URL.Path = path
		h.ServeHTTP(w, r)
		if got := w.Body.String(); got != want {
			t.Errorf("%s: %q; want %q", path, got, want)
		}
	}
}
