package web

import (
	"net/http"
	"net/http/httptest"
	"testing"
)

func TestPlacesLeadBackToWhatTheyAreOf(t *testing.T) {
	mux := http.NewServeMux()
	var got string
	for _, pattern := range []string{"GET /domains/{x}", "GET /recipients/{x}", "GET /destinations/{x}"} {
		mux.HandleFunc(pattern, func(_ http.ResponseWriter, r *http.Request) { got = r.PathValue("x") })
	}
	for _, c := range []struct {
		url  func(string) string
		name string
	}{
		{domainURL, "example.com"},
		{recipientURL, "john@example.com"},
		{recipientURL, "a/b?c#d%41@example.com"},
		{recipientURL, `"a b"@example.com`},
		{recipientURL, "grüße@example.com"},
		{recipientURL, "../../access@example.com"},
		{hostURL, "192.0.2.1:25"},
		{hostURL, "[2001:db8::1]:25"},
	} {
		got = ""
		mux.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, c.url(c.name), nil))
		if got != c.name {
			t.Errorf("%s leads to %q", c.url(c.name), got)
		}
	}
}

func TestAQueryHasOnlyWhatHasAValue(t *testing.T) {
	for want, got := range map[string]string{
		"/test":                withQuery("/test", "recipient", ""),
		"/domains?q=a%26b%3Dc": withQuery("/domains", "q", "a&b=c", "standing", ""),
		"/x?a=1&b=2":           withQuery("/x", "b", "2", "a", "1"),
	} {
		if got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}
