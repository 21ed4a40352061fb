package sqlite

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"callout/internal/address"
	"callout/internal/store"
)

const (
	currentSQL = `SELECT ` + current + `, ` + epoch

	addVerdict = `INSERT INTO verdicts (domain, fold, ` + columns + `) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT DO NOTHING`

	// renewVerdict has the parameters of addVerdict. It sets neither status nor epoch, which would cost the counts and
	// the order of each status an update.
	renewVerdict = `UPDATE verdicts SET asked = ?7, expires = ?8, code = ?9, enhanced = ?10, text = ?11, host = ?12
		WHERE domain = ?1 AND fold = ?2 AND gen = ?3 AND spelling = ?5 AND epoch = ?4 AND status = ?6`

	// replaceVerdict leaves a row of a later epoch alone, unless the domain's epoch, the last parameter, voids it.
	replaceVerdict = `UPDATE verdicts SET epoch = ?4, status = ?6, asked = ?7, expires = ?8, code = ?9, enhanced = ?10,
		text = ?11, host = ?12 WHERE domain = ?1 AND fold = ?2 AND gen = ?3 AND spelling = ?5
		AND (epoch <= ?4 OR status <> 1 AND epoch <> ?13)`

	// trimVerdicts leaves the spelling in lower case alone, which is nearly always the only one. The constants
	// of status put a valid verdict (1) before an invalid one (2), and those that are void come last.
	trimVerdicts = `DELETE FROM verdicts WHERE domain = ?1 AND gen = ?2 AND fold = ?3 AND spelling IN
		(SELECT spelling FROM verdicts WHERE domain = ?1 AND gen = ?2 AND fold = ?3 AND spelling <> fold
		ORDER BY NOT ` + seen + `, status, asked DESC LIMIT -1 OFFSET ?4)`
)

// Write stores a batch, all or none. Rows whose generation is not the current one are left out, and so are those
// of another epoch, but for valid verdicts of an older one: nothing would ever find them.
func (s *Store) Write(ctx context.Context, batch store.Batch) error {
	what := fmt.Sprintf("write %d verdicts, %d facts and %d host facts", len(batch.Verdicts), len(batch.Facts),
		len(batch.Hosts))
	verdicts := inOrder(batch.Verdicts)
	return s.changing(ctx, what, func(short context.Context, c *conn) error {
		w := &writing{conn: c, known: make(map[string]numbers), added: make(map[counted]int)}
		for i := range verdicts {
			if err := ctx.Err(); err != nil {
				return err
			}
			if err := w.putVerdict(short, &verdicts[i]); err != nil {
				return err
			}
		}
		if err := w.count(short); err != nil {
			return err
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

// written is a verdict with the fold that it is stored under.
type written struct {
	*store.Verdict
	fold string
}

// inOrder returns verdicts in the order of the table, in which neighbours are often on one page of it. Those of one
// identity stay in the order in which they came.
func inOrder(verdicts []store.Verdict) []written {
	all := make([]written, len(verdicts))
	for i := range verdicts {
		all[i] = written{&verdicts[i], address.Fold(verdicts[i].Local)}
	}
	slices.SortStableFunc(all, func(a, b written) int { return cmp.Or(cmp.Compare(a.Domain, b.Domain), cmp.Compare(a.fold, b.fold)) })
	return all
}

// numbers are the current ones of a domain.
type numbers struct{ generation, epoch uint64 }

// writing is one call of Write, which remembers the numbers of its domains, and what it has added.
type writing struct {
	*conn
	known map[string]numbers
	added map[counted]int
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

func (w *writing) putVerdict(ctx context.Context, v *written) error {
	now, err := w.numbers(ctx, v.Domain)
	if err != nil || v.Generation != now.generation || v.Epoch > now.epoch ||
		v.Status != store.Valid && v.Epoch != now.epoch {
		return err
	}
	if err := w.addVerdict(ctx, v, now); err != nil || v.fold == v.Local {
		return err
	}
	_, err = w.exec(ctx, trimVerdicts, v.Domain, v.Generation, []byte(v.fold), store.MaxSpellings)
	return err
}

// addVerdict adds a row, which is counted later, or replaces the one with the same identity. One statement would not
// tell which of the two it did.
func (w *writing) addVerdict(ctx context.Context, v *written, now numbers) error {
	row := []any{v.Domain, []byte(v.fold), v.Generation, v.Epoch, []byte(v.Local), uint8(v.Status),
		millis(v.Asked), millis(v.Expires), v.Code, v.Enhanced, v.Text, v.Host}
	n, err := w.exec(ctx, addVerdict, row...)
	if err != nil || n > 0 {
		w.added[counting(v.Verdict)] += n
		return err
	}
	if n, err = w.exec(ctx, renewVerdict, row...); err != nil || n > 0 {
		return err
	}
	_, err = w.exec(ctx, replaceVerdict, append(row, now.epoch)...)
	return err
}

// count counts what was added.
func (w *writing) count(ctx context.Context) error {
	for of, n := range w.added {
		if _, err := w.exec(ctx, addCount, of.domain, of.generation, of.valid, of.epoch, n); err != nil {
			return err
		}
	}
	return nil
}
