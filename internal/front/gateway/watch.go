package gateway

import (
	"context"
	"time"

	"callout/internal/smtpwire"
)

const (
	watchEvery = time.Second // how often a client that waits is looked at
	// doneGrace is how long a client that has closed its own side is answered all the same: it may have said all that it
	// wants to, and it may be gone.
	doneGrace = 10 * time.Second
)

// watched runs what may take long under a context that ends when the client has gone away: a next hop that hangs is not
// to hold the places of clients that have given up.
func (c *session) watched(run func(ctx context.Context)) {
	ctx, cancel := context.WithCancel(c.ctx)
	defer cancel()
	conn := c.conn
	look := time.AfterFunc(watchEvery, func() {
		tick := time.NewTicker(watchEvery)
		defer tick.Stop()
		var since time.Time // that it has closed its own side
		for {
			done, broken := smtpwire.Peer(conn)
			if done && since.IsZero() {
				since = time.Now()
			}
			if broken || done && time.Since(since) >= doneGrace {
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
