package sqlite

import (
	"context"
	"database/sql"
	"fmt"

	"callout/internal/store"
)

const (
	allTokens = `SELECT id, label, owner, role, domains, writes, secret, created, expires, last_used
		FROM tokens ORDER BY id`
	addToken = `INSERT INTO tokens (id, label, owner, role, domains, writes, secret, created, expires, last_used)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`
	deleteToken = `DELETE FROM tokens WHERE id = ?`
	setLastUsed = `UPDATE tokens SET last_used = ? WHERE id = ?`
)

// Tokens returns every token, in the order of their IDs.
func (s *Store) Tokens(ctx context.Context) (all []store.Token, err error) {
	err = s.reading(ctx, "read the tokens", func(short context.Context, c *conn) error {
		return c.each(short, func(rows *sql.Rows) error {
			t, err := scanToken(rows)
			if err != nil {
				return err
			}
			all = append(all, t)
			return ctx.Err()
		}, allTokens)
	})
	if err != nil {
		return nil, err
	}
	return all, nil
}

func scanToken(rows *sql.Rows) (t store.Token, err error) {
	var domains string
	var secret []byte
	var created, expires, used int64
	err = rows.Scan(&t.ID, &t.Label, &t.Owner, &t.Role, &domains, &t.Write, &secret, &created, &expires, &used)
	if err != nil {
		return store.Token{}, err
	}
	if len(secret) != len(t.Secret) {
		return store.Token{}, fmt.Errorf("the secret of token %s has %d octets, not %d", t.ID, len(secret), len(t.Secret))
	}
	copy(t.Secret[:], secret)
	t.Created, t.Expires, t.LastUsed = instant(created), instant(expires), instant(used)
	if t.Domains, err = parseNames(domains); err != nil {
		return store.Token{}, fmt.Errorf("domains of token %s: %w", t.ID, err)
	}
	return t, nil
}

// AddToken adds a token. An ID or a secret that is there already is an error.
func (s *Store) AddToken(ctx context.Context, t store.Token) error {
	domains, err := formatNames(t.Domains)
	if err != nil {
		return err
	}
	return s.changing(ctx, "keep token "+t.ID, func(ctx context.Context, c *conn) error {
		_, err := c.exec(ctx, addToken, t.ID, t.Label, t.Owner, t.Role, domains, t.Write, t.Secret[:], millis(t.Created),
			millis(t.Expires), millis(t.LastUsed))
		return err
	})
}

// DeleteToken removes a token. The error is store.ErrNotFound where there is none.
func (s *Store) DeleteToken(ctx context.Context, id string) error {
	return s.changing(ctx, "delete token "+id, func(ctx context.Context, c *conn) error {
		n, err := c.exec(ctx, deleteToken, id)
		if err == nil && n == 0 {
			return store.ErrNotFound
		}
		return err
	})
}
