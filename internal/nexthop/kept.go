package nexthop

import (
	"context"
	"slices"
	"time"

	"callout/internal/callout"
)

const (
	keepFor        = 5 * time.Second // a session without a message
	keepAtMost     = 20              // sessions of one route
	keepAltogether = 500

	// A session is kept no longer than this, so that a hop of higher priority that is back gets the mail again.
	oldest = 5 * time.Minute

	// Servers punish clients for what comes to no message: Postfix slows down from 10 refused recipients on and closes at 20,
	// Exim closes after about 10 RSETs. A message that is taken has both begin anew.
	mostRejections = 8
	mostResets     = 8
)

// open opens a session.
func (h *Hops) open(ctx context.Context, r *Route, k key) (*session, *callout.Problem) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(h.ctx, cancel)()
	link, problem := h.pools.Open(ctx, r.Destination, r.Settings)
	if problem != nil {
		return nil, problem
	}
	s := newSession(h, k, link)
	h.mu.Lock()
	defer h.mu.Unlock()
	h.sessions[s] = struct{}{}
	if h.cut {
		link.Cut()
	}
	h.metrics.opened.Inc()
	h.metrics.open.Inc()
	return s, nil
}

// take returns a kept session for a client, nil where there is none. One that the hop has closed, or spoken in, is not taken.
func (h *Hops) take(k key, c Client) *session {
	for {
		h.mu.Lock()
		s := suitable(h.kept[k], c)
		if s != nil {
			h.unkeep(s)
		}
		h.mu.Unlock()
		if s == nil {
			return nil
		}
		if s.link.Reader.Buffered() == 0 && !hasSomething(s.link.Conn) {
			s.reused = true
			return s
		}
		s.drop()
	}
}

// suitable returns the session used last of those in which the hop was told of the client, else of those in which it can be.
func suitable(all []*session, c Client) (s *session) {
	for _, one := range slices.Backward(all) {
		switch {
		case one.speaksFor(c):
			return one
		case s == nil && !one.bound():
			s = one
		}
	}
	return s
}

// keep keeps a session whose delivery has ended for the next one, or ends it.
func (h *Hops) keep(s *session) {
	if s.broken || s.link.Reader.Buffered() > 0 { // what was said unasked would be misread as an answer
		s.drop()
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	spent := s.rejections >= mostRejections || s.resets >= mostResets || time.Since(s.began) > oldest
	if h.closed || spent || len(h.kept[s.key]) >= keepAtMost || h.keptAll >= keepAltogether {
		h.partLater(s)
		return
	}
	h.kept[s.key] = append(h.kept[s.key], s)
	h.keptAll++
	if s.timer == nil {
		s.timer = time.AfterFunc(keepFor, s.expire)
	} else {
		s.timer.Reset(keepFor)
	}
}

// unkeep takes a session out of the kept ones and reports whether it was among them. The caller holds h.mu.
func (h *Hops) unkeep(s *session) bool {
	all := h.kept[s.key]
	i := slices.Index(all, s)
	if i < 0 {
		return false
	}
	s.timer.Stop()
	h.keptAll--
	if all = slices.Delete(all, i, i+1); len(all) == 0 {
		delete(h.kept, s.key)
	} else {
		h.kept[s.key] = all
	}
	return true
}

// expire ends a session that nobody needed for long enough.
func (s *session) expire() {
	h := s.hops
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.unkeep(s) {
		h.partLater(s)
	}
}

// partLater says QUIT in a goroutine, since nobody is to wait for the reply. The caller holds h.mu.
func (h *Hops) partLater(s *session) {
	if h.cut {
		h.forget(s)
		s.link.Cut()
		return
	}
	h.busy++
	h.quits.Go(func() {
		s.part()
		h.mu.Lock()
		defer h.mu.Unlock()
		h.forget(s)
		h.notBusy()
	})
}

// forget notes that a session is no more. The caller holds h.mu.
func (h *Hops) forget(s *session) {
	if _, ok := h.sessions[s]; ok {
		delete(h.sessions, s)
		h.metrics.open.Dec()
	}
}
