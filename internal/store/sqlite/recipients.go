package sqlite

import (
	"context"
	"database/sql"
)

const (
	allRecipients    = `SELECT domain, entry FROM recipients ORDER BY domain, entry`
	addRecipient     = `INSERT INTO recipients (domain, entry) VALUES (?, ?) ON CONFLICT DO NOTHING`
	removeRecipient  = `DELETE FROM recipients WHERE domain = ? AND entry = ?`
	deleteRecipients = `DELETE FROM recipients WHERE domain = ?`
)

// Recipients calls yield with every local recipient of every domain, in the order of the domains and entries,
// until yield returns an error, which is returned as it is. yield does not call the Store.
func (s *Store) Recipients(ctx context.Context, yield func(domain, entry string) error) error {
	var refused error
	err := s.reading(ctx, "read the local recipients", func(short context.Context, c *conn) error {
		return c.each(short, func(rows *sql.Rows) error {
			var domain, entry string
			if err := rows.Scan(&domain, &entry); err != nil {
				return err
			}
			if refused = yield(domain, entry); refused != nil {
				return refused
			}
			return ctx.Err()
		}, allRecipients)
	})
	if refused != nil {
		return refused
	}
	return err
}

// ChangeRecipients adds and then removes local recipients of a domain, all or none, and returns how many were new
// and how many were there.
func (s *Store) ChangeRecipients(ctx context.Context, domain string, add, remove []string) (added, removed int,
	err error) {
	err = s.changing(ctx, "change the local recipients of "+domain, func(short context.Context, c *conn) error {
		if added, err = c.eachRecipient(ctx, short, addRecipient, domain, add); err != nil {
			return err
		}
		removed, err = c.eachRecipient(ctx, short, removeRecipient, domain, remove)
		return err
	})
	if err != nil {
		return 0, 0, err
	}
	return added, removed, nil
}

// SetRecipients replaces all local recipients of a domain, likewise.
func (s *Store) SetRecipients(ctx context.Context, domain string, entries []string) error {
	return s.changing(ctx, "replace the local recipients of "+domain, func(short context.Context, c *conn) error {
		if _, err := c.exec(short, deleteRecipients, domain); err != nil {
			return err
		}
		_, err := c.eachRecipient(ctx, short, addRecipient, domain, entries)
		return err
	})
}

// eachRecipient runs a statement for each entry with the context short, and ends early when ctx does. n is how many
// rows it changed.
func (c *conn) eachRecipient(ctx, short context.Context, query, domain string, entries []string) (n int, err error) {
	for _, entry := range entries {
		if err := ctx.Err(); err != nil {
			return 0, err
		}
		changed, err := c.exec(short, query, domain, []byte(entry))
		if err != nil {
			return 0, err
		}
		n += changed
	}
	return n, nil
}
