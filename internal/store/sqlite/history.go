package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"callout/internal/store"
)

var _ store.History = (*Store)(nil)

// steps are the seconds that rows of the history are for. A chart of thirty days is read from hours: to add up all their
// minutes would take ten times as long as a page may.
var steps = [...]int64{60, 3600}

const (
	addToHistory = `INSERT INTO history VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT DO UPDATE SET seen = seen + excluded.seen, questions = questions + excluded.questions,
		accepted = accepted + excluded.accepted, rejected = rejected + excluded.rejected,
		deferred = deferred + excluded.deferred, no_opinion = no_opinion + excluded.no_opinion,
		not_enforced = not_enforced + excluded.not_enforced, from_cache = from_cache + excluded.from_cache,
		from_callout = from_callout + excluded.from_callout, callouts = callouts + excluded.callouts,
		callouts_failed = callouts_failed + excluded.callouts_failed`

	sumHistory = `SELECT at / ?3 * ?3 AS begun, sum(seen), sum(questions), sum(accepted), sum(rejected), sum(deferred),
		sum(no_opinion), sum(not_enforced), sum(from_cache), sum(from_callout), sum(callouts), sum(callouts_failed)
		FROM history WHERE step = ?4 AND at >= ?1 AND at < ?2 GROUP BY begun ORDER BY begun`

	purgeHistory = `DELETE FROM history WHERE step = ?1 AND at IN
		(SELECT at FROM history WHERE step = ?1 AND at < ? ORDER BY at LIMIT ?)`
)

// AddMinutes adds to what is kept of minutes, all or none.
func (s *Store) AddMinutes(ctx context.Context, minutes []store.Minute) error {
	return s.changing(ctx, "add to the history", func(ctx context.Context, c *conn) error {
		for _, m := range minutes {
			for _, step := range steps {
				if err := c.addToHistory(ctx, step, &m); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

// addToHistory adds a minute to the row of a step that it belongs to.
func (c *conn) addToHistory(ctx context.Context, step int64, m *store.Minute) error {
	args := make([]any, 0, 3+store.NumSeries)
	args = append(args, step, m.At.Unix()/step*step, m.Seen.Milliseconds())
	for _, n := range m.Tally {
		args = append(args, n)
	}
	_, err := c.exec(ctx, addToHistory, args...)
	return err
}

// Sums adds up the minutes from one time on and before another in steps. A step without a minute is left out.
func (s *Store) Sums(ctx context.Context, from, until time.Time, step time.Duration) (all []store.Minute, err error) {
	seconds := max(int64(step/time.Minute)*60, 60)
	of := steps[0]
	for _, longer := range steps[1:] {
		if seconds%longer == 0 && from.Unix()%longer == 0 && until.Unix()%longer == 0 {
			of = longer
		}
	}
	err = s.reading(ctx, fmt.Sprintf("read the history from %s", from.Format(time.RFC3339)), func(short context.Context, c *conn) error {
		return c.each(short, func(rows *sql.Rows) error {
			var at, seen int64
			var m store.Minute
			dest := make([]any, 0, 2+store.NumSeries)
			dest = append(dest, &at, &seen)
			for i := range m.Tally {
				dest = append(dest, &m.Tally[i])
			}
			if err := rows.Scan(dest...); err != nil {
				return err
			}
			m.At, m.Seen = time.Unix(at, 0).UTC(), time.Duration(seen)*time.Millisecond
			all = append(all, m)
			return ctx.Err()
		}, sumHistory, from.Unix(), until.Unix(), seconds, of)
	})
	if err != nil {
		return nil, err
	}
	return all, nil
}

// PurgeHistory deletes minutes and ends of alerts from before a time, and of alerts that are past all but the last ones
// to end, so many. more says whether there may be others.
func (s *Store) PurgeHistory(ctx context.Context, before time.Time, alerts int) (more bool, err error) {
	err = s.changing(ctx, "purge the history", func(ctx context.Context, c *conn) error {
		for _, step := range steps {
			n, err := c.exec(ctx, purgeHistory, step, before.Unix(), maxPurge)
			if err != nil {
				return err
			}
			more = more || n == maxPurge
		}
		for _, p := range []struct {
			query string
			arg   any
		}{{purgeOldAlerts, before.UnixMilli()}, {purgeManyAlerts, max(alerts, 0)}} {
			n, err := c.exec(ctx, p.query, p.arg, maxPurge)
			if err != nil {
				return err
			}
			more = more || n == maxPurge
		}
		return nil
	})
	return more && err == nil, err
}
