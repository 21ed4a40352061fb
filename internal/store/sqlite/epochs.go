package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"iter"
	"maps"
	"slices"

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
	what := fmt.Sprintf("keep what is asked for %d domains", len(asked))
	return s.changeEpochs(ctx, what, maps.Keys(asked), func(e store.Epoch, domain string, found bool) store.Epoch {
		if found && e.Asked != asked[domain] {
			e.Number++
		}
		e.Asked = asked[domain]
		return e
	})
}

// NewEpoch begins a new epoch for domains, all or none, though the same is asked as before, and returns them.
func (s *Store) NewEpoch(ctx context.Context, domains []string) (map[string]store.Epoch, error) {
	what := fmt.Sprintf("begin a new epoch of %d domains", len(domains))
	return s.changeEpochs(ctx, what, slices.Values(domains), func(e store.Epoch, _ string, _ bool) store.Epoch {
		e.Number++
		return e
	})
}

// changeEpochs changes the epoch of each domain, and returns them.
func (s *Store) changeEpochs(ctx context.Context, what string, domains iter.Seq[string],
	change func(e store.Epoch, domain string, found bool) store.Epoch) (map[string]store.Epoch, error) {
	epochs := make(map[string]store.Epoch)
	err := s.changing(ctx, what, func(short context.Context, c *conn) error {
		for domain := range domains {
			if err := ctx.Err(); err != nil {
				return err
			}
			var was store.Epoch
			found, err := c.one(short, []any{&was.Number, &was.Asked}, oneEpoch, domain)
			if err != nil {
				return err
			}
			e := change(was, domain, found)
			if epochs[domain] = e; found && e == was {
				continue // at most starts that is so for all domains, and then nothing is written
			}
			if err := c.putEpoch(short, domain, e); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return epochs, nil
}

// putEpoch writes the epoch of a domain, and lets go of the counts of passed ones that nothing is left of.
func (c *conn) putEpoch(ctx context.Context, domain string, e store.Epoch) error {
	if _, err := c.exec(ctx, putEpoch, domain, e.Number, e.Asked); err != nil {
		return err
	}
	_, err := c.exec(ctx, dropEmptyCounts, domain)
	return err
}
