package operate

import (
	"context"
	"sync"
	"time"

	"callout/internal/access"
)

// ErrEnded is that of who asked with a token that has expired or was revoked since, or who is gone, has another password
// since or has logged out.
var ErrEnded error = &Error{Kind: Forbidden, Detail: "the token or login with which this began has ended; begin again with another"}

// askAgain is how often something that goes on for long asks who wanted it, and what theirs is.
const askAgain = 15 * time.Second

// Still returns who asks as they are now: they may something else, or with ErrEnded nothing at all. Whoever waited for a
// body asks it, before anything is changed.
func (k *Desk) Still(who *access.Actor) (*access.Actor, error) {
	now, ok := k.access.Still(who)
	if !ok {
		return nil, ErrEnded
	}
	return now, nil
}

// while returns a context for what goes on for long. It ends with ctx, with the Desk, and within 15 s when who asks is there
// no more, or may refuses them as they are then. over is to be called when all is done: it returns ErrEnded, or what may said,
// where that was why.
func (k *Desk) while(ctx context.Context, who *access.Actor, may func(context.Context, *access.Actor) error) (_ context.Context, over func() error) {
	ctx, cancel := k.long(ctx)
	var (
		mu     sync.Mutex // held while it is asked again
		timer  *time.Timer
		ended  error
		closed bool
	)
	again := func() {
		mu.Lock()
		defer mu.Unlock()
		if closed || ctx.Err() != nil {
			return
		}
		var now *access.Actor
		if now, ended = k.Still(who); ended == nil {
			ended = may(ctx, now)
		}
		if ended != nil {
			cancel()
			return
		}
		timer.Reset(askAgain)
	}
	mu.Lock()
	timer = time.AfterFunc(askAgain, again) // most is over long before, and a goroutine would cost as much as an answer from the cache
	mu.Unlock()
	return ctx, func() error {
		cancel()
		mu.Lock()
		defer mu.Unlock()
		timer.Stop()
		closed = true
		return ended
	}
}
