package verify

import (
	"sync"
	"time"
)

// watcher tells somebody outside of decisions.
type watcher struct {
	observe func(q *Question, d *Decision, at time.Time, took time.Duration)
	spare   sync.Pool // of *told
}

// told is what the watcher points to. It is a copy, so that questions and decisions stay on the stacks of those who
// ask, also where nobody watches.
type told struct {
	question Question
	decision Decision
}

func newWatcher(observe func(q *Question, d *Decision, at time.Time, took time.Duration)) *watcher {
	if observe == nil {
		return nil
	}
	return &watcher{observe: observe, spare: sync.Pool{New: func() any { return new(told) }}}
}

func (w *watcher) tell(q *Question, d *Decision, at time.Time, took time.Duration) {
	t := w.spare.Get().(*told)
	t.question, t.decision = *q, *d
	w.observe(&t.question, &t.decision, at, took)
	*t = told{}
	w.spare.Put(t)
}
