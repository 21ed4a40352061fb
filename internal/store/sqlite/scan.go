package sqlite

import (
	"context"
	"database/sql"

	"callout/internal/store"
)

var _ store.Scanner = (*Store)(nil)

// scanRows is how many verdicts are read at once: a transaction that reads for long keeps the log from being reset.
const scanRows = 1000

const scanVerdicts = `SELECT domain, gen, fold, spelling FROM verdicts WHERE (domain, gen, fold, spelling) > (?, ?, ?, ?)
	ORDER BY domain, gen, fold, spelling LIMIT ?`

// scanned is the primary key of a verdict.
type scanned struct {
	domain         string
	generation     int64
	fold, spelling []byte
}

// Scan calls yield with the domain and the local-part, in lower case, of every stored verdict.
func (s *Store) Scan(ctx context.Context, yield func(domain, local string)) error {
	var last scanned
	page := make([]scanned, 0, scanRows)
	for {
		page = page[:0]
		err := s.reading(ctx, "read whose verdicts there are", func(short context.Context, c *conn) error {
			return c.each(short, func(rows *sql.Rows) error {
				var v scanned
				err := rows.Scan(&v.domain, &v.generation, &v.fold, &v.spelling)
				page = append(page, v)
				return err
			}, scanVerdicts, last.domain, last.generation, last.fold, last.spelling, scanRows)
		})
		if err != nil {
			return err
		}
		for _, v := range page {
			yield(v.domain, string(v.fold))
		}
		if len(page) < scanRows {
			return nil
		}
		last = page[len(page)-1]
	}
}
