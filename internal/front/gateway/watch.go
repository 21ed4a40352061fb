package gateway

import (
	"context"
	"time"

	"callout/internal/smtpwire"
)

// watchEvery is how often a client that waits is looked at.
const watchEvery = time.Second

// watched runs what may take long under a context that ends when the client has gone away: a next hop that hangs is not
// to hold the places of clients that have given up. One that has closed only its own side has said all that it wants to,
// and what it has said is answered first.
func (c *session) watched(run func(ctx context.Context)) {
	if c.r.Buffered() > 0 {
		run(c.ctx)
		return
	}
	ctx, cancel := context.WithCancel(c.ctx)
	defer cancel()
	conn := c.conn
	look := time.AfterFunc(watchEvery, func() {
		tick := time.NewTicker(watchEvery)
		defer tick.Stop()
		for {
			if _, gone := smtpwire.Pending(conn); gone {
				cancel()
				return
			}
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
		}
	})
	defer look.Stop()
	run(ctx)
}
