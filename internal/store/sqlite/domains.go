package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"callout/internal/address"
	"callout/internal/store"
)

const (
	allDomains   = `SELECT name, spec FROM domains ORDER BY name`
	putDomain    = `INSERT INTO domains (name, spec) VALUES (?, ?) ON CONFLICT DO UPDATE SET spec = excluded.spec`
	deleteDomain = `DELETE FROM domains WHERE name = ?`

	allGenerations = `SELECT domain, gen FROM generations`
	// nextGeneration gives a domain, or with "" everything, the next number of the sequence.
	nextGeneration = `INSERT INTO generations (domain, gen) VALUES (?, (SELECT max(gen) + 1 FROM generations))
		ON CONFLICT DO UPDATE SET gen = excluded.gen RETURNING gen`
	putGarbage = `INSERT INTO garbage (domain, below) VALUES (?, ?)
		ON CONFLICT DO UPDATE SET below = excluded.below, done = ''`

	clearRecipient = `DELETE FROM verdicts WHERE domain = ?1 AND gen = ` + current + ` AND fold = ?2
		AND ` + seen
)

// errNoDomain refuses "", which means everything in the tables.
var errNoDomain = errors.New("no domain is named")

// Domains returns every stored domain, in the order of their names.
func (s *Store) Domains(ctx context.Context) (all []store.Domain, err error) {
	err = s.reading(ctx, "read the domains", func(short context.Context, c *conn) error {
		return c.each(short, func(rows *sql.Rows) error {
			var d store.Domain
			if err := rows.Scan(&d.Name, &d.Spec); err != nil {
				return err
			}
			all = append(all, d)
			return ctx.Err()
		}, allDomains)
	})
	if err != nil {
		return nil, err
	}
	return all, nil
}

// PutDomain adds or replaces a domain.
func (s *Store) PutDomain(ctx context.Context, d store.Domain) error {
	spec := d.Spec
	if spec == nil {
		spec = []byte{}
	}
	return s.changing(ctx, "keep domain "+d.Name, func(ctx context.Context, c *conn) error {
		_, err := c.exec(ctx, putDomain, d.Name, spec)
		return err
	})
}

// DeleteDomain removes a domain with its local recipients and its pause and, by a new generation number that it
// returns, all that is known of it. The error is store.ErrNotFound where there is no such domain.
func (s *Store) DeleteDomain(ctx context.Context, name string) (generation uint64, err error) {
	err = s.changing(ctx, "delete domain "+name, func(ctx context.Context, c *conn) error {
		n, err := c.exec(ctx, deleteDomain, name)
		if err != nil {
			return err
		}
		if n == 0 {
			return store.ErrNotFound
		}
		for _, query := range []string{deleteRecipients, deletePause} {
			if _, err := c.exec(ctx, query, name); err != nil {
				return err
			}
		}
		generation, err = c.clear(ctx, name)
		return err
	})
	return given(generation, err)
}

// Generations returns all generation numbers.
func (s *Store) Generations(ctx context.Context) (store.Generations, error) {
	g := store.Generations{Domains: make(map[string]uint64)}
	err := s.reading(ctx, "read the generations", func(short context.Context, c *conn) error {
		return c.each(short, func(rows *sql.Rows) error {
			var domain string
			var gen uint64
			if err := rows.Scan(&domain, &gen); err != nil {
				return err
			}
			if domain == "" {
				g.All = gen
			} else {
				g.Domains[domain] = gen
			}
			return ctx.Err()
		}, allGenerations)
	})
	if err != nil {
		return store.Generations{}, err
	}
	return g, nil
}

// ClearRecipient removes the verdicts of every ASCII-case spelling of a local-part; n is their number. Void ones
// do not count, and wait for Purge.
func (s *Store) ClearRecipient(ctx context.Context, domain, local string) (n int, err error) {
	err = s.changing(ctx, "clear a recipient of "+domain, func(ctx context.Context, c *conn) error {
		n, err = c.exec(ctx, clearRecipient, domain, []byte(address.Fold(local)))
		return err
	})
	if err != nil {
		return 0, err
	}
	return n, nil
}

// ClearDomain gives a domain a new generation number, and leaves its rows to Purge.
func (s *Store) ClearDomain(ctx context.Context, domain string) (generation uint64, err error) {
	err = s.changing(ctx, fmt.Sprintf("clear domain %q", domain), func(ctx context.Context, c *conn) error {
		if domain == "" {
			return errNoDomain
		}
		generation, err = c.clear(ctx, domain)
		return err
	})
	return given(generation, err)
}

// ClearAll gives everything a new generation number, likewise.
func (s *Store) ClearAll(ctx context.Context) (generation uint64, err error) {
	err = s.changing(ctx, "clear everything", func(ctx context.Context, c *conn) error {
		generation, err = c.clear(ctx, "")
		return err
	})
	return given(generation, err)
}

// clear draws a new generation for a domain, or with "" for everything, and notes what there is to purge.
func (c *conn) clear(ctx context.Context, domain string) (generation uint64, err error) {
	if _, err := c.one(ctx, []any{&generation}, nextGeneration, domain); err != nil {
		return 0, err
	}
	_, err = c.exec(ctx, putGarbage, domain, generation)
	return generation, err
}

// given returns a generation number only where it was committed.
func given(generation uint64, err error) (uint64, error) {
	if err != nil {
		return 0, err
	}
	return generation, nil
}
