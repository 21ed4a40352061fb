package sqlite

import (
	"context"
	"database/sql"
	"fmt"

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

const (
	currentSQL = `SELECT ` + current + `, ` + epoch

	// putVerdict leaves a row of a later epoch alone, unless the domain's epoch, the last parameter, voids it.
	putVerdict = `INSERT INTO verdicts (domain, fold, ` + columns + `) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT DO UPDATE SET epoch = excluded.epoch, status = excluded.status, asked = excluded.asked,
		expires = excluded.expires, code = excluded.code, enhanced = excluded.enhanced, text = excluded.text,
		host = excluded.host
		WHERE excluded.epoch >= verdicts.epoch OR verdicts.status <> 1 AND verdicts.epoch <> ?`

	// trimVerdicts leaves the spelling in lower case alone, which is nearly always the only one. The constants
	// of status put a valid verdict (1) before an invalid one (2), and those that are void come last.
	trimVerdicts = `DELETE FROM verdicts WHERE domain = ?1 AND gen = ?2 AND fold = ?3 AND spelling IN
		(SELECT spelling FROM verdicts WHERE domain = ?1 AND gen = ?2 AND fold = ?3 AND spelling <> fold
		ORDER BY NOT ` + seen + `, status, asked DESC LIMIT -1 OFFSET ?4)`

	lookupVerdicts = `SELECT ` + columns + ` FROM verdicts
		WHERE domain = ?1 AND gen = ` + current + ` AND fold = ?2 AND ` + seen
)

// Write stores a batch, all or none. Rows whose generation is not the current one are left out, and so are those
// of another epoch, but for valid verdicts of an older one: nothing would ever find them.
func (s *Store) Write(ctx context.Context, batch store.Batch) error {
	what := fmt.Sprintf("write %d verdicts, %d facts and %d host facts", len(batch.Verdicts), len(batch.Facts),
		len(batch.Hosts))
	return s.changing(ctx, what, func(short context.Context, c *conn) error {
		w := &writing{conn: c, known: make(map[string]numbers)}
		for i := range batch.Verdicts {
			if err := ctx.Err(); err != nil {
				return err
			}
			if err := w.putVerdict(short, &batch.Verdicts[i]); err != nil {
				return err
			}
		}
		for i := range batch.Facts {
			if err := w.putFact(short, &batch.Facts[i]); err != nil {
				return err
			}
		}
		for i := range batch.Hosts {
			if err := c.putHost(short, &batch.Hosts[i]); err != nil {
				return err
			}
		}
		return nil
	})
}

// numbers are the current ones of a domain.
type numbers struct{ generation, epoch uint64 }

// writing is one call of Write, which remembers the numbers of its domains.
type writing struct {
	*conn
	known map[string]numbers
}

// numbers returns the current ones of a domain.
func (w *writing) numbers(ctx context.Context, domain string) (now numbers, err error) {
	now, ok := w.known[domain]
	if ok {
		return now, nil
	}
	if _, err := w.one(ctx, []any{&now.generation, &now.epoch}, currentSQL, domain); err != nil {
		return numbers{}, err
	}
	w.known[domain] = now
	return now, nil
}

func (w *writing) putVerdict(ctx context.Context, v *store.Verdict) error {
	now, err := w.numbers(ctx, v.Domain)
	if err != nil || v.Generation != now.generation || v.Epoch > now.epoch ||
		v.Status != store.Valid && v.Epoch != now.epoch {
		return err
	}
	fold := []byte(address.Fold(v.Local))
	_, err = w.exec(ctx, putVerdict, v.Domain, fold, v.Generation, v.Epoch, []byte(v.Local), uint8(v.Status),
		millis(v.Asked), millis(v.Expires), v.Code, v.Enhanced, v.Text, v.Host, now.epoch)
	if err != nil || string(fold) == v.Local {
		return err
	}
	_, err = w.exec(ctx, trimVerdicts, v.Domain, v.Generation, fold, store.MaxSpellings)
	return err
}

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
