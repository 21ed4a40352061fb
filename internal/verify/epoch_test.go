package verify_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"callout/internal/callout"
	"callout/internal/domains"
	"callout/internal/smtpwire"
	"callout/internal/verify"
)

// However changes of a domain's destination and questions interleave, no question that begins after a change was
// acknowledged is refused by a server from before it, and what is valid is accepted all the same.
func TestChangesAreNeverOvertaken(t *testing.T) {
	for seed := range uint64(10) {
		synctest.Test(t, func(t *testing.T) {
			rng := rand.New(rand.NewPCG(seed, 2))
			var mu sync.Mutex
			roll := func(n int) int { mu.Lock(); defer mu.Unlock(); return rng.IntN(n) }
			h := newHouse(t, func(_ context.Context, q callout.Question) callout.Answer {
				time.Sleep(time.Duration(roll(40)) * time.Millisecond)
				a := rejected
				switch q.Recipient.Local()[0] {
				case 'v':
					a = accepted
				case 'p':
					a = byBackup(a)
				}
				a.Reply.Lines = []string{strings.TrimPrefix(q.Destination[0][0].Name, "mx")} // which server it was
				a.Reply.Enhanced = smtpwire.Enhanced{}
				if !q.Probe.IsZero() {
					a.Probe = probeOf(rejected)
				}
				return a
			}, nil)
			move := func(n int64) {
				h.change(t, func(d *domains.Domain) {
					d.Destination = callout.Destination{{{Name: fmt.Sprintf("mx%d", n), Port: 25}}}
				})
			}
			move(0)
			var acknowledged atomic.Int64
			var wait sync.WaitGroup
			for range 6 {
				wait.Go(func() {
					for range 60 {
						local := []string{"v1", "i1", "i2", "p1"}[roll(4)]
						least := acknowledged.Load()
						d := decide(h.Verifier, local)
						got, err := strconv.ParseInt(d.Verdict.Reply.Text, 10, 64)
						if err != nil || d.Action != verify.Accept && got < least || (d.Action == verify.Accept) != (local == "v1") {
							t.Errorf("seed %d: %s: %v by server %d, %v; there was server %d", seed, local, d.Action, got, err, least)
						}
						time.Sleep(time.Duration(roll(30)) * time.Millisecond)
					}
				})
			}
			wait.Go(func() {
				for n := range int64(30) {
					time.Sleep(time.Duration(roll(60)) * time.Millisecond)
					move(n + 1)
					acknowledged.Store(n + 1)
				}
			})
			wait.Wait()
		})
	}
}

// A change voids a renewal that is under way, and does not keep the next one from its turn.
func TestRenewalAcrossAChange(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := &renewing{renewal: rejected, delay: 3 * time.Second}
		h := newHouse(t, r.ask, nil)
		decide(h.Verifier, "john")
		toLastQuarter()
		decide(h.Verifier, "jane")
		h.change(t, func(d *domains.Domain) { d.Destination = callout.Destination{{{Name: "mx2", Port: 25}}} })
		time.Sleep(4 * time.Second)
		if s := h.status(t); s.State != nil {
			t.Errorf("%+v", s.State)
		}
		decide(h.Verifier, "jim")
		toLastQuarter()
		r.take()
		decide(h.Verifier, "joe")
		if qs := r.take(); len(qs) != 1 || qs[0].Renewal.IsZero() {
			t.Errorf("asked: %+v", qs)
		}
		r.wait.Wait()
	})
}

// A valid verdict serves from memory after a change, also where the store can't be read.
func TestValidAcrossAChangeWithoutAStore(t *testing.T) {
	h := newHouse(t, func(context.Context, callout.Question) callout.Answer { return accepted }, nil)
	decide(h.Verifier, "john")
	h.change(t, func(d *domains.Domain) { d.Destination = callout.Destination{{{Name: "mx2", Port: 25}}} })
	if err := errors.Join(h.behind.Flush(t.Context()), h.store.Close()); err != nil {
		t.Fatal(err)
	}
	if d := decide(h.Verifier, "john"); d.Action != verify.Accept || d.Source != verify.FromCache {
		t.Errorf("%+v", d)
	}
}
