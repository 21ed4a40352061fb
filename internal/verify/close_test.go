package verify_test

import (
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"callout/internal/callout"
	"callout/internal/verify"
)

// A question that comes while everything is being closed, or after it, asks nobody and is told to come again; what memory
// knows is still answered.
func TestQuestionsDuringClose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var asked atomic.Int32
		h := newHouse(t, func(_ context.Context, q callout.Question) callout.Answer {
			asked.Add(1)
			time.Sleep(3 * time.Second)
			return accepted
		}, nil)
		decide(h.Verifier, "john")
		go decide(h.Verifier, "jane")
		synctest.Wait()
		before, closed := asked.Load(), make(chan struct{})
		go func() {
			h.Close(t.Context())
			close(closed)
		}()
		synctest.Wait()
		for range 2 { // the second time Close has returned
			if d := decide(h.Verifier, "mary"); d.Action != verify.Defer || d.Reason != callout.ShuttingDown.String() {
				t.Errorf("a new question: %+v", d)
			}
			if d := decide(h.Verifier, "john"); d.Action != verify.Accept || d.Source != verify.FromCache {
				t.Errorf("what memory knows: %+v", d)
			}
			<-closed
		}
		if n := asked.Load(); n != before {
			t.Errorf("%d questions were asked during Close", n-before)
		}
	})
}
