package store

import (
	"context"
	"log/slog"
	"time"
)

const (
	retryPause  = time.Second // after a write that failed
	remindAfter = time.Minute // the log is told again that writes fail

	purgeEvery = time.Minute           // expired rows
	purgeRows  = 1000                  // rows of one chunk
	purgePause = 20 * time.Millisecond // between chunks, for batches to get in
)

// run writes what is pending and purges the Store, until Close.
func (b *Behind) run() {
	flush := newTimer() // runs while rows are pending
	defer flush.Stop()
	purge := time.NewTimer(purgeEvery)
	defer purge.Stop()
	armed := false
	for {
		select {
		case <-b.ctx.Done():
			return
		case <-b.wake:
			if !armed {
				flush.Reset(b.opts.Interval)
				armed = true
			}
		case <-flush.C:
			armed = false
			if b.Flush(b.ctx) != nil {
				flush.Reset(retryPause)
				armed = true
			}
		case <-b.purge:
			purge.Reset(0)
		case <-purge.C:
			purge.Reset(b.purgeChunk())
		}
	}
}

// newTimer returns a timer that does not run.
func newTimer() *time.Timer {
	t := time.NewTimer(time.Hour)
	t.Stop()
	return t
}

// purgeChunk deletes one chunk of what nothing can see any more and returns the time until the next.
func (b *Behind) purgeChunk() time.Duration {
	more, err := b.store.Purge(b.ctx, time.Now(), purgeRows)
	if err != nil {
		b.opts.Log.Debug("the store is not purged", "err", err)
	}
	if err != nil || !more {
		return purgeEvery
	}
	return purgePause
}

// Flush writes the rows that are pending now, and none that come while it runs. It tries once, whatever
// failed before.
func (b *Behind) Flush(ctx context.Context) error {
	b.mu.Lock()
	upTo := b.pending.last
	b.mu.Unlock()
	for {
		more, err := b.writeBatch(ctx, upTo)
		if err != nil || !more {
			return err
		}
	}
}

// lock waits until no batch is being written and keeps others from it until unlock.
func (b *Behind) lock(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	select {
	case b.writing <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (b *Behind) unlock() { <-b.writing }

// writeBatch writes the first pending rows up to the one numbered upTo; more says whether there were any.
func (b *Behind) writeBatch(ctx context.Context, upTo uint64) (more bool, err error) {
	if err := b.lock(ctx); err != nil {
		return false, err
	}
	defer b.unlock()
	b.mu.Lock()
	rows := b.pending.batch(b.opts.MaxBatch, upTo)
	b.mu.Unlock()
	if len(rows) == 0 {
		return false, nil
	}
	err = b.store.Write(ctx, batchOf(rows))
	if err != nil && ctx.Err() != nil {
		return false, err // given up by the caller: that says nothing of the Store
	}
	b.note(rows, err)
	return err == nil, err
}

// batchOf returns what the rows hold.
func batchOf(rows []*row) (batch Batch) {
	for _, r := range rows {
		switch {
		case r.fact != nil:
			batch.Facts = append(batch.Facts, *r.fact)
		case r.host != nil:
			batch.Hosts = append(batch.Hosts, *r.host)
		default:
			batch.Verdicts = append(batch.Verdicts, *r.verdict)
		}
	}
	return batch
}

// note keeps what came of a batch, and tells the log where that has changed.
func (b *Behind) note(rows []*row, err error) {
	b.mu.Lock()
	before := b.failed
	b.failed = err
	tell := (err == nil) != (before == nil)
	if err != nil {
		b.failures++
		if now := time.Now(); tell || now.Sub(b.told) >= remindAfter {
			b.told, tell = now, true
		}
	} else {
		b.pending.written(rows)
	}
	waiting := slog.Int("pending", b.pending.len())
	dropped := slog.Uint64("dropped", b.dropped)
	b.mu.Unlock()
	switch {
	case tell && err != nil:
		b.opts.Log.Error("verdicts can't be written; they are kept in memory and tried again", "err", err,
			waiting, dropped)
	case tell:
		b.opts.Log.Info("verdicts are written again", waiting, dropped)
	}
}
