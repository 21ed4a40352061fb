package verify_test

import (
	"context"
	"time"

	"callout/internal/store"
	"callout/internal/store/sqlite"
)

// seldom is a database whose purge has work to do once an hour. It is asked for every minute, which is thousands of
// transactions in a test that lets days pass.
type seldom struct {
	*sqlite.Store
	purged time.Time
}

// seldomPurged returns what a Behind takes in a database's place.
func seldomPurged(s *sqlite.Store) store.Store { return &seldom{Store: s, purged: time.Now()} }

// Purge is called by one goroutine.
func (s *seldom) Purge(ctx context.Context, now time.Time, limit int) (more bool, err error) {
	if now.Sub(s.purged) < time.Hour {
		return false, nil
	}
	if more, err = s.Store.Purge(ctx, now, limit); !more {
		s.purged = now
	}
	return more, err
}
