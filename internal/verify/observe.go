package verify

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// metrics counts questions and decisions. The counters of every decision there can be are made beforehand, so
// that counting one is an addition.
type metrics struct {
	questions   *prometheus.CounterVec
	fronts      sync.Map                                                  // of prometheus.Counter, the questions of each front end
	decisions   [len(actionNames)][3][len(sourceNames)]prometheus.Counter // by action, status, source
	notEnforced [len(actionNames)]prometheus.Counter                      // by what would have been done
	joined      prometheus.Counter
	storeErrors prometheus.Counter
}

func newMetrics(r prometheus.Registerer, v *Verifier) *metrics {
	m := &metrics{
		questions: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "callout_questions_total",
			Help: "Questions that front ends asked.",
		}, []string{"front"}),
		joined: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "callout_questions_joined_total",
			Help: "Questions that waited for the answer to an equal one instead of a callout of their own.",
		}),
		storeErrors: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "callout_store_read_errors_total",
			Help: "Questions for which the store could not be read; they were answered without it.",
		}),
	}
	decisions := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "callout_decisions_total",
		Help: "Decisions, by what the client was told, by the verdict behind it and by where that came from.",
	}, []string{"action", "verdict", "source"})
	for action := range m.decisions {
		for status := range m.decisions[action] {
			for source := range m.decisions[action][status] {
				m.decisions[action][status][source] = decisions.WithLabelValues(
					Action(action).String(), Status(status).String(), Source(source).String())
			}
		}
	}
	notEnforced := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "callout_not_enforced_total",
		Help: "Recipients that were accepted because nothing is enforced, by what would have been done.",
	}, []string{"would"})
	for _, would := range []Action{Reject, Defer} {
		m.notEnforced[would] = notEnforced.WithLabelValues(would.String())
	}
	if r == nil {
		return m
	}
	r.MustRegister(m.questions, decisions, notEnforced, m.joined, m.storeErrors)
	for name, size := range map[string]func() int{
		"valid": v.cache.valid.EstimatedSize, "invalid": v.cache.invalid.EstimatedSize, "provisional": v.cache.provisional.EstimatedSize,
	} {
		r.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name:        "callout_cache_entries",
			Help:        "Verdicts in memory.",
			ConstLabels: prometheus.Labels{"cache": name},
		}, func() float64 { return float64(size()) }))
	}
	return m
}

// of returns the counter of a front end's questions.
func (m *metrics) of(front string) prometheus.Counter {
	if c, ok := m.fronts.Load(front); ok {
		return c.(prometheus.Counter)
	}
	c := m.questions.WithLabelValues(front)
	m.fronts.Store(front, c)
	return c
}

// observe counts a decision and logs it: one line at info.
func (v *Verifier) observe(ctx context.Context, q *Question, d *Decision, begun time.Time) {
	v.metrics.of(q.Front).Inc()
	v.metrics.decisions[d.Action][d.Verdict.Status][d.Source].Inc()
	if !v.log.Enabled(ctx, slog.LevelInfo) {
		return
	}
	var room [18]slog.Attr
	// A record made by hand: the logger would look up where it was called from, which nobody is shown.
	now := time.Now()
	record := slog.NewRecord(now, slog.LevelInfo, "decision", 0)
	record.AddAttrs(d.attrs(room[:0], q, now, now.Sub(begun))...)
	v.log.Handler().Handle(ctx, record)
}

// attrs appends what the log says of a decision. That a recipient was accepted from the cache is said without
// the destination's reply, which is always the same; most lines are of that kind.
func (d *Decision) attrs(a []slog.Attr, q *Question, now time.Time, took time.Duration) []slog.Attr {
	a = append(a, slog.String("front", q.Front), slog.String("domain", q.Recipient.Domain()))
	if !q.Recipient.IsZero() {
		a = append(a, slog.String("recipient", q.Recipient.String()))
	}
	a = append(a, slog.String("action", d.Action.String()))
	if d.Would != NoOpinion {
		a = append(a, slog.String("would", d.Would.String()))
	}
	if d.Code != 0 {
		a = append(a, slog.Int("code", d.Code), slog.String("enhanced", d.Enhanced.String()))
	}
	a = append(a, slog.String("verdict", d.Verdict.Status.String()), slog.String("reason", d.Reason), slog.String("source", d.Source.String()))
	if d.Verdict.Provisional {
		a = append(a, slog.Bool("provisional", true))
	}
	if d.Verdict.Host != "" {
		a = append(a, slog.String("destination", d.Verdict.Host))
	}
	switch {
	case d.Verdict.Problem != nil:
		a = append(a, slog.String("problem", d.Verdict.Problem.Error()))
	case d.Verdict.Reply.Code != 0 && (d.Source != FromCache || d.Action != Accept):
		a = append(a, slog.String("reply", d.Verdict.Reply.String()))
	}
	if d.Source == FromCache {
		a = append(a, slog.Duration("age", now.Sub(d.Verdict.Asked).Truncate(time.Second)))
	}
	if q.Client != "" {
		a = append(a, slog.String("client", q.Client))
	}
	if q.Sender != "" {
		a = append(a, slog.String("sender", q.Sender))
	}
	return append(a, slog.Duration("took", took))
}
