package decisions

import (
	"context"
	"time"
)

// tellEvery is how often watchers are told at most that there are more decisions. Where many come they get them
// together: to wake each watcher for each would cost more than the decisions.
const tellEvery = 50 * time.Millisecond

// Wait returns nil when there are decisions after a number, those that come within a twentieth of a second together.
// The error is that of ctx, which has ended before.
func (l *Log) Wait(ctx context.Context, after uint64) error {
	for {
		bell, pause := l.watch(after)
		switch {
		case bell != nil:
			select {
			case <-bell:
			case <-ctx.Done():
				return ctx.Err()
			}
		case pause > 0:
			t := time.NewTimer(pause)
			select {
			case <-t.C:
			case <-ctx.Done():
				t.Stop()
				return ctx.Err()
			}
		default:
			return nil
		}
	}
}

// watch says how to wait for what comes after a number: for the bell, or for some time, or, where there are both none,
// not any more.
func (l *Log) watch(after uint64) (bell <-chan struct{}, pause time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case after < l.shown: // told already
		return nil, 0
	case after == l.last:
		if l.bell == nil {
			l.bell = make(chan struct{})
		}
		return l.bell, 0
	}
	now := time.Now()
	if pause = l.rung.Add(tellEvery).Sub(now); pause > 0 {
		return nil, pause
	}
	l.rung, l.shown = now, l.last
	return nil, 0
}
