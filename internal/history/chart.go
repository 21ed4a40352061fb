package history

import (
	"context"
	"fmt"
	"math"
	"time"

	"callout/internal/store"
)

// Rates are how often things happen now.
type Rates struct {
	At        time.Time          `json:"at"`         // when they were read
	PerSecond map[string]float64 `json:"per_second"` // by series, over the last minute or what there is of it
}

// Rates returns how often things have happened in the minute before the last reading of the counters, which was ten
// seconds ago at most; only zeros before the second one.
func (h *History) Rates() Rates {
	h.mu.Lock()
	defer h.mu.Unlock()
	r := Rates{PerSecond: make(map[string]float64, store.NumSeries)}
	var first, last sample
	if n := len(h.samples); n > 0 {
		first, last = h.samples[0], h.samples[n-1]
	}
	r.At = last.at.UTC()
	for s := range store.NumSeries {
		r.PerSecond[store.Series(s).String()] = perSecond(max(last.tally[s]-first.tally[s], 0), last.at.Sub(first.at))
	}
	return r
}

// perSecond returns how often n in some time is, to six decimal places, which is one in twelve days.
func perSecond(n int64, in time.Duration) float64 {
	if in <= 0 {
		return 0
	}
	return math.Round(float64(n)/in.Seconds()*1e6) / 1e6
}

// Chart is how often things happened over some time, in steps. Where nobody counted, since Callout did not run, a
// series has nil.
type Chart struct {
	StepSeconds int                   `json:"step_seconds"`
	Times       []int64               `json:"times"`  // when each step began, in seconds since 1970
	Series      map[string][]*float64 `json:"series"` // per second; each is as long as Times
}

// span is how a chart is divided.
type span struct {
	step  time.Duration
	steps int
}

var spans = map[string]span{
	"hour":  {time.Minute, 60},
	"day":   {5 * time.Minute, 288},
	"month": {2 * time.Hour, 360},
}

// Chart returns the last "hour" in 60 steps, "day" in 288 or "month", which is thirty days, in 360. The last step is the
// one that is not over yet, once ten seconds of it were seen. The error is that of the store, or names the span that
// there is not.
func (h *History) Chart(ctx context.Context, name string) (Chart, error) {
	s, ok := spans[name]
	if !ok {
		return Chart{}, fmt.Errorf("no chart has the span %.20q; hour, day and month do", name)
	}
	// What is written while the store reads may be seen twice or not at all; so nothing is.
	h.writing.Lock()
	until, unwritten := h.unwritten(s.step)
	from := until.Add(-time.Duration(s.steps) * s.step)
	sums, err := h.store.Sums(ctx, from, until, s.step)
	h.writing.Unlock()
	if err != nil {
		return Chart{}, fmt.Errorf("reading the history: %w", err)
	}
	all := make([]store.Minute, s.steps)
	for _, m := range append(sums, unwritten...) {
		if m.At.Before(from) || !m.At.Before(until) { // of a clock that was set since
			continue
		}
		sum := &all[m.At.Sub(from)/s.step]
		sum.Seen += m.Seen
		for k, n := range m.Tally {
			sum.Tally[k] += n
		}
	}
	return chart(from, s.step, all), nil
}

// unwritten returns the minutes that the store does not have yet, and when a chart in such steps ends: with the step
// that the last reading tells of.
func (h *History) unwritten(step time.Duration) (until time.Time, minutes []store.Minute) {
	h.mu.Lock()
	defer h.mu.Unlock()
	last := time.Now()
	if n := len(h.samples); n > 0 {
		last = h.samples[n-1].at
	}
	until = last.Add(-every / 2).UTC().Truncate(step).Add(step)
	minutes = append(minutes, h.pending...)
	if h.current.Seen > 0 {
		minutes = append(minutes, h.current)
	}
	return until, minutes
}

// chart makes a chart of what was seen in its steps.
func chart(from time.Time, step time.Duration, all []store.Minute) Chart {
	c := Chart{StepSeconds: int(step / time.Second), Times: make([]int64, len(all)), Series: make(map[string][]*float64, store.NumSeries)}
	for i := range all {
		c.Times[i] = from.Add(time.Duration(i) * step).Unix()
	}
	for s := range store.NumSeries {
		values, points := make([]float64, len(all)), make([]*float64, len(all))
		for i, m := range all {
			if m.Seen > 0 {
				values[i] = perSecond(m.Tally[s], m.Seen)
				points[i] = &values[i]
			}
		}
		c.Series[store.Series(s).String()] = points
	}
	return c
}
