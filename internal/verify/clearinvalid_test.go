package verify_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"callout/internal/address"
	"callout/internal/callout"
	"callout/internal/domains"
	"callout/internal/smtpwire"
	"callout/internal/store"
	"callout/internal/verify"
)

// knowing is a destination that knows some recipients, and rejects random addresses.
func knowing(d *asked, known *sync.Map) askFunc {
	return func(_ context.Context, q callout.Question) callout.Answer {
		d.add(q)
		a := rejected
		if _, ok := known.Load(q.Recipient.Local()); ok {
			a = accepted
		}
		if !q.Probe.IsZero() {
			a.Probe = probeOf(rejected)
		}
		return a
	}
}

// A clear of what is invalid has the invalid asked anew, of aliases too, and leaves the valid alone, in memory, in the
// store and after a restart.
func TestClearInvalid(t *testing.T) {
	ctx := context.Background()
	var d asked
	var known sync.Map
	known.Store("john", true)
	h := newHouse(t, knowing(&d, &known), nil)
	h.change(t, func(d *domains.Domain) { d.Aliases = []string{"example.org"} })
	ask := func(v *verify.Verifier, local, domain string) verify.Decision {
		return v.Decide(ctx, verify.Question{Recipient: address.New(local, domain), Front: "test"})
	}
	for _, domain := range []string{"example.com", "example.org"} {
		ask(h.Verifier, "john", domain)
		ask(h.Verifier, "jane", domain)
	}
	served := h.registry.Lookup("example.com")
	if n, err := h.Held(ctx, served); n != (store.Count{Valid: 2, Invalid: 2}) || err != nil {
		t.Errorf("held: %v, %v", n, err)
	}
	if err := h.ClearInvalid(ctx, "example.com"); err != nil {
		t.Fatal(err)
	}
	if n, err := h.Held(ctx, served); n != (store.Count{Valid: 2}) || err != nil {
		t.Errorf("held after the clear: %v, %v", n, err)
	}
	if n, err := h.HeldAll(ctx); n != (store.Count{Valid: 2}) || err != nil {
		t.Errorf("held in all: %v, %v", n, err)
	}
	if s := h.status(t); s.State != nil || s.Held != (store.Count{Valid: 1}) {
		t.Errorf("status: %+v", s)
	}
	d.take()
	known.Store("jane", true)
	for _, domain := range []string{"example.com", "example.org"} {
		if dec := ask(h.Verifier, "john", domain); dec.Action != verify.Accept || dec.Source != verify.FromCache {
			t.Errorf("john@%s: %s from %s", domain, dec.Action, dec.Source)
		}
		if dec := ask(h.Verifier, "jane", domain); dec.Action != verify.Accept || dec.Source != verify.FromCallout {
			t.Errorf("jane@%s: %s from %s", domain, dec.Action, dec.Source)
		}
	}
	if qs := d.take(); len(qs) != 2 || qs[0].Probe.IsZero() {
		t.Errorf("asked %+v; want jane twice, with a random address in front", qs)
	}
	again, err := domains.New(ctx, h.store, h.behind, []*domains.Domain{served}, nil)
	if err != nil || again.Lookup("example.com").Epoch != 1 || again.Lookup("example.org").Epoch != 1 {
		t.Errorf("after a restart: %+v, %v", again.Lookup("example.com"), err)
	}
	if err := h.store.Close(); err != nil {
		t.Fatal(err)
	}
	if err := h.ClearInvalid(ctx, "example.com"); err == nil {
		t.Error("cleared in a closed store")
	}
}

// However clears of what is invalid and questions interleave, no question that begins after one is refused for what
// was so before it, and what is valid is accepted all the same, mostly without being asked.
func TestClearsOfInvalidAreNeverOvertaken(t *testing.T) {
	for seed := range uint64(10) {
		synctest.Test(t, func(t *testing.T) {
			rng := rand.New(rand.NewPCG(seed, 4))
			var mu sync.Mutex
			roll := func(n int) int { mu.Lock(); defer mu.Unlock(); return rng.IntN(n) }
			var version, cleared atomic.Int64
			h := newHouse(t, func(_ context.Context, q callout.Question) callout.Answer {
				was := version.Load()
				time.Sleep(time.Duration(roll(40)) * time.Millisecond)
				a := rejected
				if q.Recipient.Local()[0] == 'v' {
					a = accepted
				}
				a.Reply.Lines, a.Reply.Enhanced = []string{fmt.Sprint(was)}, smtpwire.Enhanced{}
				if !q.Probe.IsZero() {
					a.Probe = probeOf(rejected)
				}
				return a
			}, nil)
			var wait sync.WaitGroup
			for range 6 {
				wait.Go(func() {
					for range 60 {
						local := []string{"v1", "i1", "i2"}[roll(3)]
						least := cleared.Load()
						d := decide(h.Verifier, local)
						got, err := strconv.ParseInt(d.Verdict.Reply.Text, 10, 64)
						if err != nil || d.Action != verify.Accept && got < least || (d.Action == verify.Accept) != (local == "v1") {
							t.Errorf("seed %d: %s: %v of version %d, %v; cleared at %d", seed, local, d.Action, got, err, least)
						}
						time.Sleep(time.Duration(roll(30)) * time.Millisecond)
					}
				})
			}
			wait.Go(func() {
				for range 30 {
					time.Sleep(time.Duration(roll(60)) * time.Millisecond)
					now := version.Add(1)
					if err := h.ClearInvalid(context.Background(), "example.com"); err != nil {
						t.Error(err)
					}
					cleared.Store(now)
				}
			})
			wait.Wait()
		})
	}
}

// What a callout finds that began before is told to those who wait for it, and is not kept.
func TestClearInvalidBesideACallout(t *testing.T) {
	begun, release := make(chan struct{}, 2), make(chan struct{})
	h := newHouse(t, func(context.Context, callout.Question) callout.Answer {
		begun <- struct{}{}
		<-release
		return rejected
	}, nil)
	h.change(t, func(d *domains.Domain) { d.Settings.CatchAllCheck = false })
	decided := make(chan verify.Decision)
	go func() { decided <- decide(h.Verifier, "john") }()
	<-begun
	if err := h.ClearInvalid(t.Context(), "example.com"); err != nil {
		t.Fatal(err)
	}
	close(release)
	if d := <-decided; d.Action != verify.Reject {
		t.Errorf("who waited for it is told %s", d.Action)
	}
	if d, ok := h.Known(t.Context(), question("john")); ok {
		t.Errorf("it is known as %s", d.Action)
	}
	if err := h.behind.Flush(t.Context()); err != nil {
		t.Error(err)
	}
	if n, err := h.HeldAll(t.Context()); n != (store.Count{}) || err != nil {
		t.Errorf("%v are stored, %v", n, err)
	}
	if err := errors.Join(h.ClearInvalid(t.Context(), "elsewhere.example")); err != nil {
		t.Errorf("a domain that is not served: %v", err)
	}
}
