package sqlite

import (
	"context"
	"database/sql"

	"callout/internal/address"
	"callout/internal/store"
)

// current is the generation of the domain that is the statement's first parameter, and epoch its epoch.
const (
	current = `(SELECT max(gen) FROM generations WHERE domain IN ('', ?1))`
	epoch   = `ifnull((SELECT number FROM epochs WHERE domain = ?1), 0)`
)

// seen holds for a verdict that its domain's epoch does not void: a valid one (status 1) always is.
const seen = `(status = 1 OR epoch = ` + epoch + `)`

// columns are those of a verdict, in the order of scanVerdict.
const columns = `gen, epoch, spelling, status, asked, expires, code, enhanced, text, host`

const lookupVerdicts = `SELECT ` + columns + ` FROM verdicts
		WHERE domain = ?1 AND gen = ` + current + ` AND fold = ?2 AND ` + seen

// Lookup returns the verdicts of the current generation and epoch for every ASCII-case spelling of a local-part,
// newest first, 16 at most. It is one statement, so a clear or a new epoch comes before it or after it.
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
	err := rows.Scan(&v.Generation, &v.Epoch, &v.Local, &v.Status, &asked, &expires, &v.Code, &v.Enhanced, &v.Text,
		&v.Host)
	v.Asked, v.Expires = instant(asked), instant(expires)
	return err
}
