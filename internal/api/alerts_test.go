package api_test

import (
	"encoding/json"
	"testing"
	"time"

	"callout/internal/callout"
	"callout/internal/operate"
)

// alerts returns what the list of alerts says now.
func (f *fixture) alerts(t *testing.T) []operate.Alert {
	t.Helper()
	var page operate.AlertPage
	_, _, body := f.do(t, "GET", "alerts", "")
	check(t, json.Unmarshal([]byte(body), &page))
	return page.Alerts
}

// What is alerted of is not found out anew for each page, and no change appears late for that.
func TestAnAlertIsThereAtOnceAndSaysSinceWhen(t *testing.T) {
	f := startWith(t, plain+"[[domain]]\nname = \"list.example\"\nmode = \"list\"\n", callout.Options{})
	begun := time.Now().Add(-time.Second)
	all := f.alerts(t)
	if len(all) != 1 || all[0].Kind != "list_empty" || all[0].Since.Before(begun) || all[0].Since.After(time.Now()) {
		t.Fatalf("%+v", all)
	}
	since := all[0].Since
	for _, step := range []struct{ method, path, body, kinds string }{
		{"PUT", "pause", "", "paused list_empty "},
		{"PUT", "domains/example.com/pause", "", "paused paused list_empty "},
		{"DELETE", "pause", "", "paused list_empty "},
		{"PATCH", "domains/list.example/recipients", `{"add":["john"]}`, "paused "},
		{"PATCH", "domains/list.example/recipients", `{"remove":["john"]}`, "paused list_empty "},
		{"DELETE", "domains/example.com/pause", "", "list_empty "},
	} {
		if status, _, body := f.do(t, step.method, step.path, step.body); status != 200 {
			t.Fatalf("%s %s: %s", step.method, step.path, body)
		}
		kinds := ""
		for _, a := range f.alerts(t) {
			kinds += a.Kind + " "
			if a.Kind == "list_empty" && step.path == "pause" && !a.Since.Equal(since) {
				t.Errorf("%s %s: it begins at %s, and began at %s", step.method, step.path, a.Since, since)
			}
		}
		if kinds != step.kinds {
			t.Errorf("%s %s: %s; want %s", step.method, step.path, kinds, step.kinds)
		}
	}
}
