package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"time"

	"callout/internal/store"
)

var _ store.Accounts = (*Store)(nil)

const (
	allUsers = `SELECT name, role, domains, password, created, password_set, last_login FROM users ORDER BY name`
	putUser  = `INSERT INTO users (name, role, domains, password, created, password_set, last_login)
		VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET role = excluded.role, domains = excluded.domains,
		password = excluded.password, password_set = excluded.password_set`
	deleteUser         = `DELETE FROM users WHERE name = ?`
	deleteUserTokens   = `DELETE FROM tokens WHERE owner = ? AND owner <> ''`
	deleteUserSessions = `DELETE FROM sessions WHERE user = ?`
	setLastLogin       = `UPDATE users SET last_login = ? WHERE name = ?`
)

// Users returns every user, in the order of their names.
func (s *Store) Users(ctx context.Context) (all []store.User, err error) {
	err = s.reading(ctx, "read the users", func(short context.Context, c *conn) error {
		return c.each(short, func(rows *sql.Rows) error {
			var u store.User
			var domains string
			var created, set, login int64
			if err := rows.Scan(&u.Name, &u.Role, &domains, &u.Password, &created, &set, &login); err != nil {
				return err
			}
			u.Created, u.PasswordSet, u.LastLogin = instant(created), instant(set), instant(login)
			if u.Domains, err = parseNames(domains); err != nil {
				return fmt.Errorf("domains of user %s: %w", u.Name, err)
			}
			all = append(all, u)
			return ctx.Err()
		}, allUsers)
	})
	if err != nil {
		return nil, err
	}
	return all, nil
}

// PutUser adds a user, or replaces all of one but when it was made and last logged in.
func (s *Store) PutUser(ctx context.Context, u store.User) error {
	domains, err := formatNames(u.Domains)
	if err != nil {
		return err
	}
	return s.changing(ctx, "keep user "+u.Name, func(ctx context.Context, c *conn) error {
		_, err := c.exec(ctx, putUser, u.Name, u.Role, domains, u.Password, millis(u.Created), millis(u.PasswordSet),
			millis(u.LastLogin))
		return err
	})
}

// DeleteUser removes a user with its tokens and sessions. The error is store.ErrNotFound where there is none.
func (s *Store) DeleteUser(ctx context.Context, name string) error {
	return s.changing(ctx, "delete user "+name, func(ctx context.Context, c *conn) error {
		n, err := c.exec(ctx, deleteUser, name)
		if err != nil {
			return err
		}
		if n == 0 {
			return store.ErrNotFound
		}
		for _, query := range []string{deleteUserTokens, deleteUserSessions} {
			if _, err := c.exec(ctx, query, name); err != nil {
				return err
			}
		}
		return nil
	})
}

// SetUsed notes when users and tokens were last used. Those that are gone are passed over.
func (s *Store) SetUsed(ctx context.Context, used store.Used) error {
	return s.changing(ctx, "note what was used", func(ctx context.Context, c *conn) error {
		set := func(query string, times map[string]time.Time) error {
			for key, at := range times {
				if _, err := c.exec(ctx, query, millis(at), key); err != nil {
					return err
				}
			}
			return nil
		}
		if err := set(setLastLogin, used.Users); err != nil {
			return err
		}
		return set(setLastUsed, used.Tokens)
	})
}

// formatNames returns a list of names as it is stored.
func formatNames(names []string) (string, error) {
	if len(names) == 0 {
		return "[]", nil
	}
	b, err := json.Marshal(names)
	return string(b), err
}

// parseNames returns a stored list of names, nil where it is empty.
func parseNames(s string) (names []string, err error) {
	if s == "[]" {
		return nil, nil
	}
	err = json.Unmarshal([]byte(s), &names)
	return names, err
}
