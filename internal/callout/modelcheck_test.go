package callout_test

import (
	"context"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"callout/internal/callout"
)

// ask asks one question, holds the answer against the truth and reports whether it is settled.
func (w *world) ask(q asked) bool {
	question := callout.Question{Destination: w.hosts, Recipient: q.recipient, Settings: &w.settings}
	if q.probe {
		question.Probe = callout.RandomRecipient("", q.recipient.Domain())
	}
	if q.renews {
		w.renew(&question)
	}
	limit := w.settings.Deadline
	ctx := context.Background()
	if q.patience > 0 {
		limit = q.patience
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, q.patience)
		defer cancel()
	}
	start := time.Now()
	a := w.pools.Ask(ctx, question)
	if took := time.Since(start); took > limit+time.Second {
		w.fail("%s has its answer after %v, where there is time for %v", q.recipient, took, limit)
	}
	w.judge(q, a)
	return a.Outcome != callout.Unknown
}

// judge holds an answer against the truth.
func (w *world) judge(q asked, a callout.Answer) {
	if a.Probe.Asked {
		w.judgeProbe(q, a.Probe)
	}
	if a.Outcome == callout.Unknown {
		if a.Problem == nil {
			w.fail("%s is unknown without a problem", q.recipient)
		}
		return
	}
	accepted, rejected := w.models[a.Host.Address()].Truth(q.recipient)
	if a.Outcome == callout.Accepted && !accepted || a.Outcome == callout.Rejected && !rejected {
		w.fail("%s is %v by %s: %s", q.recipient, a.Outcome, a.Host, a.Reply)
	}
	ours := a.ProbeSufficed || a.Stage == callout.StageEHLO // then there is no reply to this recipient
	if !ours && !strings.Contains(a.Reply.Text(), "<"+q.recipient.String()+">") {
		w.fail("%s has the answer %q", q.recipient, a.Reply)
	}
	provisional := !slices.Contains(w.hosts[0], a.Host)
	if a.Provisional != provisional {
		w.fail("%s by %s: provisional is %v", q.recipient, a.Host, a.Provisional)
	}
}

// judgeProbe holds what became of a random address against the truth.
func (w *world) judgeProbe(q asked, p callout.ProbeAnswer) {
	catchAll := w.habits[0].Domains[q.recipient.Domain()].CatchAll
	if p.Outcome == callout.Accepted && !catchAll || p.Outcome == callout.Rejected && catchAll {
		w.fail("%s: its random address is %v by %s: %s", q.recipient, p.Outcome, p.Host, p.Reply)
	}
}

// renew adds a renewal to a question.
func (w *world) renew(question *callout.Question) {
	times := new(atomic.Int32)
	w.mu.Lock()
	w.renewals = append(w.renewals, times)
	w.mu.Unlock()
	q := asked{recipient: question.Recipient}
	question.Renewal = callout.RandomRecipient("", question.Recipient.Domain())
	question.Renewed = func(p callout.ProbeAnswer) {
		times.Add(1)
		if p.Asked {
			w.judgeProbe(q, p)
		}
	}
}
