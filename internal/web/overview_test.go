package web

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"callout/internal/access"
	"callout/internal/history"
)

func TestTheOverviewShowsAnAdminHowTheWholeStands(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.know("john@example.com", "nobody@example.com")
	_, _, err := h.Desk.PutDomain(t.Context(), h.Root, "loose.test", []byte(`{"destinations": ["`+h.At+`"], "enforce": false}`))
	check(t, err)
	_, err = h.Desk.Pause(t.Context(), h.Root, "other.test", "1h")
	check(t, err)
	page := h.Admin.get("/").status(http.StatusOK).shows("Overview", "Questions", "From the cache", "Callouts", "Refused", "Deferred",
		"Destinations 0 with trouble", "Not enforced 2 of 5 domains", "1 paused, 1 by settings", "Paused: other.test",
		"nobody@example.com", "✕ reject", "Not enforced by settings loose.test", "Pause everything")
	_, err = h.Desk.Pause(t.Context(), h.Root, "loose.test", "1h")
	check(t, err)
	h.Admin.get("/").shows("Not enforced 2 of 5 domains", "2 paused, 1 by settings") // one is both
	for _, want := range []string{`data-chart="/charts/hour"`, `href="/?span=month"`, `href="/domains/loose.test"`, `href="/domains/other.test"`} {
		if !strings.Contains(page.Body, want) {
			t.Errorf("the overview has no %s", want)
		}
	}
	h.Admin.get("/?span=month").shows("Overview").status(http.StatusOK)
	if body := h.Admin.get("/?span=month").Body; !strings.Contains(body, `data-chart="/charts/month"`) {
		t.Error("the charts are not of the span that was asked for")
	}
	h.Admin.get("/?span=%3Cb%3E").status(http.StatusOK).hides("<b>")
}

func TestTheOverviewNamesHostsInTroubleAndAlerts(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	_, _, err := h.Desk.PutDomain(t.Context(), h.Root, "down.test", []byte(`{"destinations": ["127.0.0.1:1"]}`))
	check(t, err)
	h.know("john@down.test")
	_, err = h.Desk.Pause(t.Context(), h.Root, "", "")
	check(t, err)
	h.Admin.get("/").shows("Everything is paused", "Destinations 1 with trouble", "127.0.0.1:1", "refused", "Alerts 2 open", "Open alerts", "all of 5")
	h.User.get("/").shows("Open alerts").hides("127.0.0.1:1", "down.test", `action="/resume"`)
	h.User.post("/resume").status(http.StatusForbidden)
	h.User.post("/pause", "length", "1h").status(http.StatusForbidden)
	h.Admin.post("/resume").at("/").shows("Resumed").hides("Everything is paused")
	h.Admin.post("/pause", "length", "1h").at("/").shows("Paused", "Everything is paused", "ends in")
	h.Admin.post("/pause").status(http.StatusUnprocessableEntity).shows("for how long is missing")
	h.Admin.post("/pause", "length", "soon").status(http.StatusUnprocessableEntity).shows("duration")
}

func TestAnOverviewWithoutDomainsSaysWhatToDo(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	_, err := h.Access.PutUser(t.Context(), "lone", access.UserChange{Role: access.RoleDomain, Domains: []string{"gone.test"}, Password: housePassword})
	check(t, err)
	lone := h.visitor()
	lone.logIn("lone")
	lone.get("/").status(http.StatusOK).shows("No domain yet", "Ask who runs this server", "None yet.")
}

func TestADomainUserSeesTheirDomainsAndNothingOfTheWhole(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.know("john@example.com", "mary@example.org", "john@other.test", "boss@file.test")
	h.User.get("/").status(http.StatusOK).shows("Your domains", "example.com Verifies properly", "john@example.com", "mary@example.org").
		hides("other.test", "file.test", "list.test", "Questions", "data-chart", "/charts/", "Not enforced", "Pause everything")
	for _, span := range []string{"hour", "day", "month"} {
		h.User.get("/charts/" + span).status(http.StatusForbidden).hides("accepted")
	}
	if e := h.events()[0]; !e.Refused || e.Who != "user" {
		t.Errorf("the refusal is not in the audit log: %+v", e)
	}
	h.Stranger.get("/").at("/login")
	h.Stranger.get("/charts/hour").shows("Log in").hides("accepted")
}

func TestAChartsFiguresAreWhatScriptDraws(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for span, steps := range map[string]int{"hour": 60, "day": 288, "month": 360} {
		page := h.Admin.get("/charts/" + span).status(http.StatusOK)
		var c struct {
			Times  []int64               `json:"times"`
			Series map[string][]*float64 `json:"series"`
		}
		check(t, json.Unmarshal([]byte(page.Body), &c))
		if page.head.Get("Content-Type") != "application/json" || len(c.Times) != steps {
			t.Errorf("%s: %s, %d steps, want %d", span, page.head.Get("Content-Type"), len(c.Times), steps)
		}
		for _, all := range [][]Series{decisionSeries, sourceSeries, calloutSeries} {
			for _, s := range all {
				if len(c.Series[s.Name]) != steps {
					t.Errorf("%s: series %s has %d points", span, s.Name, len(c.Series[s.Name]))
				}
			}
		}
	}
	h.Admin.get("/charts/year").status(http.StatusNotFound)
}

func TestAChartIsToldInWords(t *testing.T) {
	two, four := 2.0, 4.0
	text := summaryOf(map[string][]*float64{"callouts": {nil, &four, &two}, "callouts_failed": {nil, &two, &two}})
	if want := "A second, on average over the last 30 days: callouts 3.0, at most 4.0; failed 2.0, at most 2.0."; text != want {
		t.Errorf("%q, want %q", text, want)
	}
	if text := summaryOf(map[string][]*float64{"callouts": {nil}}); text != "Nothing was counted in this time." {
		t.Error(text)
	}
}

// summaryOf is the text of a chart of callouts over the last month.
func summaryOf(series map[string][]*float64) string {
	return chartText(&history.Chart{Series: series}, "month", calloutSeries)
}
