package sqlite

import (
	"context"
	"database/sql"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"math"

	"callout/internal/store"
)

const (
	addAudit = `INSERT INTO audit (at, who, via, origin, token, action, target, detail, refused, nth)
		VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, (SELECT ifnull(max(nth), 0) + 1 FROM audit WHERE refused = ?9))`
	boundAudit = `DELETE FROM audit WHERE refused = ?1 AND nth <= (SELECT max(nth) FROM audit WHERE refused = ?1) - ?2`

	auditColumns = `id, at, who, via, origin, token, action, target, detail, refused`
	// auditPage chooses from a window of the rows before ?1, so that a filter that matches hardly anything gives a
	// short page, and soon. SQLite's lower is that of ASCII.
	auditPage = `SELECT ` + auditColumns + ` FROM (SELECT * FROM audit WHERE id < ?1 ORDER BY id DESC LIMIT ?2)
		WHERE (?3 < 0 OR refused = ?3) AND (?4 = '' OR instr(lower(who), lower(?4)) OR instr(lower(action), lower(?4))
		OR instr(lower(target), lower(?4)) OR instr(lower(origin), lower(?4))) ORDER BY id DESC LIMIT ?5`
	auditEdge = `SELECT id FROM audit WHERE id < ? ORDER BY id DESC LIMIT 1 OFFSET ?`
)

// AddAudit adds a line to the audit log, and removes the oldest of its kind beyond the bounds.
func (s *Store) AddAudit(ctx context.Context, e store.AuditEvent, bounds store.AuditBounds) error {
	keep := bounds.Done
	if e.Refused {
		keep = bounds.Refused
	}
	return s.changing(ctx, "write the audit log", func(ctx context.Context, c *conn) error {
		_, err := c.exec(ctx, addAudit, millis(e.At), e.Who, e.Via, e.From, e.Token, e.Action, e.Target, e.Detail, e.Refused)
		if err != nil {
			return err
		}
		_, err = c.exec(ctx, boundAudit, e.Refused, keep)
		return err
	})
}

// Audit returns a page of the audit log, newest first, and the cursor of the next page, "" after the last. A page is
// short, or even empty, where its filter has left out 20,000 rows; the cursor leads on from there. The error wraps
// store.ErrCursor for a cursor of another making.
func (s *Store) Audit(ctx context.Context, q store.AuditQuery) (page []store.AuditEvent, next string, err error) {
	before, err := parseAuditCursor(q.Cursor)
	if err != nil {
		return nil, "", fmt.Errorf("read the audit log: %w", err)
	}
	err = s.reading(ctx, "read the audit log", func(_ context.Context, c *conn) error {
		return c.transaction(ctx, "BEGIN", func(ctx context.Context, c *conn) error {
			page, next, err = c.audit(ctx, q, before)
			return err
		})
	})
	if err != nil {
		return nil, "", err
	}
	return page, next, nil
}

func (c *conn) audit(ctx context.Context, q store.AuditQuery, before int64) (page []store.AuditEvent, next string, err error) {
	limit := min(max(q.Limit, 1), maxPage)
	refused := -1
	if q.Refused != nil {
		refused = 0
		if *q.Refused {
			refused = 1
		}
	}
	err = c.each(ctx, func(rows *sql.Rows) error {
		var e store.AuditEvent
		var at int64
		err := rows.Scan(&e.ID, &at, &e.Who, &e.Via, &e.From, &e.Token, &e.Action, &e.Target, &e.Detail, &e.Refused)
		e.At = instant(at)
		page = append(page, e)
		return err
	}, auditPage, before, maxScan, refused, q.Text, limit+1)
	if err != nil {
		return nil, "", err
	}
	if len(page) > limit {
		page = page[:limit]
		return page, formatAuditCursor(page[limit-1].ID), nil
	}
	// What is left of the rows looked at did not match. Are there any beyond them?
	var edge int64
	found, err := c.one(ctx, []any{&edge}, auditEdge, before, maxScan)
	if err != nil || !found {
		return page, "", err
	}
	return page, formatAuditCursor(edge + 1), nil
}

// formatAuditCursor makes a cursor of the id that a page ends before, with a checksum, so that a mangled one is told
// from a good one.
func formatAuditCursor(id int64) string {
	b := binary.BigEndian.AppendUint64(nil, uint64(id))
	return base64.RawURLEncoding.EncodeToString(binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(b)))
}

// parseAuditCursor returns the id that a page begins before.
func parseAuditCursor(cursor string) (int64, error) {
	if cursor == "" {
		return math.MaxInt64, nil
	}
	b, err := base64.RawURLEncoding.Strict().DecodeString(cursor)
	if err != nil || len(b) != 12 || crc32.ChecksumIEEE(b[:8]) != binary.BigEndian.Uint32(b[8:]) {
		return 0, fmt.Errorf("%w: pass on the one that the page before came with", store.ErrCursor)
	}
	return int64(binary.BigEndian.Uint64(b)), nil
}
