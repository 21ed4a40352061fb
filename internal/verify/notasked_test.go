package verify_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"callout/internal/address"
	"callout/internal/callout"
	"callout/internal/smtpwire"
	"callout/internal/verify"
)

// Where no host was to be asked, the decision does not say that one was, nor does that on an equal question a moment later; what
// another was told of the host is not told at SMTP, where the domain passes on what its destination says either.
func TestNobodyWasAskedIsNotACallout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		left := &callout.Problem{Kind: callout.Closed, Stage: callout.StageRcpt, Host: mx, NotAsked: true, Since: time.Now(), Again: time.Now().Add(time.Second),
			Reply: smtpwire.Reply{Code: 421, Enhanced: smtpwire.Enhanced{Class: 4, Subject: 7}}}
		h := newHouse(t, func(context.Context, callout.Question) callout.Answer {
			return callout.Answer{Stage: callout.StageRcpt, Host: mx, Problem: left, NotAsked: true}
		}, nil)
		for _, when := range []string{"at first", "again"} {
			d := decide(h.Verifier, "john")
			if d.Source != verify.FromNowhere || !d.Verdict.Asked.IsZero() || d.Verdict.Reply.Code != 0 || d.Reason != "closed" || d.Action != verify.Defer || d.Code != 451 {
				t.Errorf("%s: %+v", when, d)
			}
		}
		recheck, ok := h.Recheck(t.Context(), verify.Question{Recipient: address.New("jane", "example.com"), Front: "test"})
		if !ok || recheck.Source != verify.FromNowhere {
			t.Errorf("rechecked: %+v", recheck)
		}
	})
}

// What is unknown since a host was asked is from the callout, and a moment later from the cache.
func TestAskedInVainIsACallout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, func(context.Context, callout.Question) callout.Answer {
			return callout.Answer{Stage: callout.StageConnect, Host: mx, Problem: &callout.Problem{Kind: callout.NoConnection, Stage: callout.StageConnect, Host: mx}}
		}, nil)
		if d := decide(h.Verifier, "john"); d.Source != verify.FromCallout || d.Verdict.Asked.IsZero() {
			t.Errorf("at first: %+v", d)
		}
		if d := decide(h.Verifier, "john"); d.Source != verify.FromCache {
			t.Errorf("again: %+v", d)
		}
	})
}
