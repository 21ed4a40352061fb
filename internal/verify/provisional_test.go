package verify_test

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"callout/internal/address"
	"callout/internal/callout"
	"callout/internal/domains"
	"callout/internal/store"
	"callout/internal/verify"
)

// What a backup refuses does not count where the first priority has accepted another spelling meanwhile, nor is it
// kept for later.
func TestProvisionalInvalidOfAnotherSpelling(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, func(_ context.Context, q callout.Question) callout.Answer {
			if q.Recipient.Local() == "John" {
				return accepted
			}
			time.Sleep(3 * time.Second)
			return byBackup(rejected)
		}, nil)
		h.change(t, func(d *domains.Domain) { d.Settings.CatchAllCheck = false }) // or the second would wait for the first
		answer := make(chan verify.Decision)
		go func() { answer <- decide(h.Verifier, "john") }()
		time.Sleep(time.Second)
		decide(h.Verifier, "John")
		if d := <-answer; d.Action != verify.Accept || d.Verdict.Provisional {
			t.Errorf("%+v", d)
		}
		if d := decide(h.Verifier, "john"); d.Action != verify.Accept || d.Source != verify.FromCache {
			t.Errorf("later: %+v", d)
		}
	})
}

// The random address that the first priority accepted outranks the 5xx that a backup gave the recipient after it.
func TestProvisionalInvalidInACatchAll(t *testing.T) {
	h := newHouse(t, func(_ context.Context, q callout.Question) callout.Answer {
		a := byBackup(rejected)
		a.Probe = probeOf(accepted)
		return a
	}, nil)
	if d := decide(h.Verifier, "john"); d.Action != verify.Accept || d.Reason != verify.ReasonCatchAll || d.Verdict.Provisional {
		t.Errorf("%+v", d)
	}
}

// Where a random address at a backup seemed enough, the recipient is accepted for 5 min and nothing is written.
func TestProvisionalProbeThatSufficed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log asked
		h := newHouse(t, func(_ context.Context, q callout.Question) callout.Answer {
			log.add(q)
			a := byBackup(callout.Answer{Outcome: callout.Accepted, Stage: callout.StageRcpt, ProbeSufficed: true})
			a.Probe = probeOf(byBackup(accepted))
			return a
		}, nil)
		for range 2 {
			if d := decide(h.Verifier, "john"); d.Action != verify.Accept || d.Reason != verify.ReasonCatchAll || !d.Verdict.Provisional {
				t.Errorf("%+v", d)
			}
		}
		if err := h.behind.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
		if fact, ok, err := h.store.DomainFact(t.Context(), "example.com"); ok || err != nil {
			t.Errorf("stored: %+v, %v", fact, err)
		}
		time.Sleep(5 * time.Minute)
		decide(h.Verifier, "john")
		if n := len(log.take()); n != 2 {
			t.Errorf("asked %d times; want again after 5 min", n)
		}
	})
}

// A stale valid verdict serves from memory where the store can't be read.
func TestStaleWithoutAStore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		answer := accepted
		h := newHouse(t, func(context.Context, callout.Question) callout.Answer { return answer }, nil)
		decide(h.Verifier, "john")
		time.Sleep(97 * time.Hour)
		if err := h.store.Close(); err != nil {
			t.Fatal(err)
		}
		answer = byBackup(rejected)
		if d := decide(h.Verifier, "john"); d.Action != verify.Accept || d.Reason != verify.ReasonStale {
			t.Errorf("%+v", d)
		}
	})
}

// A valid verdict stays in the store for as long as it may serve as a stale one, and shows when it expires; nobody
// counts it as known meanwhile.
func TestValidStaysForStale(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx := t.Context()
		h := newHouse(t, func(context.Context, callout.Question) callout.Answer { return accepted }, nil)
		decide(h.Verifier, "john")
		asked := time.Now()
		rows, err := h.behind.Lookup(ctx, "example.com", "john")
		if err != nil || len(rows) != 1 || rows[0].Expires.Sub(asked) != (96+168)*time.Hour {
			t.Fatalf("%+v, %v", rows, err)
		}
		time.Sleep(100 * time.Hour)
		if _, ok, err := h.Peek(ctx, address.New("john", "example.com")); ok || err != nil {
			t.Errorf("an expired verdict is shown as known, %v", err)
		}
		if page, err := h.List(ctx, h.registry.Lookup("example.com"), store.Query{Limit: 10}); len(page.Verdicts) != 0 || err != nil {
			t.Errorf("listed: %+v, %v", page, err)
		}
		if rows, err := h.behind.Lookup(ctx, "example.com", "john"); len(rows) != 1 || err != nil {
			t.Errorf("purged: %+v, %v", rows, err)
		}
	})
}

// A clear takes what is provisional, also of a flight that is under way.
func TestClearOfProvisional(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log asked
		h := newHouse(t, func(_ context.Context, q callout.Question) callout.Answer {
			log.add(q)
			time.Sleep(2 * time.Second)
			return byBackup(rejected)
		}, nil)
		clears := []func() error{
			func() error { _, err := h.ClearRecipient(t.Context(), "example.com", "JOHN"); return err },
			func() error { return h.ClearDomain(t.Context(), "example.com") },
			func() error { return h.ClearAll(t.Context()) },
		}
		for i, clear := range clears {
			go decide(h.Verifier, "john")
			time.Sleep(time.Second)
			if err := clear(); err != nil {
				t.Fatal(err)
			}
			time.Sleep(2 * time.Second)
			decide(h.Verifier, "john")
			if err := clear(); err != nil {
				t.Fatal(err)
			}
			if n := len(log.take()); n != 2 {
				t.Errorf("clear %d: asked %d times; want 2", i, n)
			}
		}
	})
}

// Nor does it count where the first priority has accepted another spelling since, and memory has lost that.
func TestProvisionalInvalidThatMemoryOutlives(t *testing.T) {
	h := newHouse(t, func(_ context.Context, q callout.Question) callout.Answer {
		if q.Recipient.Local() == "john" {
			return byBackup(rejected)
		}
		return accepted
	}, func(o *verify.Options) { o.MaxEntries = 1000 })
	decide(h.Verifier, "john")
	decide(h.Verifier, "John")
	for n := range 3000 {
		decide(h.Verifier, fmt.Sprintf("user%d", n))
		decide(h.Verifier, fmt.Sprintf("user%d", n))
	}
	if err := h.behind.Flush(context.Background()); err != nil {
		t.Fatal(err)
	}
	if d := decide(h.Verifier, "john"); d.Action != verify.Accept {
		t.Errorf("%+v", d)
	}
}
