package storetest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"callout/internal/store"
)

// alert makes one that is open since some minutes after noon.
func alert(kind, domain, host string, minutes int) store.Alert {
	return store.Alert{Kind: kind, Domain: domain, Host: host, Text: "something is wrong", Since: noon.Add(time.Duration(minutes) * time.Minute)}
}

// save saves alerts and returns them with their IDs.
func save(t *testing.T, s store.History, alerts ...store.Alert) []store.Alert {
	t.Helper()
	check(t, s.SaveAlerts(t.Context(), alerts))
	for _, a := range alerts {
		if a.ID == 0 {
			t.Errorf("%+v has no ID", a)
		}
	}
	return alerts
}

func wantOpen(t *testing.T, s store.History, want ...store.Alert) {
	t.Helper()
	got, err := s.OpenAlerts(t.Context())
	check(t, err)
	if !slices.Equal(got, want) {
		t.Errorf("open are\n%+v\nwant\n%+v", got, want)
	}
}

func wantPast(t *testing.T, s store.History, q store.AlertQuery, want ...store.Alert) {
	t.Helper()
	var all []store.Alert
	for {
		page, next, err := s.PastAlerts(t.Context(), q)
		check(t, err)
		if all = append(all, page...); next == "" {
			break
		}
		if q.Cursor = next; len(page) != q.Limit {
			t.Fatalf("a page of %d before the last, limit %d", len(page), q.Limit)
		}
	}
	if !slices.Equal(all, want) {
		t.Errorf("past are\n%+v\nwant\n%+v", all, want)
	}
}

func alertsOpenAndEnd(t *testing.T, open HistoryPlace) {
	s := opened(t, open)
	wantOpen(t, s)
	wantPast(t, s, store.AlertQuery{Limit: 10})
	odd := alert("loop", "", "[2001:db8::1]:25", 1)
	odd.Text, odd.Since = "ü'\x00\xff", odd.Since.Add(7*time.Millisecond)
	both := save(t, s, odd, alert("paused", domain, "", 0))
	odd, paused := both[0], both[1]
	wantOpen(t, s, paused, odd)
	s = reopened(t, open, s)
	wantOpen(t, s, paused, odd)
	// The text changes; what was said of the rest is not looked at.
	paused.Text = "something else is wrong"
	changed := paused
	changed.Since, changed.Kind = noon.Add(time.Hour), "other"
	save(t, s, changed)
	wantOpen(t, s, paused, odd)
	odd.Until = noon.Add(2 * time.Hour)
	save(t, s, odd)
	s = reopened(t, open, s)
	wantOpen(t, s, paused)
	wantPast(t, s, store.AlertQuery{Limit: 10}, odd)
	// What is past stays as it is; the same may begin once more.
	reopened := odd
	reopened.Until, reopened.Text = time.Time{}, "no"
	save(t, s, reopened)
	again := save(t, s, alert("loop", "", "[2001:db8::1]:25", 180))[0]
	if again.ID == odd.ID {
		t.Error("an alert that begins once more has the ID of the one before")
	}
	wantOpen(t, s, paused, again)
	wantPast(t, s, store.AlertQuery{Limit: 10}, odd)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	lost := []store.Alert{alert("turned", "b.example", "", 0)}
	if err := s.SaveAlerts(ctx, lost); err == nil || lost[0].ID != 0 {
		t.Errorf("SaveAlerts with a cancelled context: %v, %+v", err, lost)
	}
	wantOpen(t, s, paused, again)
}

func alertIsOpenOnce(t *testing.T, open HistoryPlace) {
	s := opened(t, open)
	first := save(t, s, alert("paused", domain, "", 0))[0]
	twice := alert("paused", domain, "", 5)
	twice.Text = "newer words"
	second := save(t, s, twice)[0]
	if first.Text = twice.Text; second != first {
		t.Errorf("the second is %+v, want %+v", second, first)
	}
	wantOpen(t, s, first)
	others := save(t, s, alert("paused", "b.example", "", 1), alert("paused", domain, "host", 2), alert("turned", domain, "", 3))
	wantOpen(t, s, append([]store.Alert{first}, others...)...)
}

// ended saves n alerts of a domain that ended one after the other, two of them in each minute, and returns them with
// the last to end first.
func ended(t *testing.T, s store.History, domain string, n int) []store.Alert {
	t.Helper()
	var alerts []store.Alert
	for i := range n {
		a := alert(fmt.Sprint("kind", i), domain, "", i)
		a.Until = noon.Add(time.Duration(i/2+1000) * time.Minute)
		alerts = append(alerts, a)
	}
	alerts = save(t, s, alerts...)
	slices.Reverse(alerts)
	return alerts
}

func pastAlertsInPages(t *testing.T, open HistoryPlace) {
	s := opened(t, open)
	want := ended(t, s, domain, 25)
	save(t, s, alert("paused", domain, "", 0))
	for _, limit := range []int{1, 2, 5, 24, 25, 26, 1000} {
		wantPast(t, s, store.AlertQuery{Limit: limit}, want...)
	}
	page, next, err := s.PastAlerts(t.Context(), store.AlertQuery{Limit: -1})
	if len(page) != 1 || next == "" || err != nil {
		t.Errorf("limit -1: %v, %q, %v", page, next, err)
	}
	for _, bad := range []string{"x", next + "A", next[1:], "AAAA" + next[4:], "é"} {
		if _, _, err := s.PastAlerts(t.Context(), store.AlertQuery{Limit: 1, Cursor: bad}); !errors.Is(err, store.ErrCursor) {
			t.Errorf("cursor %q: %v", bad, err)
		}
	}
}

func pastAlertsOfDomains(t *testing.T, open HistoryPlace) {
	s := opened(t, open)
	a, b, none := ended(t, s, domain, 5), ended(t, s, "b.example", 5), ended(t, s, "", 5)
	host := []store.Alert{{Kind: "loop", Host: "192.0.2.7:25", Text: "of nobody's domain", Since: none[0].Since, Until: none[0].Until.Add(-time.Hour)}}
	if err := s.SaveAlerts(t.Context(), host); err != nil {
		t.Fatal(err)
	}
	all := slices.Concat(a, b, none, host)
	slices.SortFunc(all, func(a, b store.Alert) int {
		if c := b.Until.Compare(a.Until); c != 0 {
			return c
		}
		return int(b.ID - a.ID)
	})
	wantPast(t, s, store.AlertQuery{Limit: 4}, all...)
	wantPast(t, s, store.AlertQuery{Limit: 2, Domains: []string{domain}}, a...)
	both := slices.DeleteFunc(slices.Clone(all), func(a store.Alert) bool { return a.Domain == "" })
	wantPast(t, s, store.AlertQuery{Limit: 3, Domains: []string{domain, "b.example", `"'[`}}, both...)
	wantPast(t, s, store.AlertQuery{Limit: 3, Domains: []string{}})
	wantPast(t, s, store.AlertQuery{Limit: 100, Domains: []string{""}}, none...) // what is about a host is about no domain
}
