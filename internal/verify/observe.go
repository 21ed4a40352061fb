package verify

import (
	"context"
	"log/slog"
	"strconv"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"callout/internal/address"
	"callout/internal/logline"
	"callout/internal/smtpwire"
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

// observe counts a decision, tells who watches, and logs it: one line at info.
func (v *Verifier) observe(ctx context.Context, q *Question, d *Decision, begun time.Time) {
	v.metrics.of(q.Front).Inc()
	v.metrics.decisions[d.Action][d.Verdict.Status][d.Source].Inc()
	logged := v.log.Enabled(ctx, slog.LevelInfo)
	if !logged && v.watcher == nil {
		return
	}
	now := time.Now()
	if v.watcher != nil {
		v.watcher.tell(q, d, now, now.Sub(begun))
	}
	if logged {
		d.log(ctx, v.log.Handler(), q, now, now.Sub(begun))
	}
}

// log logs a decision that was made now and took so long.
func (d *Decision) log(ctx context.Context, h slog.Handler, q *Question, now time.Time, took time.Duration) {
	logline.Log(ctx, h, now, slog.LevelInfo, "decision", func(f *logline.Fields) { d.describe(f, q, now, took) })
}

// describe adds what the log says of a decision. That a recipient was accepted from the cache is said without the
// destination's reply, which is always the same; most lines are of that kind.
func (d *Decision) describe(f *logline.Fields, q *Question, now time.Time, took time.Duration) {
	var room [256]byte // for what would be a string of its own
	f.String("front", q.Front)
	f.String("domain", q.Recipient.Domain())
	if !q.Recipient.IsZero() {
		f.Bytes("recipient", appendRecipient(room[:0], q.Recipient))
	}
	f.String("action", d.Action.String())
	if d.Would != NoOpinion {
		f.String("would", d.Would.String())
	}
	if d.Code != 0 {
		f.Int("code", d.Code)
		f.Bytes("enhanced", d.Enhanced.Append(room[:0]))
	}
	f.String("verdict", d.Verdict.Status.String())
	f.String("reason", d.Reason)
	f.String("source", d.Source.String())
	if d.Verdict.Provisional {
		f.Bool("provisional", true)
	}
	if d.Verdict.Host != "" {
		f.String("destination", d.Verdict.Host)
	}
	switch {
	case d.Verdict.Problem != nil:
		f.String("problem", d.Verdict.Problem.Error())
	case d.Verdict.Reply.Code != 0 && (d.Source != FromCache || d.Action != Accept):
		f.Bytes("reply", appendReply(room[:0], &d.Verdict.Reply))
	}
	if d.Source == FromCache {
		f.Duration("age", now.Sub(d.Verdict.Asked).Truncate(time.Second))
	}
	if q.Client != "" {
		f.String("client", q.Client)
	}
	if q.Sender != "" {
		f.String("sender", q.Sender)
	}
	f.Duration("took", took)
}

// appendRecipient appends a recipient as its String has it.
func appendRecipient(b []byte, r address.Recipient) []byte {
	b = append(b, r.Local()...)
	b = append(b, '@')
	return append(b, r.Domain()...)
}

// appendReply appends a reply as its String has it, which says an enhanced status code once.
func appendReply(b []byte, r *Reply) []byte {
	b = strconv.AppendInt(b, int64(r.Code), 10)
	text := r.Text
	if r.Enhanced.Class != 0 {
		b = append(b, ' ')
		b = r.Enhanced.Append(b)
		if e, rest, ok := smtpwire.ParseEnhanced(text); ok && e == r.Enhanced {
			text = rest
		}
	}
	if text != "" {
		b = append(b, ' ')
		b = append(b, text...)
	}
	return b
}
