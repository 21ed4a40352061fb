package access

import (
	"context"
	"time"

	"callout/internal/store"
)

const (
	flushEvery = time.Minute
	purgeEvery = time.Hour
	auditAge   = 400 * 24 * time.Hour // how long lines of the audit log are kept
	purgeRows  = 250
	purgeCalls = 100 // a round, so that one after a long stop ends
)

// run writes what is pending once a minute, and purges what is old once an hour.
func (a *Access) run(ctx context.Context) {
	flush, purge := time.NewTicker(flushEvery), time.NewTicker(purgeEvery)
	defer flush.Stop()
	defer purge.Stop()
	a.purge(ctx)
	for {
		select {
		case <-ctx.Done():
			return
		case <-flush.C:
			a.flush(ctx)
			a.tellLeftOut(ctx)
		case <-purge.C:
			a.purge(ctx)
		}
	}
}

// purge deletes expired sessions and what the audit log has kept long enough.
func (a *Access) purge(ctx context.Context) {
	for range purgeCalls {
		now := time.Now()
		more, err := a.store.PurgeAccounts(ctx, now, now.Add(-auditAge), purgeRows)
		if err != nil && ctx.Err() == nil {
			a.log.Warn("expired sessions and old lines of the audit log stay", "error", err)
		}
		if err != nil || !more {
			return
		}
	}
}

// flush writes when users logged in and tokens were used. What can't be written waits for the next time.
func (a *Access) flush(ctx context.Context) {
	used := store.Used{Users: make(map[string]time.Time), Tokens: make(map[string]time.Time)}
	a.mu.Lock()
	used.Users, a.loggedIn = a.loggedIn, used.Users
	for id, g := range a.tokens {
		if ms := g.used.Load(); ms != g.written {
			used.Tokens[id] = time.UnixMilli(ms).UTC()
		}
	}
	a.mu.Unlock()
	if len(used.Users)+len(used.Tokens) == 0 {
		return
	}
	err := a.store.SetUsed(ctx, used)
	a.mu.Lock()
	defer a.mu.Unlock()
	if err != nil {
		if ctx.Err() == nil {
			a.log.Warn("when tokens were last used is not written", "error", err)
		}
		for name, at := range used.Users {
			if a.users[name] != nil && a.loggedIn[name].Before(at) {
				a.loggedIn[name] = at
			}
		}
		return
	}
	for id, at := range used.Tokens {
		if g := a.tokens[id]; g != nil {
			g.written = at.UnixMilli()
		}
	}
}
