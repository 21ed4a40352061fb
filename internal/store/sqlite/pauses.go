package sqlite

import (
	"context"
	"database/sql"
	"fmt"

	"callout/internal/store"
)

const (
	allPauses = `SELECT domain, since, until FROM pauses ORDER BY domain`
	putPause  = `INSERT INTO pauses (domain, since, until) VALUES (?, ?, ?)
		ON CONFLICT DO UPDATE SET since = excluded.since, until = excluded.until`
	deletePause = `DELETE FROM pauses WHERE domain = ?`
)

// Pauses returns all pauses, those that are over too, in the order of their domains.
func (s *Store) Pauses(ctx context.Context) (all []store.Pause, err error) {
	err = s.reading(ctx, "read the pauses", func(short context.Context, c *conn) error {
		return c.each(short, func(rows *sql.Rows) error {
			var p store.Pause
			var since, until int64
			if err := rows.Scan(&p.Domain, &since, &until); err != nil {
				return err
			}
			p.Since, p.Until = instant(since), instant(until)
			all = append(all, p)
			return ctx.Err()
		}, allPauses)
	})
	if err != nil {
		return nil, err
	}
	return all, nil
}

// SetPause sets the pause of a domain, or of every domain, in place of the one it had.
func (s *Store) SetPause(ctx context.Context, p store.Pause) error {
	return s.changing(ctx, fmt.Sprintf("pause %q", p.Domain), func(ctx context.Context, c *conn) error {
		_, err := c.exec(ctx, putPause, p.Domain, millis(p.Since), millis(p.Until))
		return err
	})
}

// DeletePause ends it; was is false where there was none.
func (s *Store) DeletePause(ctx context.Context, domain string) (was bool, err error) {
	err = s.changing(ctx, fmt.Sprintf("end the pause of %q", domain), func(ctx context.Context, c *conn) error {
		n, err := c.exec(ctx, deletePause, domain)
		was = n > 0
		return err
	})
	return was && err == nil, err
}
