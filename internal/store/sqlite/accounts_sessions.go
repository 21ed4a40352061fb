package sqlite

import (
	"context"
	"time"

	"callout/internal/store"
)

const (
	oneSession    = `SELECT user, data, expires FROM sessions WHERE token = ?`
	addSession    = `INSERT INTO sessions (token, user, data, expires) VALUES (?, ?, ?, ?)`
	renewSession  = `UPDATE sessions SET data = ?, expires = ? WHERE token = ?`
	deleteSession = `DELETE FROM sessions WHERE token = ?`

	boundUserSessions = `DELETE FROM sessions WHERE id IN
		(SELECT id FROM sessions WHERE user = ? ORDER BY id DESC LIMIT -1 OFFSET ?)`
	boundSessions = `DELETE FROM sessions WHERE id IN (SELECT id FROM sessions ORDER BY id DESC LIMIT -1 OFFSET ?)`

	purgeSessions = `DELETE FROM sessions WHERE id IN (SELECT id FROM sessions WHERE expires <= ? ORDER BY expires LIMIT ?)`
	purgeAudit    = `DELETE FROM audit WHERE id IN (SELECT id FROM audit WHERE refused = ? AND at < ? ORDER BY at LIMIT ?)`
)

// Session returns a session, expired or not; ok is false where there is none.
func (s *Store) Session(ctx context.Context, token string) (found store.Session, ok bool, err error) {
	err = s.reading(ctx, "read a session", func(ctx context.Context, c *conn) error {
		var expires int64
		found.Token = token
		ok, err = c.one(ctx, []any{&found.User, &found.Data, &expires}, oneSession, token)
		found.Expires = instant(expires)
		return err
	})
	if err != nil || !ok {
		return store.Session{}, false, err
	}
	return found, true, nil
}

// AddSession adds a session, and removes the oldest beyond the bounds.
func (s *Store) AddSession(ctx context.Context, add store.Session, bounds store.SessionBounds) error {
	return s.changing(ctx, "begin a session of "+add.User, func(ctx context.Context, c *conn) error {
		_, err := c.exec(ctx, addSession, add.Token, add.User, sessionData(add), millis(add.Expires))
		if err != nil {
			return err
		}
		if _, err := c.exec(ctx, boundUserSessions, add.User, bounds.User); err != nil {
			return err
		}
		_, err = c.exec(ctx, boundSessions, bounds.All)
		return err
	})
}

// RenewSession replaces a session's data and expiry. One that has ended meanwhile stays so, without error.
func (s *Store) RenewSession(ctx context.Context, renewed store.Session) error {
	return s.changing(ctx, "keep a session", func(ctx context.Context, c *conn) error {
		_, err := c.exec(ctx, renewSession, sessionData(renewed), millis(renewed.Expires), renewed.Token)
		return err
	})
}

func sessionData(s store.Session) []byte {
	if s.Data == nil {
		return []byte{}
	}
	return s.Data
}

// DeleteSession ends a session. Where there is none it does nothing.
func (s *Store) DeleteSession(ctx context.Context, token string) error {
	return s.changing(ctx, "end a session", func(ctx context.Context, c *conn) error {
		_, err := c.exec(ctx, deleteSession, token)
		return err
	})
}

// DeleteSessions ends all sessions of a user.
func (s *Store) DeleteSessions(ctx context.Context, user string) error {
	return s.changing(ctx, "end the sessions of "+user, func(ctx context.Context, c *conn) error {
		_, err := c.exec(ctx, deleteUserSessions, user)
		return err
	})
}

// PurgeAccounts deletes sessions that expired before now and lines of the audit log from before audit, those of refusals
// first: limit of them at most, and never more than 1,000. more says whether there may be others.
func (s *Store) PurgeAccounts(ctx context.Context, now, audit time.Time, limit int) (more bool, err error) {
	err = s.changing(ctx, "purge sessions and the audit log", func(ctx context.Context, c *conn) error {
		p := &purge{conn: c, left: min(max(limit, 1), maxPurge)}
		if _, err := p.delete(ctx, purgeSessions, now.UnixMilli()); err != nil {
			return err
		}
		for _, refused := range []bool{true, false} {
			if _, err := p.delete(ctx, purgeAudit, refused, audit.UnixMilli()); err != nil {
				return err
			}
		}
		more = p.left <= 0
		return nil
	})
	return more && err == nil, err
}
