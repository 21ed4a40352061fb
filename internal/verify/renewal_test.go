package verify_test

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"callout/internal/callout"
	"callout/internal/verify"
)

// renewing is a destination that has refused one random address, and answers renewals as it is told to: before the
// recipient's own answer or after it.
type renewing struct {
	asked
	renewal callout.Answer // what it says of the random address that rides behind
	second  callout.Answer // what it says of the one that is asked for itself
	early   bool
	delay   time.Duration
	wait    sync.WaitGroup
}

func (r *renewing) ask(_ context.Context, q callout.Question) callout.Answer {
	r.add(q)
	a := accepted
	if !q.Probe.IsZero() {
		a.Probe = probeOf(rejected)
	}
	if len(q.Recipient.Local()) == 20 { // a random one
		a = r.second
	}
	if !q.Renewal.IsZero() {
		tell := func() {
			time.Sleep(r.delay)
			q.Renewed(probeOf(r.renewal))
		}
		if r.early {
			tell()
		} else {
			r.wait.Go(tell)
		}
	}
	return a
}

// A renewal may be answered before its recipient or long after: what it says is kept either way, and asks for a
// second random address where it is accepted, in which the host of the first is avoided.
func TestRenewalBeforeAndAfterTheAnswer(t *testing.T) {
	for _, early := range []bool{true, false} {
		t.Run(fmt.Sprintf("early=%v", early), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := &renewing{renewal: accepted, second: accepted, early: early, delay: 3 * time.Second}
				h := newHouse(t, r.ask, nil)
				decide(h.Verifier, "john")
				toLastQuarter()
				r.take()
				begun := time.Now()
				if d := decide(h.Verifier, "jane"); d.Action != verify.Accept || !early && time.Since(begun) > 0 {
					t.Errorf("%+v after %v", d, time.Since(begun))
				}
				time.Sleep(4 * time.Second)
				qs := r.take()
				if len(qs) != 2 || qs[1].Avoid != mx || !qs[1].Probe.IsZero() || qs[1].Recipient == qs[0].Renewal {
					t.Fatalf("asked: %+v", qs)
				}
				if s := h.status(t); s.State == nil || !s.State.Accepts || !s.State.Turned {
					t.Errorf("%+v", s.State)
				}
				r.wait.Wait()
			})
		})
	}
}

// One renewal of a domain is under way at a time, whoever asks beside it; where nothing came of it the next recipient
// carries another.
func TestOneRenewalAtATime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := &renewing{delay: 3 * time.Second} // its renewals are not asked
		h := newHouse(t, func(ctx context.Context, q callout.Question) callout.Answer {
			renewed := q.Renewed
			q.Renewed = func(callout.ProbeAnswer) { renewed(callout.ProbeAnswer{}) }
			return r.ask(ctx, q)
		}, nil)
		decide(h.Verifier, "john")
		toLastQuarter()
		r.take()
		for round := range 2 {
			var wait sync.WaitGroup
			for n := range 20 {
				wait.Go(func() { decide(h.Verifier, fmt.Sprintf("user%d-%d", round, n)) })
			}
			wait.Wait()
			renewals := 0
			for _, q := range r.take() {
				if !q.Renewal.IsZero() {
					renewals++
				}
			}
			if renewals != 1 {
				t.Errorf("round %d: %d renewals", round, renewals)
			}
			time.Sleep(4 * time.Second)
		}
		r.wait.Wait()
	})
}

// What a backup says of a renewal changes nothing of what is known, and puts the next renewal off for 5 min.
func TestProvisionalRenewal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := &renewing{renewal: byBackup(accepted)}
		h := newHouse(t, r.ask, nil)
		decide(h.Verifier, "john")
		toLastQuarter()
		for i, want := range []int{1, 0, 1} { // renewals now, at once again, and 5 min later
			r.take()
			decide(h.Verifier, fmt.Sprintf("user%d", i))
			r.wait.Wait()
			got := 0
			for _, q := range r.take() {
				if !q.Renewal.IsZero() {
					got++
				}
			}
			if got != want {
				t.Errorf("question %d: %d renewals; want %d", i, got, want)
			}
			if s := h.status(t); s.State == nil || s.State.Accepts || s.State.Provisional {
				t.Errorf("%+v", s.State)
			}
			if i == 1 {
				time.Sleep(5 * time.Minute)
			}
		}
	})
}

// Close waits for a second random address that is being asked, and begins none.
func TestCloseAndRenewals(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var seconds atomic.Int32
		r := &renewing{renewal: accepted, second: rejected}
		h := newHouse(t, func(ctx context.Context, q callout.Question) callout.Answer {
			if q.Avoid != (callout.Host{}) {
				time.Sleep(5 * time.Second)
				defer seconds.Add(1)
			}
			return r.ask(ctx, q)
		}, nil)
		decide(h.Verifier, "john")
		toLastQuarter()
		r.take()
		decide(h.Verifier, "jane")
		r.wait.Wait()
		h.Close(t.Context())
		if n := seconds.Load(); n != 1 {
			t.Errorf("closed with %d answers; want to have waited for 1", n)
		}
		for _, q := range r.take() {
			if !q.Renewal.IsZero() {
				q.Renewed(probeOf(accepted)) // an engine that is late, and wrong
			}
		}
		time.Sleep(time.Minute)
		if n := seconds.Load(); n != 1 {
			t.Errorf("a random address was asked after Close")
		}
	})
}

// Those who wait for the random address of another's flight wait for the second one too.
func TestWaitersOfASecondRandomAddress(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := &renewing{}
		turned := false
		h := newHouse(t, func(ctx context.Context, q callout.Question) callout.Answer {
			r.add(q)
			a := rejected
			a.Probe = probeOf(rejected)
			if !turned {
				return a
			}
			time.Sleep(time.Second)
			a = accepted
			if !q.Probe.IsZero() {
				a.ProbeSufficed, a.Reply = true, reply("250 Ok")
				a.Probe = probeOf(accepted)
			}
			return a
		}, nil)
		decide(h.Verifier, "nobody")
		time.Sleep(3 * time.Hour)
		turned = true
		r.take()
		begun := time.Now()
		var wait sync.WaitGroup
		for n := range 10 {
			wait.Go(func() {
				if d := decide(h.Verifier, fmt.Sprintf("user%d", n)); d.Reason != verify.ReasonCatchAll || time.Since(begun) != 2*time.Second {
					t.Errorf("%+v after %v", d, time.Since(begun))
				}
			})
		}
		wait.Wait()
		if n := len(r.take()); n != 2 {
			t.Errorf("asked %d times; want two random addresses", n)
		}
	})
}
