package history_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"callout/internal/history"
	"callout/internal/store"
)

// counters are those of one start of Callout.
type counters struct {
	*prometheus.Registry
	questions, decisions, notEnforced, callouts *prometheus.CounterVec
}

func newCounters() *counters {
	c := &counters{Registry: prometheus.NewRegistry()}
	counter := func(name string, labels ...string) *prometheus.CounterVec {
		v := prometheus.NewCounterVec(prometheus.CounterOpts{Name: name}, labels)
		c.MustRegister(v)
		return v
	}
	c.questions = counter("callout_questions_total", "front")
	c.decisions = counter("callout_decisions_total", "action", "verdict", "source")
	c.notEnforced = counter("callout_not_enforced_total", "would")
	c.callouts = counter("callout_callouts_total", "outcome", "stage")
	return c
}

// begun begins a history in a bubble.
func begun(t *testing.T, g prometheus.Gatherer, f *fake, alerts func() []history.Alert) *history.History {
	t.Helper()
	h, err := history.New(t.Context(), history.Options{Gatherer: g, Store: f, Alerts: alerts})
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// sleep lets time pass, and what is due happen.
func sleep(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

// questionsOf puts the questions of minutes in words: "00:01 60s 7".
func questionsOf(minutes []store.Minute) string {
	var all []string
	for _, m := range minutes {
		all = append(all, fmt.Sprintf("%s %.0fs %d", m.At.Format("15:04"), m.Seen.Seconds(), m.Tally[store.Questions]))
	}
	return strings.Join(all, ", ")
}

// A bubble's time begins at midnight.
func TestAMinuteIsWrittenWhateverHappens(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, c := newFake(), newCounters()
		c.questions.WithLabelValues("policy").Add(1_000_000) // from before: no jump
		time.Sleep(15 * time.Second)
		h := begun(t, c, f, nil)
		sleep(30 * time.Second)
		c.questions.WithLabelValues("policy").Add(7)
		c.questions.WithLabelValues("gateway").Add(2)
		sleep(30 * time.Second) // 00:01:15
		if got := questionsOf(f.kept()); got != "00:00 45s 9" {
			t.Errorf("after the first minute: %s", got)
		}
		sleep(2 * time.Minute)
		c.questions.WithLabelValues("gateway").Add(5) // 00:03:15
		sleep(10 * time.Second)
		h.Close(t.Context())
		if got, want := questionsOf(f.kept()), "00:00 45s 9, 00:01 60s 0, 00:02 60s 0, 00:03 25s 5"; got != want {
			t.Errorf("when it has ended: %s; want %s", got, want)
		}
		// The next start has counters of its own, and the minute is the same.
		sleep(5 * time.Second)
		c = newCounters()
		h = begun(t, c, f, nil)
		c.questions.WithLabelValues("policy").Add(1)
		sleep(5 * time.Second)
		h.Close(t.Context())
		sleep(10 * time.Minute)
		h = begun(t, c, f, nil)
		sleep(time.Minute)
		h.Close(t.Context())
		want := "00:00 45s 9, 00:01 60s 0, 00:02 60s 0, 00:03 30s 6, 00:13 25s 0, 00:14 35s 0"
		if got := questionsOf(f.kept()); got != want {
			t.Errorf("after two more starts: %s; want %s", got, want)
		}
	})
}

func TestSeriesAreReadFromTheCounters(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, c := newFake(), newCounters()
		h := begun(t, c, f, nil)
		defer h.Close(t.Context())
		c.questions.WithLabelValues("policy").Add(1000)
		for i, labels := range [][]string{
			{"accept", "valid", "cache"}, {"accept", "unknown", "callout"}, {"reject", "invalid", "cache"}, {"reject", "invalid", "none"},
			{"defer", "unknown", "callout"}, {"no_opinion", "unknown", "none"},
		} {
			c.decisions.WithLabelValues(labels...).Add(float64(int(1) << i))
		}
		c.notEnforced.WithLabelValues("reject").Add(3)
		c.notEnforced.WithLabelValues("defer").Add(4)
		c.callouts.WithLabelValues("accepted", "rcpt").Add(10)
		c.callouts.WithLabelValues("unknown", "connect").Add(5)
		c.callouts.WithLabelValues("unknown", "rcpt").Add(1)
		sleep(time.Minute)
		got := make(map[string]int64)
		for s, n := range f.kept()[0].Tally {
			got[store.Series(s).String()] = n
		}
		want := map[string]int64{"questions": 1000, "accepted": 3, "rejected": 12, "deferred": 16, "no_opinion": 32, "not_enforced": 7,
			"from_cache": 5, "from_callout": 18, "callouts": 16, "callouts_failed": 6}
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("counted is %v, want %v", got, want)
		}
	})
}

func TestRatesAreThoseOfTheLastMinute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCounters()
		h := begun(t, c, newFake(), nil)
		defer h.Close(t.Context())
		want := func(when string, rate float64) {
			t.Helper()
			r := h.Rates()
			if r.PerSecond["questions"] != rate || len(r.PerSecond) != store.NumSeries || time.Since(r.At) >= 10*time.Second {
				t.Errorf("%s: %+v, want %v", when, r, rate)
			}
		}
		want("before anything was seen", 0)
		c.questions.WithLabelValues("policy").Add(300)
		sleep(10 * time.Second)
		want("after ten seconds", 30)
		sleep(20 * time.Second)
		want("after thirty", 10)
		sleep(30 * time.Second)
		want("after a minute", 5)
		sleep(10 * time.Second)
		want("a minute after the last", 0)
	})
}

// words puts a series of a chart in words, from its first value on: "1.5 - 2" where nobody counted in between.
func words(c history.Chart, series string) string {
	var all []string
	for _, v := range c.Series[series] {
		word := "-"
		if v != nil {
			word = fmt.Sprint(*v)
		}
		all = append(all, word)
	}
	return strings.TrimLeft(strings.Join(all, " "), "- ")
}

func TestChartsHaveGapsWhereNobodyCounted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, c := newFake(), newCounters()
		questions := c.questions.WithLabelValues("policy")
		h := begun(t, c, f, nil)
		wantChart := func(span string, points int, want string) {
			t.Helper()
			got, err := h.Chart(t.Context(), span)
			if err != nil {
				t.Fatal(err)
			}
			if words(got, "questions") != want || len(got.Times) != points || len(got.Series) != store.NumSeries {
				t.Errorf("%s: %s; want %s", span, words(got, "questions"), want)
			}
			for _, values := range got.Series {
				if len(values) != points {
					t.Errorf("%s: %d values for %d times", span, len(values), points)
				}
			}
			last := time.Unix(got.Times[points-1], 0)
			if step := time.Duration(got.StepSeconds) * time.Second; time.Since(last) > step+10*time.Second || last.After(time.Now()) {
				t.Errorf("%s: the last step begins at %v, now it is %v", span, last, time.Now())
			}
		}
		wantChart("hour", 60, "")
		questions.Add(120)
		sleep(10 * time.Second)
		wantChart("hour", 60, "12")
		sleep(50 * time.Second) // the next minute has just begun
		wantChart("hour", 60, "2")
		questions.Add(60)
		sleep(time.Minute)
		wantChart("hour", 60, "2 1")
		wantChart("day", 288, "1.5")
		h.Close(t.Context())
		sleep(3 * time.Minute)
		h = begun(t, newCounters(), f, nil) // 00:05
		sleep(90 * time.Second)
		wantChart("hour", 60, "2 1 - - - 0 0")
		wantChart("day", 288, "1.5 0")
		wantChart("month", 360, fmt.Sprint(0.857143)) // 180 in 210 s
		sleep(2 * time.Hour)
		wantChart("hour", 60, strings.TrimSpace(strings.Repeat("0 ", 60)))
		wantChart("month", 360, "0.025641 0") // 180 in 7,020 s
		h.Close(t.Context())
		if _, err := h.Chart(t.Context(), "year"); err == nil {
			t.Error("there is a chart of a year")
		}
	})
}

func TestAGapIsNullInJSON(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCounters()
		h := begun(t, c, newFake(), nil)
		defer h.Close(t.Context())
		sleep(20 * time.Second)
		chart, err := h.Chart(t.Context(), "hour")
		if err != nil {
			t.Fatal(err)
		}
		b, err := json.Marshal(chart)
		if err != nil || !bytes.Contains(b, []byte(`"step_seconds":60,"times":[`)) || !bytes.Contains(b, []byte(`null,0]`)) {
			t.Errorf("%s, %v", b, err)
		}
	})
}

func TestNothingIsLostWhileTheStoreCantBeWritten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, c := newFake(), newCounters()
		var log bytes.Buffer
		h, err := history.New(t.Context(), history.Options{Gatherer: c, Store: f, Log: slog.New(slog.NewTextHandler(&log, nil)),
			Alerts: func() []history.Alert { return []history.Alert{{Kind: "loop"}} }})
		if err != nil {
			t.Fatal(err)
		}
		f.breaks(true)
		for range 3 {
			c.questions.WithLabelValues("policy").Add(60)
			sleep(time.Minute)
		}
		chart, err := h.Chart(t.Context(), "hour")
		if got := words(chart, "questions"); got != "1 1 1" || err != nil {
			t.Errorf("the chart has %s, %v", got, err)
		}
		f.breaks(false)
		sleep(10 * time.Second)
		if got, want := questionsOf(f.kept()), "00:00 60s 60, 00:01 60s 60, 00:02 60s 60"; got != want {
			t.Errorf("written is %s, want %s", got, want)
		}
		if open := h.OpenAlerts(); len(open) != 1 || open[0].ID == 0 {
			t.Errorf("open is %+v", open)
		}
		f.breaks(true)
		sleep(5 * time.Hour)
		f.breaks(false)
		h.Close(t.Context())
		if n := len(f.kept()); n < 120 || n > 125 {
			t.Errorf("of five hours that could not be written %d minutes are kept", n-3)
		}
		if n := strings.Count(log.String(), "\n"); n != 4 || !strings.Contains(log.String(), "disk is full") {
			t.Errorf("the log says\n%s", &log)
		}
	})
}

func TestCloseGivesUpWhenItsTimeIsOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake()
		f.hold = make(chan struct{})
		h := begun(t, newCounters(), f, nil)
		sleep(30 * time.Second)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		before := time.Now()
		h.Close(ctx)
		if took := time.Since(before); took != time.Second {
			t.Errorf("Close took %v", took)
		}
		h.Close(ctx) // once more is nothing
	})
}

func TestWhatIsOldIsPurgedOnceAnHour(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake()
		h := begun(t, newCounters(), f, nil)
		defer h.Close(t.Context())
		sleep(time.Minute)
		if f.purges != 2 { // the first said that there was more
			t.Errorf("%d calls at the start", f.purges)
		}
		sleep(3 * time.Hour)
		if f.purges != 5 {
			t.Errorf("%d calls in three hours", f.purges-2)
		}
	})
}
