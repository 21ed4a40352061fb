package sqlite

import (
	"context"
	"database/sql"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"hash/crc32"
	"math"

	"callout/internal/store"
)

const (
	alertColumns = `id, kind, domain, host, text, since, until`

	newAlert = `INSERT INTO alerts (kind, domain, host, text, since, until) VALUES (?, ?, ?, ?, ?, ?)
		ON CONFLICT (kind, domain, host) WHERE until = 0 DO UPDATE SET text = excluded.text RETURNING id, since`
	changeAlert = `UPDATE alerts SET text = ?, until = ? WHERE id = ? AND until = 0`
	openAlerts  = `SELECT ` + alertColumns + ` FROM alerts WHERE until = 0 ORDER BY since, id`

	// ?3 is null, or the domains as a JSON array. What is about a host is about none of them.
	pastAlerts = `SELECT ` + alertColumns + ` FROM alerts WHERE until <> 0 AND (until, id) < (?1, ?2)
		AND (?3 IS NULL OR host = '' AND domain IN (SELECT value FROM json_each(?3))) ORDER BY until DESC, id DESC LIMIT ?4`

	purgeOldAlerts = `DELETE FROM alerts WHERE id IN
		(SELECT id FROM alerts WHERE until <> 0 AND until < ? ORDER BY until LIMIT ?)`
	purgeManyAlerts = `DELETE FROM alerts WHERE id IN
		(SELECT id FROM alerts WHERE until <> 0 ORDER BY until DESC, id DESC LIMIT ?2 OFFSET ?1)`
)

// SaveAlerts stores alerts, all or none, and sets the IDs of new ones.
func (s *Store) SaveAlerts(ctx context.Context, alerts []store.Alert) error {
	saved := make([]store.Alert, len(alerts))
	copy(saved, alerts)
	err := s.changing(ctx, "save alerts", func(ctx context.Context, c *conn) error {
		for i := range saved {
			if err := c.saveAlert(ctx, &saved[i]); err != nil {
				return err
			}
		}
		return nil
	})
	if err == nil {
		copy(alerts, saved)
	}
	return err
}

func (c *conn) saveAlert(ctx context.Context, a *store.Alert) error {
	if a.ID != 0 {
		_, err := c.exec(ctx, changeAlert, a.Text, millis(a.Until), a.ID)
		return err
	}
	var since int64
	_, err := c.one(ctx, []any{&a.ID, &since}, newAlert, a.Kind, a.Domain, a.Host, a.Text, millis(a.Since), millis(a.Until))
	a.Since = instant(since)
	return err
}

// OpenAlerts returns the alerts that have not ended, in the order of their beginnings.
func (s *Store) OpenAlerts(ctx context.Context) (all []store.Alert, err error) {
	err = s.reading(ctx, "read the open alerts", func(short context.Context, c *conn) error {
		all, err = c.alerts(short, openAlerts)
		return err
	})
	return all, err
}

// PastAlerts returns a page of those that have ended, the last to end first, and the cursor of the next page.
func (s *Store) PastAlerts(ctx context.Context, q store.AlertQuery) (page []store.Alert, next string, err error) {
	until, id, err := parseAlertCursor(q.Cursor)
	if err != nil {
		return nil, "", fmt.Errorf("list alerts: %w", err)
	}
	var domains any // null
	if q.Domains != nil {
		list, err := json.Marshal(q.Domains)
		if err != nil {
			return nil, "", err
		}
		domains = string(list)
	}
	limit := min(max(q.Limit, 1), maxPage)
	err = s.reading(ctx, "list alerts", func(short context.Context, c *conn) error {
		page, err = c.alerts(short, pastAlerts, until, id, domains, limit+1)
		return err
	})
	if err != nil || len(page) <= limit {
		return page, "", err
	}
	page = page[:limit]
	return page, formatAlertCursor(page[limit-1]), nil
}

// alerts returns those that a query yields.
func (c *conn) alerts(ctx context.Context, query string, args ...any) (all []store.Alert, err error) {
	err = c.each(ctx, func(rows *sql.Rows) error {
		var a store.Alert
		var since, until int64
		err := rows.Scan(&a.ID, &a.Kind, &a.Domain, &a.Host, &a.Text, &since, &until)
		a.Since, a.Until = instant(since), instant(until)
		all = append(all, a)
		return err
	}, query, args...)
	if err != nil {
		return nil, err
	}
	return all, nil
}

// formatAlertCursor makes a cursor of the last alert of a page, with a checksum, so that a mangled one is told from a
// good one.
func formatAlertCursor(a store.Alert) string {
	b := binary.BigEndian.AppendUint64(nil, uint64(millis(a.Until)))
	b = binary.BigEndian.AppendUint64(b, uint64(a.ID))
	return base64.RawURLEncoding.EncodeToString(binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(b)))
}

// parseAlertCursor returns the end and the ID before which a page begins.
func parseAlertCursor(cursor string) (until, id int64, err error) {
	if cursor == "" {
		return math.MaxInt64, math.MaxInt64, nil
	}
	b, err := base64.RawURLEncoding.Strict().DecodeString(cursor)
	if err != nil || len(b) != 20 || crc32.ChecksumIEEE(b[:16]) != binary.BigEndian.Uint32(b[16:]) {
		return 0, 0, fmt.Errorf("%w: pass on the one that the page before came with", store.ErrCursor)
	}
	return int64(binary.BigEndian.Uint64(b)), int64(binary.BigEndian.Uint64(b[8:])), nil
}
