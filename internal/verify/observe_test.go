package verify

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"testing"
	"time"

	"pgregory.net/rapid"

	"callout/internal/address"
	"callout/internal/logline"
	"callout/internal/smtpwire"
)

// attrs is what the line of a decision has, said in slog's own words.
func (d *Decision) attrs(q *Question, now time.Time, took time.Duration) (a []slog.Attr) {
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

// strange are texts as strangers send them.
var strange = rapid.OneOf(
	rapid.SampledFrom([]string{"", "user1", "example.com", "no such user", "a=b", `"john smith"`, `a\b`, "jürgen", "漢字", "\u00a0", "\xff", "5.1.1 no such user"}),
	rapid.StringOf(rapid.RuneFrom([]rune("ab1.@-+\"\\= \r\n\t\x00\x7f\u0085é\u200b\u2028\ufffd😀"))),
	rapid.String(),
)

// enhanced draws a code, or none.
func enhanced(t *rapid.T) smtpwire.Enhanced {
	number := rapid.Uint16Range(0, 999)
	return smtpwire.Enhanced{
		Class:  rapid.SampledFrom([]uint16{0, 2, 4, 5}).Draw(t, "class"),
		Detail: number.Draw(t, "detail"), Subject: number.Draw(t, "subject"),
	}
}

// decisions draws one, whether it makes sense or not, and the question.
func decisions(t *rapid.T, now time.Time) (d Decision, q Question) {
	if rapid.Bool().Draw(t, "recipient") {
		q.Recipient = address.New(strange.Draw(t, "local"), strange.Draw(t, "domain"))
	}
	q.Front, q.Client, q.Sender = strange.Draw(t, "front"), strange.Draw(t, "client"), strange.Draw(t, "sender")
	action, code := rapid.Uint8Range(0, uint8(len(actionNames)-1)), rapid.SampledFrom([]int{0, 250, 451, 550})
	d.Action, d.Would, d.Code, d.Enhanced = Action(action.Draw(t, "action")), Action(action.Draw(t, "would")), code.Draw(t, "code"), enhanced(t)
	d.Source, d.Reason = Source(rapid.Uint8Range(0, uint8(len(sourceNames)-1)).Draw(t, "source")), strange.Draw(t, "reason")
	v := &d.Verdict
	v.Status, v.Provisional, v.Host = Status(rapid.Uint8Range(0, 2).Draw(t, "status")), rapid.Bool().Draw(t, "provisional"), strange.Draw(t, "host")
	v.Reply = Reply{Code: code.Draw(t, "reply code"), Enhanced: enhanced(t), Text: strange.Draw(t, "text")}
	if rapid.Bool().Draw(t, "enhanced twice") {
		v.Reply.Text = v.Reply.Enhanced.String() + rapid.SampledFrom([]string{"", " ", " no"}).Draw(t, "rest")
	}
	if rapid.IntRange(0, 3).Draw(t, "problem") == 0 {
		v.Problem = errors.New(strange.Draw(t, "problem text"))
	}
	v.Asked = now.Add(-time.Duration(rapid.Int64Range(-1e9, 1e15).Draw(t, "age")))
	return d, q
}

// The line of a decision is what slog's handlers make of its fields, to the octet, in text and in JSON.
func TestADecisionsLineIsThatOfSlog(t *testing.T) {
	ctx, begun := context.Background(), time.Now()
	var got, want bytes.Buffer
	for name, pair := range map[string]struct{ got, want slog.Handler }{
		"text": {logline.NewTextHandler(&got, slog.LevelInfo), slog.NewTextHandler(&want, nil)},
		"json": {slog.NewJSONHandler(&got, nil), slog.NewJSONHandler(&want, nil)},
	} {
		t.Run(name, func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				took := time.Duration(rapid.Int64Range(0, 1e12).Draw(t, "took") >> rapid.IntRange(0, 40).Draw(t, "shorter"))
				now := begun.Add(took)
				d, q := decisions(t, now)
				got.Reset()
				want.Reset()
				d.log(ctx, pair.got, &q, now, took)
				record := slog.NewRecord(now, slog.LevelInfo, "decision", 0)
				record.AddAttrs(d.attrs(&q, now, took)...)
				pair.want.Handle(ctx, record)
				if got.String() != want.String() {
					t.Fatalf("got\n%q\nslog:\n%q", got.String(), want.String())
				}
			})
		})
	}
}
