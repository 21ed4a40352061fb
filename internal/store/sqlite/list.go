package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"callout/internal/address"
	"callout/internal/store"
)

// maxPage is the most rows that a page has, and maxScan the most that one is chosen from: a filter that
// matches hardly anything in a domain of millions gives a short page, and soon. A search looks at half of that of each
// status, and the times, which leave out no more than awaits its purge, at half of it in all.
const (
	maxPage = 1000
	maxScan = 20_000
	half    = maxScan / 2
)

// ofValid and ofInvalid are the verdicts that count of each status, of those from a first bound to before
// a second, which are a fold and a spelling each.
const (
	between   = ` AND (fold, spelling) >= (?2, ?3) AND (fold, spelling) < (?4, ?5) `
	ofValid   = `SELECT fold, spelling FROM verdicts INDEXED BY verdicts_valid WHERE domain = ?1 AND gen = ` + current + ` AND status = 1` + between
	ofInvalid = `SELECT fold, spelling FROM verdicts INDEXED BY verdicts_invalid WHERE domain = ?1 AND gen = ` + current + ` AND epoch = ` + epoch + ` AND status <> 1` + between
)

// listing is a way to read the verdicts of one status or both.
type listing struct{ page, search, edge string }

// newListing makes one of parts, which are merged in their order. A page is chosen from a window of ?6 rows at most, and
// where a text is searched from all between the bounds, of which each part leaves out what does not match. Only what
// matches is read whole. The edge is the ?6th row.
func newListing(order string, parts ...string) listing {
	order = ` ORDER BY ` + order
	window := strings.Join(parts, ` UNION ALL `) + order
	matching := strings.Join(parts, matches+` UNION ALL `) + matches + order
	return listing{
		page:   choose + window + ` LIMIT ?6` + whole,
		search: choose + matching + ` LIMIT -1` + whole, // without a limit the order of what is chosen from is not kept
		edge:   `SELECT spelling FROM (` + window + ` LIMIT 1 OFFSET ?6 - 1)`,
	}
}

const (
	matches = ` AND instr(fold, ?7)`
	whole   = `) k CROSS JOIN verdicts v WHERE v.domain = ?1 AND v.gen = ` + current + ` AND v.fold = k.fold
		AND v.spelling = k.spelling AND v.asked >= iif(v.status = 1, ?8, ?9) LIMIT ?10`
)

var choose = `SELECT v.` + strings.ReplaceAll(columns, `, `, `, v.`) + ` FROM (`

// listings are those for a Query's Back and Status, of which anything but the two that are kept stands for both.
var listings = func() (all [2][3]listing) {
	for i, order := range []string{`fold, spelling`, `fold DESC, spelling DESC`} {
		all[i] = [3]listing{newListing(order, ofValid, ofInvalid), newListing(order, ofValid), newListing(order, ofInvalid)}
	}
	return all
}()

// List returns a page of verdicts of the current generation and epoch and the cursor of the page beyond, "" where
// there is none. A page is short, or even empty, where its filter has left out 10,000 rows; the cursor leads on from
// there. The error wraps store.ErrCursor for a cursor of another making.
func (s *Store) List(ctx context.Context, q store.Query) (page []store.Verdict, next string, err error) {
	low, high, err := bounds(q)
	if err != nil {
		return nil, "", fmt.Errorf("list the verdicts of %s: %w", q.Domain, err)
	}
	err = s.reading(ctx, "list the verdicts of "+q.Domain, func(_ context.Context, c *conn) error {
		return c.transaction(ctx, "BEGIN", func(ctx context.Context, c *conn) error {
			page, next, err = c.list(ctx, q, low, high)
			return err
		})
	})
	if err != nil {
		return nil, "", err
	}
	if q.Back {
		slices.Reverse(page)
	}
	return page, next, nil
}

// list returns the rows of a page in the order in which they are met.
func (c *conn) list(ctx context.Context, q store.Query, low, high bound) (page []store.Verdict, next string, err error) {
	all := listings[0]
	if q.Back {
		all = listings[1]
	}
	how := all[q.Status%3]
	query, limit, edge := how.page, min(max(q.Limit, 1), maxPage), (*bound)(nil)
	if q.Text != "" {
		query = how.search
		parts := all[1:]
		if q.Status%3 != 0 {
			parts = []listing{how}
		}
		for _, one := range parts {
			if edge, err = c.edge(ctx, one, &q, low, high, half, edge); err != nil {
				return nil, "", err
			}
		}
		switch {
		case edge == nil:
		case q.Back:
			low = *edge
		default:
			high = *edge
		}
	}
	err = c.each(ctx, func(rows *sql.Rows) error {
		v := store.Verdict{Domain: q.Domain}
		if err := scanVerdict(rows, &v); err != nil {
			return err
		}
		page = append(page, v)
		return nil
	}, query, q.Domain, low.fold, low.spelling, high.fold, high.spelling, half, []byte(address.Fold(q.Text)),
		since(q.ValidSince), since(q.InvalidSince), limit+1)
	if err != nil {
		return nil, "", err
	}
	if len(page) > limit {
		page = page[:limit]
		return page, placeBeyond(page[limit-1].Local, q.Back).cursor(q.Back), nil
	}
	if q.Text == "" { // What is left of the rows looked at did not match. Are there any beyond them?
		edge, err = c.edge(ctx, how, &q, low, high, half, nil)
	}
	if err != nil || edge == nil {
		return page, "", err
	}
	return page, edge.cursor(q.Back), nil
}

// edge returns the place beyond the nth row, or another that is met first; nil where there is neither.
func (c *conn) edge(ctx context.Context, how listing, q *store.Query, low, high bound, n int, other *bound) (*bound, error) {
	var local []byte
	found, err := c.one(ctx, []any{&local}, how.edge, q.Domain, low.fold, low.spelling, high.fold, high.spelling, n)
	if err != nil || !found {
		return other, err
	}
	at := placeBeyond(string(local), q.Back)
	if other != nil && (at.compare(*other) > 0) != q.Back {
		return other, nil
	}
	return &at, nil
}

// since returns a bound in milliseconds; the zero time bounds nothing.
func since(t time.Time) int64 {
	if t.IsZero() {
		return math.MinInt64
	}
	return t.UnixMilli()
}
