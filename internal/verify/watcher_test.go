package verify_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"callout/internal/address"
	"callout/internal/callout"
	"callout/internal/verify"
)

// Who watches is told of every decision, also where the log is not.
func TestObserveIsToldOfEveryDecision(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx := t.Context()
		var told []string
		var out bytes.Buffer
		h := newHouse(t, func(context.Context, callout.Question) callout.Answer {
			time.Sleep(time.Second)
			return rejected
		}, func(o *verify.Options) {
			o.Log = slog.New(slog.NewTextHandler(&out, &slog.HandlerOptions{Level: slog.LevelWarn}))
			o.Observe = func(q *verify.Question, d *verify.Decision, at time.Time, took time.Duration) {
				if !at.Equal(time.Now()) {
					t.Errorf("decided at %v, told at %v", at, time.Now())
				}
				told = append(told, fmt.Sprintf("%s %s %s %s", q.Recipient, d.Action, d.Source, took))
			}
		})
		h.Known(ctx, question("john")) // is none
		h.Decide(ctx, question("john"))
		h.Known(ctx, question("john"))
		h.Recheck(ctx, question("john"))
		h.Decide(ctx, verify.Question{Recipient: address.New("jane", "elsewhere.example")})
		h.Refuse(ctx, verify.Question{}, &address.SyntaxError{Address: "@"})
		want := []string{"john@example.com reject callout 1s", "john@example.com reject cache 0s", "john@example.com reject callout 1s",
			"jane@elsewhere.example no_opinion none 0s", "@ reject none 0s"}
		if !slices.Equal(told, want) {
			t.Errorf("told %q; want %q", told, want)
		}
		if out.Len() > 0 {
			t.Errorf("logged %s", out.String())
		}
	})
}

// A recheck tells the lines of its dialogue as they come; an equal one that comes meanwhile takes its answer without.
func TestRecheckTellsItsDialogue(t *testing.T) {
	begun, release := make(chan struct{}), make(chan struct{})
	h := newHouse(t, func(_ context.Context, q callout.Question) callout.Answer {
		if q.Trace == nil || !q.Probe.IsZero() {
			t.Errorf("asked without a trace, or with a random address: %+v", q)
			return rejected
		}
		q.Trace(callout.Line{Dir: callout.FromClient, Text: "RCPT TO:<john@example.com>"})
		close(begun)
		<-release
		q.Trace(callout.Line{Dir: callout.FromServer, Text: "550 no such user"})
		return rejected
	}, nil)
	lines := make(chan string, 10)
	q := question("john")
	q.Trace = func(l callout.Line) { lines <- string(rune(l.Dir)) + " " + l.Text }
	first, second := make(chan verify.Decision, 1), make(chan verify.Decision, 1)
	go func() { d, _ := h.Recheck(context.Background(), q); first <- d }()
	<-begun
	if got := <-lines; got != "C RCPT TO:<john@example.com>" {
		t.Errorf("the first line is %q", got)
	}
	other := q
	other.Trace = func(l callout.Line) { t.Errorf("who joined was told %q", l.Text) }
	ctx, cancel := context.WithCancel(context.Background())
	cancel() // it joins, and does not wait
	go func() { d, _ := h.Recheck(ctx, other); second <- d }()
	if d := <-second; d.Verdict.Problem == nil {
		t.Errorf("who does not wait is told %+v", d)
	}
	close(release)
	if d := <-first; d.Action != verify.Reject || <-lines != "S 550 no such user" {
		t.Errorf("the recheck ends in %s", d.Action)
	}
}

// BenchmarkDecideCachedObserved is BenchmarkDecideCached with somebody who watches.
func BenchmarkDecideCachedObserved(b *testing.B) {
	n := 0
	v, _ := newVerifier(b, func(context.Context, callout.Question) callout.Answer { return accepted }, func(o *verify.Options) {
		o.Observe = func(*verify.Question, *verify.Decision, time.Time, time.Duration) { n++ }
	})
	q := question("john")
	v.Decide(b.Context(), q)
	b.ReportAllocs()
	for b.Loop() {
		v.Decide(b.Context(), q)
	}
}
