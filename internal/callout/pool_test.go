package callout

import (
	"testing"
)

// A question goes back to the head of the queue twice; the third time it has had a try, and fails with the reason.
func TestPutBackThreeTimes(t *testing.T) {
	p := new(pool)
	q := &query{Question: &Question{}, ctx: t.Context(), done: make(chan Answer, 1)}
	why := &Problem{Kind: Closed, Stage: StageRcpt}
	for n := 1; n <= 3; n++ {
		p.putBack([]*query{q}, why)
		if n < 3 {
			if len(q.done) != 0 || p.front() != q {
				t.Fatalf("put back %d times: not at the head of the queue", n)
			}
			p.take(1)
		}
	}
	if p.front() != nil {
		t.Error("still in the queue")
	}
	if a := <-q.done; a.Problem != why {
		t.Errorf("%+v", a)
	}
}

// Questions that are put back keep their order, before those that came later.
func TestPutBackKeepsOrder(t *testing.T) {
	p := new(pool)
	var qs []*query
	for range 3 {
		qs = append(qs, &query{Question: &Question{}, ctx: t.Context(), done: make(chan Answer, 1)})
	}
	p.queue.PushBack(qs[2])
	p.putBack(qs[:2], &Problem{Kind: Closed})
	for i, got := range p.take(3) {
		if got != qs[i] {
			t.Errorf("place %d has another question", i)
		}
	}
}
