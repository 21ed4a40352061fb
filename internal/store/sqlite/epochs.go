package sqlite

import (
	"context"
	"database/sql"
	"fmt"

	"callout/internal/store"
)

const (
	allEpochs = `SELECT domain, number, asked FROM epochs`
	oneEpoch  = `SELECT number, asked FROM epochs WHERE domain = ?`
	putEpoch  = `INSERT INTO epochs (domain, number, asked) VALUES (?, ?, ?)
		ON CONFLICT DO UPDATE SET number = excluded.number, asked = excluded.asked`
)

// Epochs returns the epoch of every domain that ever had one set.
func (s *Store) Epochs(ctx context.Context) (map[string]store.Epoch, error) {
	all := make(map[string]store.Epoch)
	err := s.reading(ctx, "read the epochs", func(short context.Context, c *conn) error {
		return c.each(short, func(rows *sql.Rows) error {
			var domain string
			var e store.Epoch
			if err := rows.Scan(&domain, &e.Number, &e.Asked); err != nil {
				return err
			}
			all[domain] = e
			return ctx.Err()
		}, allEpochs)
	})
	if err != nil {
		return nil, err
	}
	return all, nil
}

// SetAsked says what is asked for domains, all or none. A domain for which something else was asked before begins
// a new epoch. It returns the epochs of those domains.
func (s *Store) SetAsked(ctx context.Context, asked map[string]string) (map[string]store.Epoch, error) {
	epochs := make(map[string]store.Epoch, len(asked))
	what := fmt.Sprintf("keep what is asked for %d domains", len(asked))
	err := s.changing(ctx, what, func(short context.Context, c *conn) error {
		for domain, words := range asked {
			if err := ctx.Err(); err != nil {
				return err
			}
			e, err := c.setAsked(short, domain, words)
			if err != nil {
				return err
			}
			epochs[domain] = e
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return epochs, nil
}

// setAsked writes nothing where what is asked has not changed: at most starts that is so for all domains.
func (c *conn) setAsked(ctx context.Context, domain, asked string) (e store.Epoch, err error) {
	found, err := c.one(ctx, []any{&e.Number, &e.Asked}, oneEpoch, domain)
	if err != nil || found && e.Asked == asked {
		return e, err
	}
	if found {
		e.Number++
	}
	e.Asked = asked
	_, err = c.exec(ctx, putEpoch, domain, e.Number, e.Asked)
	return e, err
}
