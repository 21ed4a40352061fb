package web

import (
	"net/http"
	"testing"
	"time"

	"callout/internal/operate"
)

func TestOpenAlertsSayWhatTheyMeanAndWhereToDoSomething(t *testing.T) {
	t.Parallel()
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

func TestAlertsAreWordedForAPage(t *testing.T) {
	now := time.Now()
	for _, c := range []struct {
		alert             operate.Alert
		kind, text, title string
	}{
		{operate.Alert{Kind: "paused", Text: "`callout resume`"}, "warn", "Every recipient is accepted, and decisions say what would have become of it.", "Everything is paused"},
		{operate.Alert{Kind: "paused", Until: now}, "off", "Every recipient was accepted.", "Everything was paused"},
		{operate.Alert{Kind: "paused", Domain: "example.com", Until: now}, "off", "Every recipient of it was accepted.", "Paused: example.com"},
		{operate.Alert{Kind: "turned", Domain: "example.com", Text: "x"}, "warn", alertKinds["turned"].means, "Turned into a catch-all: example.com"},
		{operate.Alert{Kind: "list_empty", Domain: "example.com", Until: now}, "off", alertKinds["list_empty"].meant, "Empty list: example.com"},
		{operate.Alert{Kind: "loop", Host: "[::1]:25", Text: "x"}, "warn", alertKinds["loop"].means, "A destination is this server itself: [::1]:25"},
		{operate.Alert{Kind: "loop", Host: "[::1]:25", Until: now}, "off", alertKinds["loop"].meant, "A destination is this server itself: [::1]:25"},
		{operate.Alert{Kind: "new kind", Text: "x"}, "warn", "X.", "new kind"},
	} {
		n := alertNotice(&c.alert)
		if n.Kind != c.kind || n.Text != c.text || n.Title != c.title || !c.alert.Until.IsZero() && n.Do != "" {
			t.Errorf("%+v: %+v", c.alert, n)
		}
	}
}

// What is paused is resumed from where it is seen, and one is back there.
func TestPausesAreResumedFromWhereTheyAreSeen(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.Admin.post("/pause", "length", "1h")
	h.Admin.post("/domains/example.com/pause", "length", "")
	s := h.Admin.get("/alerts").shows("Resume everything", "Paused: example.com", "ends in 1 h").hides("callout resume", "T1")
	for _, want := range []string{`action="/resume"`, `action="/domains/example.com/resume"`} {
		if !contains(s.Body, want) {
			t.Errorf("no %s", want)
		}
	}
	h.User.get("/alerts").shows("Everything is paused", "Paused: example.com").hides("Resume")
	h.Admin.get("/domains/other.test").shows("Every domain is paused, this one too.", "Resume everything")
	h.User.get("/domains/example.com").shows("Every domain is paused, this one too.").hides("Resume everything")
	h.Admin.post("/resume", "back", "/domains/other.test").at("/domains/other.test").shows("Resumed: verdicts count again.").hides("Paused")
	h.Admin.post("/domains/example.com/resume", "back", "/alerts").at("/alerts").shows("Resumed")
	h.Admin.post("/resume", "back", "//elsewhere.test/").at("/")
	if n := len(h.Desk.Pauses(h.Root)); n != 0 {
		t.Errorf("%d pauses go on", n)
	}
}
