package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"callout/internal/address"
	"callout/internal/store"
)

// current is the generation of the domain that is the statement's first parameter.
const current = `(SELECT max(gen) FROM generations WHERE domain IN ('', ?1))`

// columns are those of a verdict, in the order of scanVerdict.
const columns = `gen, spelling, status, asked, expires, code, enhanced, text, host`

const (
	currentSQL = `SELECT ` + current

	putVerdict = `INSERT INTO verdicts (domain, fold, ` + columns + `) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT DO UPDATE SET status = excluded.status, asked = excluded.asked, expires = excluded.expires,
		code = excluded.code, enhanced = excluded.enhanced, text = excluded.text, host = excluded.host`

	// trimVerdicts leaves the spelling in lower case alone, which is nearly always the only one. The constants
	// of status put a valid verdict (1) before an invalid one (2).
	trimVerdicts = `DELETE FROM verdicts WHERE domain = ?1 AND gen = ?2 AND fold = ?3 AND spelling IN
		(SELECT spelling FROM verdicts WHERE domain = ?1 AND gen = ?2 AND fold = ?3 AND spelling <> fold
		ORDER BY status, asked DESC LIMIT -1 OFFSET ?4)`

	putFact = `INSERT INTO facts (domain, gen, catch_all, asked, expires, code, enhanced, text, host)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT DO UPDATE SET gen = excluded.gen, catch_all = excluded.catch_all, asked = excluded.asked,
		expires = excluded.expires, code = excluded.code, enhanced = excluded.enhanced, text = excluded.text,
		host = excluded.host`

	lookupVerdicts = `SELECT ` + columns + ` FROM verdicts
		WHERE domain = ?1 AND gen = ` + current + ` AND fold = ?2`

	lookupFact = `SELECT gen, catch_all, asked, expires, code, enhanced, text, host FROM facts
		WHERE domain = ?1 AND gen = ` + current
)

// Write stores verdicts and domain facts, all or none. Rows whose generation is not the current one are left
// out: nothing would ever find them.
func (s *Store) Write(ctx context.Context, verdicts []store.Verdict, facts []store.DomainFact) error {
	what := fmt.Sprintf("write %d verdicts and %d facts", len(verdicts), len(facts))
	return s.changing(ctx, what, func(short context.Context, c *conn) error {
		generations := make(map[string]uint64)
		for i := range verdicts {
			if err := ctx.Err(); err != nil {
				return err
			}
			if err := c.putVerdict(short, generations, &verdicts[i]); err != nil {
				return err
			}
		}
		for i := range facts {
			if err := c.putFact(short, generations, &facts[i]); err != nil {
				return err
			}
		}
		return nil
	})
}

// isCurrent reports whether a generation is the current one of its domain. known remembers those of the
// transaction.
func (c *conn) isCurrent(ctx context.Context, known map[string]uint64, domain string, gen uint64) (bool, error) {
	now, ok := known[domain]
	if !ok {
		if _, err := c.one(ctx, []any{&now}, currentSQL, domain); err != nil {
			return false, err
		}
		known[domain] = now
	}
	return gen == now, nil
}

func (c *conn) putVerdict(ctx context.Context, known map[string]uint64, v *store.Verdict) error {
	if ok, err := c.isCurrent(ctx, known, v.Domain, v.Generation); !ok || err != nil {
		return err
	}
	fold := []byte(address.Fold(v.Local))
	_, err := c.exec(ctx, putVerdict, v.Domain, fold, v.Generation, []byte(v.Local), uint8(v.Status),
		v.Asked.UnixMilli(), v.Expires.UnixMilli(), v.Code, v.Enhanced, v.Text, v.Host)
	if err != nil || string(fold) == v.Local {
		return err
	}
	_, err = c.exec(ctx, trimVerdicts, v.Domain, v.Generation, fold, store.MaxSpellings)
	return err
}

func (c *conn) putFact(ctx context.Context, known map[string]uint64, f *store.DomainFact) error {
	if ok, err := c.isCurrent(ctx, known, f.Domain, f.Generation); !ok || err != nil {
		return err
	}
	_, err := c.exec(ctx, putFact, f.Domain, f.Generation, f.CatchAll,
		f.Asked.UnixMilli(), f.Expires.UnixMilli(), f.Code, f.Enhanced, f.Text, f.Host)
	return err
}

// Lookup returns the verdicts of the current generation for every ASCII-case spelling of a local-part, newest
// first, 16 at most. It is one statement, so a clear comes before it or after it.
func (s *Store) Lookup(ctx context.Context, domain, local string) (found []store.Verdict, err error) {
	err = s.reading(ctx, "look up a recipient", func(ctx context.Context, c *conn) error {
		return c.each(ctx, func(rows *sql.Rows) error {
			v := store.Verdict{Domain: domain}
			if err := scanVerdict(rows, &v); err != nil {
				return err
			}
			found = append(found, v)
			return nil
		}, lookupVerdicts, domain, []byte(address.Fold(local)))
	})
	if err != nil {
		return nil, err
	}
	return store.Newest(found), nil
}

// scanVerdict reads the columns of a verdict.
func scanVerdict(rows *sql.Rows, v *store.Verdict) error {
	var asked, expires int64
	err := rows.Scan(&v.Generation, &v.Local, &v.Status, &asked, &expires, &v.Code, &v.Enhanced, &v.Text, &v.Host)
	v.Asked, v.Expires = time.UnixMilli(asked).UTC(), time.UnixMilli(expires).UTC()
	return err
}

// DomainFact returns what is known of a domain in its current generation; ok is false where nothing is.
func (s *Store) DomainFact(ctx context.Context, domain string) (f store.DomainFact, ok bool, err error) {
	var asked, expires int64
	err = s.reading(ctx, "look up a domain", func(ctx context.Context, c *conn) error {
		ok, err = c.one(ctx, []any{&f.Generation, &f.CatchAll, &asked, &expires, &f.Code, &f.Enhanced, &f.Text,
			&f.Host}, lookupFact, domain)
		return err
	})
	if err != nil || !ok {
		return store.DomainFact{}, false, err
	}
	f.Domain = domain
	f.Asked, f.Expires = time.UnixMilli(asked).UTC(), time.UnixMilli(expires).UTC()
	return f, true, nil
}
