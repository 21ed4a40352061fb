package sqlite

import (
	"context"
	"database/sql"

	"callout/internal/store"
)

const (
	addCount = `INSERT INTO counts (domain, gen, valid, epoch, n) VALUES (?, ?, ?, ?, ?)
		ON CONFLICT DO UPDATE SET n = n + excluded.n`

	countOne = `SELECT ifnull(sum(iif(valid, n, 0)), 0), ifnull(sum(iif(valid, 0, n)), 0) FROM counts
		WHERE domain = ?1 AND gen = ` + current + ` AND (valid OR epoch = ` + epoch + `)`

	countAll = `SELECT c.domain, sum(iif(c.valid, c.n, 0)), sum(iif(c.valid, 0, c.n)) FROM counts c
		LEFT JOIN generations g ON g.domain = c.domain
		LEFT JOIN epochs e ON e.domain = c.domain
		WHERE c.n > 0 AND c.gen = max(ifnull(g.gen, 0), (SELECT gen FROM generations WHERE domain = ''))
		AND (c.valid OR c.epoch = ifnull(e.number, 0)) GROUP BY c.domain`

	// Of passed epochs nothing is left, nor of a generation that is purged.
	dropEmptyCounts  = `DELETE FROM counts WHERE domain = ? AND n = 0`
	purgeDomainCount = `DELETE FROM counts WHERE domain = ? AND gen < ?`
	purgeCounts      = `DELETE FROM counts WHERE (domain, gen, valid, epoch) IN
		(SELECT domain, gen, valid, epoch FROM counts WHERE gen < ? LIMIT ?)`
)

// counted is what a row of counts counts.
type counted struct {
	domain            string
	generation, epoch uint64
	valid             bool
}

// counting returns what a verdict is counted among.
func counting(v *store.Verdict) counted {
	if v.Status == store.Valid {
		return counted{v.Domain, v.Generation, 0, true}
	}
	return counted{v.Domain, v.Generation, v.Epoch, false}
}

// Counts returns how many verdicts of the current generation and epoch are stored for each domain that has any. It
// takes a time that depends on the number of domains.
func (s *Store) Counts(ctx context.Context) (map[string]store.Count, error) {
	counts := make(map[string]store.Count)
	err := s.reading(ctx, "count the verdicts", func(short context.Context, c *conn) error {
		return c.each(short, func(rows *sql.Rows) error {
			var domain string
			var n store.Count
			if err := rows.Scan(&domain, &n.Valid, &n.Invalid); err != nil {
				return err
			}
			counts[domain] = n
			return ctx.Err()
		}, countAll)
	})
	if err != nil {
		return nil, err
	}
	return counts, nil
}

// Count is Counts for one domain, in a time that depends on nothing.
func (s *Store) Count(ctx context.Context, domain string) (n store.Count, err error) {
	err = s.reading(ctx, "count the verdicts of "+domain, func(ctx context.Context, c *conn) error {
		_, err := c.one(ctx, []any{&n.Valid, &n.Invalid}, countOne, domain)
		return err
	})
	if err != nil {
		return store.Count{}, err
	}
	return n, nil
}
