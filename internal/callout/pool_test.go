package callout

import (
	"testing"
)

// waiting returns a question and where its answer goes.
func waiting(t *testing.T) (*query, chan Answer) {
	done := make(chan Answer, 1)
	return &query{Question: &Question{}, ctx: t.Context(), deliver: func(a Answer) { done <- a }}, done
}

// A question goes back to the head of the queue twice; the third time it has had a try, and fails with the reason.
func TestPutBackThreeTimes(t *testing.T) {
	p := &pool{h: new(host)}
	q, done := waiting(t)
	why := &Problem{Kind: Closed, Stage: StageRcpt}
	for n := 1; n <= 3; n++ {
		p.putBack([]*query{q}, why)
		if n < 3 {
			if len(done) != 0 || p.front() != q {
				t.Fatalf("put back %d times: not at the head of the queue", n)
			}
			p.drain()
		}
	}
	if p.front() != nil {
		t.Error("still in the queue")
	}
	if a := <-done; a.Problem.Kind != Closed {
		t.Errorf("%+v", a)
	}
}

// Questions that are put back keep their order, before those that came later.
func TestPutBackKeepsOrder(t *testing.T) {
	p := &pool{h: new(host)}
	var qs []*query
	for range 3 {
		q, _ := waiting(t)
		qs = append(qs, q)
	}
	p.queue.PushBack(qs[2])
	p.putBack(qs[:2], &Problem{Kind: Closed})
	for i, got := range p.drain() {
		if got.q != qs[i] {
			t.Errorf("place %d has another question", i)
		}
	}
}
