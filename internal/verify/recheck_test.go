package verify_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"callout/internal/address"
	"callout/internal/callout"
	"callout/internal/domains"
	"callout/internal/verify"
)

// destination is one whose answer can be changed.
type destination struct {
	asked
	says atomic.Pointer[callout.Answer]
}

func (d *destination) answer(_ context.Context, q callout.Question) callout.Answer {
	d.add(q)
	return *d.says.Load()
}

var unreachable = callout.Answer{Host: mx, Problem: &callout.Problem{Kind: callout.NoConnection, Stage: callout.StageConnect, Host: mx, Err: errors.New("connection refused")}}

func question(local string) verify.Question {
	return verify.Question{Recipient: address.New(local, "example.com"), Front: "test"}
}

// A recipient that is asked again is asked whatever is known, and what is said then counts; where nothing is said,
// what was known goes on to.
func TestRecheckAsksWhateverIsKnown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx := context.Background()
		var d destination
		h := newHouse(t, d.answer, nil)
		h.change(t, func(d *domains.Domain) { d.Settings.CatchAllCheck = false })
		for i, step := range []struct {
			says callout.Answer
			want verify.Action
		}{
			{accepted, verify.Accept},
			{unreachable, verify.Accept},
			{rejected, verify.Reject},
			{unreachable, verify.Reject},
			{accepted, verify.Accept},
		} {
			time.Sleep(verify.KeepUnknown) // an unknown answers for that long
			d.says.Store(&step.says)
			dec, ok := h.Recheck(ctx, question("john"))
			if asked := d.take(); !ok || dec.Action != step.want || len(asked) != 1 || !asked[0].Probe.IsZero() {
				t.Errorf("step %d: %s, %v, asked %d times", i, dec.Action, ok, len(asked))
			}
			if known, ok := h.Known(ctx, question("john")); !ok || known.Action != step.want || known.Source != verify.FromCache {
				t.Errorf("step %d: known %s, %v", i, known.Action, ok)
			}
		}
	})
}

// Nobody is asked about what the mode of a domain decides, or a domain that is not served.
func TestRecheckAsksNobodyWhereTheModeDecides(t *testing.T) {
	ctx := context.Background()
	var d destination
	d.says.Store(&accepted)
	h := newHouse(t, d.answer, nil)
	h.change(t, func(d *domains.Domain) { d.Mode = domains.ModeOff })
	if dec, ok := h.Recheck(ctx, question("john")); ok {
		t.Errorf("mode off: %s", dec.Action)
	}
	if dec, ok := h.Recheck(ctx, verify.Question{Recipient: address.New("john", "elsewhere.example")}); ok {
		t.Errorf("not served: %s", dec.Action)
	}
	if asked := d.take(); len(asked) > 0 {
		t.Errorf("asked %d times", len(asked))
	}
}

// Known answers from memory and by the mode alone, and asks nothing.
func TestKnownAsksNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx := context.Background()
		var d destination
		d.says.Store(&rejected)
		h := newHouse(t, d.answer, nil)
		if dec, ok := h.Known(ctx, question("john")); ok || len(d.take()) > 0 {
			t.Errorf("a recipient that nobody has asked for: %s, %v", dec.Action, ok)
		}
		if dec, ok := h.Known(ctx, verify.Question{Recipient: address.New("john", "elsewhere.example")}); !ok || dec.Reason != verify.ReasonNotServed {
			t.Errorf("a domain that is not served: %s, %v", dec.Reason, ok)
		}
		h.Decide(ctx, question("john"))
		d.take()
		if dec, ok := h.Known(ctx, question("john")); !ok || dec.Action != verify.Reject || len(d.take()) > 0 {
			t.Errorf("after it was asked: %s, %v", dec.Action, ok)
		}
	})
}
