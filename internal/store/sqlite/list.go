package sqlite

import (
	"context"
	"database/sql"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"math"
	"time"

	"callout/internal/address"
	"callout/internal/store"
)

// maxPage is the most rows that a page has, and maxScan the most that one is chosen from: a filter that
// matches hardly anything in a domain of millions gives a short page, and soon.
const (
	maxPage = 1000
	maxScan = 20_000
)

// listWindow is what a page is chosen from: the rows of the current generation that follow the local-part with
// the fold ?2 and the spelling ?3.
const listWindow = `FROM verdicts WHERE domain = ?1 AND gen = ` + current + ` AND (fold, spelling) > (?2, ?3)
	ORDER BY fold, spelling`

const (
	// The constants of status are 1 for valid and 2 for invalid.
	listPage = `SELECT ` + columns + ` FROM (SELECT fold, ` + columns + ` ` + listWindow + ` LIMIT ?4)
		WHERE ` + seen + ` AND (?5 = 0 OR status = ?5) AND (?6 = x'' OR instr(fold, ?6))
		AND asked >= iif(status = 1, ?7, ?8) LIMIT ?9`
	listEdge = `SELECT spelling ` + listWindow + ` LIMIT 1 OFFSET ?4 - 1`
)

// List returns a page of verdicts of the current generation and epoch and the cursor of the next page, "" after
// the last. A page is short, or even empty, where its filter has left out 20,000 rows; the cursor leads on from
// there. The error wraps store.ErrCursor for a cursor of another making.
func (s *Store) List(ctx context.Context, q store.Query) (page []store.Verdict, next string, err error) {
	after, err := parseCursor(q.Cursor)
	if err != nil {
		return nil, "", fmt.Errorf("list the verdicts of %s: %w", q.Domain, err)
	}
	err = s.reading(ctx, "list the verdicts of "+q.Domain, func(_ context.Context, c *conn) error {
		return c.transaction(ctx, "BEGIN", func(ctx context.Context, c *conn) error {
			page, next, err = c.list(ctx, q, after)
			return err
		})
	})
	if err != nil {
		return nil, "", err
	}
	return page, next, nil
}

func (c *conn) list(ctx context.Context, q store.Query, after []byte) (page []store.Verdict, next string, err error) {
	limit := min(max(q.Limit, 1), maxPage)
	fold := []byte(address.Fold(string(after)))
	err = c.each(ctx, func(rows *sql.Rows) error {
		v := store.Verdict{Domain: q.Domain}
		if err := scanVerdict(rows, &v); err != nil {
			return err
		}
		page = append(page, v)
		return nil
	}, listPage, q.Domain, fold, after, maxScan, uint8(q.Status), []byte(address.Fold(q.Text)),
		since(q.ValidSince), since(q.InvalidSince), limit+1)
	if err != nil {
		return nil, "", err
	}
	if len(page) > limit {
		page = page[:limit]
		return page, formatCursor([]byte(page[limit-1].Local)), nil
	}
	// What is left of the rows looked at did not match. Are there any beyond them?
	var edge []byte
	found, err := c.one(ctx, []any{&edge}, listEdge, q.Domain, fold, after, maxScan)
	if err != nil || !found {
		return page, "", err
	}
	return page, formatCursor(edge), nil
}

// since returns a bound in milliseconds; the zero time bounds nothing.
func since(t time.Time) int64 {
	if t.IsZero() {
		return math.MinInt64
	}
	return t.UnixMilli()
}

// formatCursor makes a cursor of the last local-part looked at, with a checksum, so that a mangled one is told
// from a good one.
func formatCursor(local []byte) string {
	b := binary.BigEndian.AppendUint32(nil, crc32.ChecksumIEEE(local))
	return base64.RawURLEncoding.EncodeToString(append(b, local...))
}

// parseCursor returns the local-part after which a page begins, empty for the first.
func parseCursor(cursor string) ([]byte, error) {
	if cursor == "" {
		return []byte{}, nil
	}
	b, err := base64.RawURLEncoding.Strict().DecodeString(cursor)
	if err != nil || len(b) < 4 || crc32.ChecksumIEEE(b[4:]) != binary.BigEndian.Uint32(b) {
		return nil, fmt.Errorf("%w: pass on the one that the page before came with", store.ErrCursor)
	}
	return b[4:], nil
}
