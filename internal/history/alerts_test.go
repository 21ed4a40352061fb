package history_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"callout/internal/history"
)

// situation is what is alerted of.
type situation struct {
	mu  sync.Mutex
	all []history.Alert
}

func (s *situation) is(all ...history.Alert) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.all = all
}

func (s *situation) alerts() []history.Alert {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]history.Alert(nil), s.all...)
}

// listed puts alerts in words: "1 paused a.example 00:00:10-00:01:00 text".
func listed(all []history.Alert) string {
	var lines []string
	for _, a := range all {
		until := ""
		if !a.Until.IsZero() {
			until = a.Until.Format("15:04:05")
		}
		lines = append(lines, fmt.Sprintf("%d %s %s%s %s-%s %s", a.ID, a.Kind, a.Domain, a.Host, a.Since.Format("15:04:05"), until, a.Text))
	}
	return strings.Join(lines, "; ")
}

// wantAlerts checks what is open now, also where it has changed this very moment, and what is past.
func wantAlerts(t *testing.T, h *history.History, open, past string) {
	t.Helper()
	h.LookAgain()
	if got := listed(h.OpenAlerts()); got != open {
		t.Errorf("open: %s\nwant: %s", got, open)
	}
	page, next, err := h.PastAlerts(t.Context(), "", 100)
	if got := listed(page); got != past || next != "" || err != nil {
		t.Errorf("past: %s, %q, %v\nwant: %s", got, next, err, past)
	}
}

func TestAlertsBeginChangeAndEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var now situation
		f := newFake()
		h := begun(t, newCounters(), f, now.alerts)
		defer h.Close(t.Context())
		paused := history.Alert{Kind: "paused", Domain: "a.example", Text: "one"}
		loop := history.Alert{Kind: "loop", Host: "192.0.2.1:25", Text: "two", Since: time.Now().Add(5 * time.Second)}
		wantAlerts(t, h, "", "")
		now.is(paused, loop, paused)
		wantAlerts(t, h, "0 paused a.example 00:00:00- one; 0 loop 192.0.2.1:25 00:00:05- two", "") // at once, and each once
		sleep(10 * time.Second)
		wantAlerts(t, h, "1 paused a.example 00:00:00- one; 2 loop 192.0.2.1:25 00:00:05- two", "")
		paused.Text, paused.Since = "one, changed", time.Now()
		now.is(loop, paused)
		sleep(time.Minute)
		wantAlerts(t, h, "2 loop 192.0.2.1:25 00:00:05- two; 1 paused a.example 00:00:00- one, changed", "")
		other := paused
		other.Domain = "b.example"
		now.is(other)
		sleep(10 * time.Second)
		ended := "1 paused a.example 00:00:00-00:01:20 one, changed; 2 loop 192.0.2.1:25 00:00:05-00:01:20 two"
		wantAlerts(t, h, "3 paused b.example 00:00:10- one, changed", ended)
		now.is(other, loop)
		sleep(10 * time.Second)
		wantAlerts(t, h, "3 paused b.example 00:00:10- one, changed; 4 loop 192.0.2.1:25 00:00:05- two", ended)
	})
}

func TestARestartDoesNotEndAnAlertThatStillHolds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var now situation
		f := newFake()
		now.is(history.Alert{Kind: "paused", Text: "one"}, history.Alert{Kind: "loop", Host: "192.0.2.1:25", Text: "two"})
		h := begun(t, newCounters(), f, now.alerts)
		sleep(10 * time.Second)
		h.Close(t.Context())
		sleep(time.Hour)
		now.is()
		h = begun(t, newCounters(), f, now.alerts) // what holds is known a little later
		defer h.Close(t.Context())
		wantAlerts(t, h, "", "")
		sleep(5 * time.Second)
		now.is(history.Alert{Kind: "paused", Text: "one", Since: time.Now()})
		wantAlerts(t, h, "1 paused  00:00:10- one", "")
		sleep(5 * time.Second)
		wantAlerts(t, h, "1 paused  00:00:10- one", "2 loop 192.0.2.1:25 00:00:10-01:00:20 two")
	})
}

// What was found out before a restart may not be known again yet.
func TestAnAlertThatIsNotKnownToBeOverGoesOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var now, goesOn situation
		f := newFake()
		loop := history.Alert{Kind: "loop", Host: "192.0.2.1:25", Text: "two"}
		paused := history.Alert{Kind: "paused", Text: "one"}
		now.is(loop, paused)
		h := begun(t, newCounters(), f, now.alerts)
		sleep(10 * time.Second)
		h.Close(t.Context())
		now.is()
		goesOn.is(loop)
		h, err := history.New(t.Context(), history.Options{Gatherer: newCounters(), Store: f, Alerts: now.alerts, Over: func(a history.Alert) bool {
			return !slices.ContainsFunc(goesOn.alerts(), func(b history.Alert) bool { return a.Kind == b.Kind && a.Host == b.Host })
		}})
		if err != nil {
			t.Fatal(err)
		}
		defer h.Close(t.Context())
		wantAlerts(t, h, "1 loop 192.0.2.1:25 00:00:10- two", "")
		sleep(time.Minute)
		past := "2 paused  00:00:10-00:00:20 one"
		wantAlerts(t, h, "1 loop 192.0.2.1:25 00:00:10- two", past)
		loop.Text, loop.Since = "two, again", time.Now()
		now.is(loop) // seen again: the same one
		sleep(10 * time.Second)
		wantAlerts(t, h, "1 loop 192.0.2.1:25 00:00:10- two, again", past)
		now.is()
		goesOn.is()
		sleep(10 * time.Second)
		wantAlerts(t, h, "", "1 loop 192.0.2.1:25 00:00:10-00:01:30 two, again; "+past)
	})
}

func TestEveryPageMayAskForTheAlertsThatAreOpen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var now situation
		looks := 0
		h := begun(t, newCounters(), newFake(), func() []history.Alert {
			looks++
			return now.alerts()
		})
		defer h.Close(t.Context())
		for range 100 {
			h.OpenAlerts()
		}
		if looks != 1 {
			t.Errorf("what holds was looked at %d times for 100 pages", looks)
		}
		now.is(history.Alert{Kind: "paused", Text: "one"})
		if open := listed(h.OpenAlerts()); open != "" {
			t.Errorf("looked at again at once: %s", open)
		}
		h.LookAgain()
		if open := listed(h.OpenAlerts()); open != "0 paused  00:00:00- one" {
			t.Errorf("after a change: %s", open)
		}
		h.OpenAlerts()[0].Text = "changed by who asked"
		now.is()
		time.Sleep(time.Second - time.Nanosecond)
		if open := listed(h.OpenAlerts()); open != "0 paused  00:00:00- one" {
			t.Errorf("within a second: %s", open)
		}
		time.Sleep(time.Nanosecond)
		if open := h.OpenAlerts(); len(open) != 0 || looks != 3 {
			t.Errorf("a second later: %s, %d looks", listed(open), looks)
		}
	})
}

func TestAlertsThatAreOpenAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var now situation
		f := newFake()
		var all []history.Alert
		for i := range 10_100 {
			all = append(all, history.Alert{Kind: "turned", Domain: fmt.Sprintf("d%d.example", i), Text: "xx" + strings.Repeat("€", 1000)})
		}
		now.is(all...)
		h := begun(t, newCounters(), f, now.alerts)
		defer h.Close(t.Context())
		sleep(30 * time.Second)
		open := h.OpenAlerts()
		if len(open) != 10_100 || open[9_999].ID == 0 || open[10_000].ID != 0 || open[0].Text != "xx"+strings.Repeat("€", 666) {
			t.Errorf("%d are open, %q", len(open), open[0].Text)
		}
		now.is(all[5000:]...)
		sleep(20 * time.Second)
		if open = h.OpenAlerts(); open[len(open)-1].ID == 0 {
			t.Error("one for which there is room now is not kept")
		}
	})
}
