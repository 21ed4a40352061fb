package sqlite

import (
	"context"

	"callout/internal/store"
)

// countVerdicts has the domain's numbers worked out once, and reads no row of another generation.
const countVerdicts = `SELECT ifnull(sum(status = 1), 0), ifnull(sum(status <> 1), 0) FROM verdicts
	WHERE domain = ?1 AND gen = ` + current + ` AND ` + seen

// Counts returns how many verdicts of the current generation and epoch are stored for each domain that has any. It
// reads every row once, in one transaction, so that a clear comes before it or after it.
func (s *Store) Counts(ctx context.Context) (map[string]store.Count, error) {
	counts := make(map[string]store.Count)
	err := s.reading(ctx, "count the verdicts", func(_ context.Context, c *conn) error {
		return c.transaction(ctx, "BEGIN", func(short context.Context, c *conn) error {
			for domain := ""; ; {
				found, err := c.one(short, []any{&domain}, nextDomain, domain)
				if err != nil || !found {
					return err
				}
				if err := ctx.Err(); err != nil {
					return err
				}
				var n store.Count
				if _, err := c.one(short, []any{&n.Valid, &n.Invalid}, countVerdicts, domain); err != nil {
					return err
				}
				if n != (store.Count{}) {
					counts[domain] = n
				}
			}
		})
	})
	if err != nil {
		return nil, err
	}
	return counts, nil
}
