package web

import (
	"net/http"
	"testing"
	"time"

	"callout/internal/operate"
)

func TestOpenAlertsSayWhatTheyMeanAndWhereToDoSomething(t *testing.T) {
	h := newHouse(t)
	s := h.Admin.get("/alerts").status(http.StatusOK).shows("Empty list: list.test", "Open the domain")
	if !contains(s.Body, `href="/domains/list.test"`) {
		t.Error("no link to the domain")
	}
	h.User.get("/alerts").status(http.StatusOK).shows("Nothing to look at").hides("list.test")
	h.Stranger.get("/alerts").at("/login?next=%2Falerts")

	h.Admin.post("/domains/example.com/pause", "length", "1h").status(http.StatusOK)
	h.Admin.get("/alerts").shows("Paused: example.com", "2 open")
	h.User.get("/alerts").shows("Paused: example.com", "1 open").hides("list.test")
	h.Admin.post("/domains/example.com/resume").status(http.StatusOK)
	h.User.get("/alerts").shows("Nothing to look at")
}

func TestAlertsAreWorded(t *testing.T) {
	now := time.Now()
	for _, c := range []struct {
		alert      operate.Alert
		kind, text string
		title, url string
	}{
		{operate.Alert{Kind: "paused", Text: "everything is accepted"}, "warn", "Everything is accepted.", "Paused", ""},
		{operate.Alert{Kind: "turned", Domain: "example.com", Text: "mx.example.com a."}, "warn", "mx.example.com a.", "Turned into a catch-all: example.com", "/domains/example.com"},
		{operate.Alert{Kind: "loop", Host: "[::1]:25", Text: "x"}, "warn", "X.", "A destination is this server itself: [::1]:25", "/destinations/%5B::1%5D:25"},
		{operate.Alert{Kind: "paused", Domain: "example.com", Text: "x", Until: now}, "off", "X.", "Paused: example.com", ""},
		{operate.Alert{Kind: "new kind", Text: "x"}, "warn", "X.", "new kind", ""},
	} {
		n := alertNotice(c.alert)
		if n.Kind != c.kind || n.Text != c.text || n.Title != c.title || n.Link.URL != c.url {
			t.Errorf("%+v: %+v", c.alert, n)
		}
	}
}
