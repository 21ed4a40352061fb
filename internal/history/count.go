package history

import (
	"time"

	"callout/internal/store"
)

// sample is how the counters stood at a time.
type sample struct {
	at    time.Time
	tally store.Tally
}

// mostSamples are those of a minute, the one it began with included.
const mostSamples = int(time.Minute/every) + 1

// rule says which counters a series is made of: those of a name whose label has the value, or all of them where label
// is "".
type rule struct{ name, label, value string }

var rules = [store.NumSeries]rule{
	store.Questions:      {"callout_questions_total", "", ""},
	store.Accepted:       {"callout_decisions_total", "action", "accept"},
	store.Rejected:       {"callout_decisions_total", "action", "reject"},
	store.Deferred:       {"callout_decisions_total", "action", "defer"},
	store.NoOpinion:      {"callout_decisions_total", "action", "no_opinion"},
	store.NotEnforced:    {"callout_not_enforced_total", "", ""},
	store.FromCache:      {"callout_decisions_total", "source", "cache"},
	store.FromCallout:    {"callout_decisions_total", "source", "callout"},
	store.Callouts:       {"callout_callouts_total", "", ""},
	store.CalloutsFailed: {"callout_callouts_total", "outcome", "unknown"},
}

// read adds the counters up.
func (h *History) read() (t store.Tally, err error) {
	families, err := h.gatherer.Gather()
	if err != nil {
		return t, err
	}
	for _, f := range families {
		for s, r := range rules {
			if f.GetName() != r.name {
				continue
			}
			for _, m := range f.GetMetric() {
				counts := r.label == ""
				for _, l := range m.GetLabel() {
					counts = counts || l.GetName() == r.label && l.GetValue() == r.value
				}
				if counts {
					t[s] += int64(m.GetCounter().GetValue())
				}
			}
		}
	}
	return t, nil
}

// sample reads the counters and adds what came to them since the last reading to the minute in which that was. Where
// they can't be read nothing is lost: the next reading has it.
func (h *History) sample() {
	tally, err := h.read()
	if err != nil {
		h.log.Debug("history: reading the counters", "err", err)
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	now := sample{time.Now(), tally}
	if n := len(h.samples); n > 0 {
		h.count(h.samples[n-1], now)
	}
	if len(h.samples) == mostSamples {
		copy(h.samples, h.samples[1:])
		h.samples = h.samples[:mostSamples-1]
	}
	h.samples = append(h.samples, now)
	if !h.current.At.IsZero() && !h.current.At.Equal(minuteOf(now.at)) {
		h.finish()
	}
}

func minuteOf(t time.Time) time.Time { return t.UTC().Truncate(time.Minute) }

// count adds what came between two readings to the minute in which the first was. How long that is does not depend on
// how the clock was set meanwhile. The caller holds h.mu.
func (h *History) count(from, to sample) {
	if at := minuteOf(from.at); !h.current.At.Equal(at) {
		h.finish()
		h.current.At = at
	}
	h.current.Seen += to.at.Sub(from.at)
	for s, n := range to.tally {
		h.current.Tally[s] += max(n-from.tally[s], 0)
	}
}

// finish has the current minute written. The caller holds h.mu.
func (h *History) finish() {
	if h.current.Seen > 0 {
		h.pending = append(h.pending, h.current)
	}
	h.pending = h.pending[max(len(h.pending)-maxPending, 0):]
	h.current = store.Minute{}
}

// endMinute has what was seen of the current minute written.
func (h *History) endMinute() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.finish()
}

// write writes the minutes that are over, and once an hour deletes what is old.
func (h *History) write() {
	h.writing.Lock()
	defer h.writing.Unlock()
	h.mu.Lock()
	minutes := append([]store.Minute(nil), h.pending...)
	h.mu.Unlock()
	if len(minutes) == 0 {
		return
	}
	err := h.store.AddMinutes(h.ctx, minutes)
	h.changed(err)
	if err != nil {
		return
	}
	h.mu.Lock()
	h.pending = h.pending[:copy(h.pending, h.pending[len(minutes):])]
	h.mu.Unlock()
	h.purge()
}

// purge deletes what is old. The caller holds h.writing.
func (h *History) purge() {
	if !h.purged.IsZero() && time.Since(h.purged) < time.Hour {
		return
	}
	h.purged = time.Now()
	for range maxPurges {
		more, err := h.store.PurgeHistory(h.ctx, h.purged.Add(-keep), maxPast)
		h.changed(err)
		if err != nil || !more {
			return
		}
	}
}
