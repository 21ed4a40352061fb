package access

import (
	"context"
	"net/http"
	"time"

	"github.com/alexedwards/scs/v2"
)

const (
	sessionIdle     = 12 * time.Hour
	sessionLifetime = 7 * 24 * time.Hour

	// What a session has of its user: the name, and when the password was set with which it began, in milliseconds.
	keyUser = "user"
	keySet  = "password_set"
)

// Sessions returns the manager of login sessions; secure is whether their cookie travels over TLS alone. A session
// without a user is not kept, so that strangers can't fill the store: what is put into it lasts for the request.
func (a *Access) Sessions(secure bool) *scs.SessionManager {
	// scs.New would start a goroutine that nobody can end.
	return &scs.SessionManager{
		Store: &sessionStore{access: a}, Codec: sessionCodec, HashTokenInStore: true,
		IdleTimeout: sessionIdle, Lifetime: sessionLifetime,
		Cookie: scs.SessionCookie{Name: "callout_session", HttpOnly: true, SameSite: http.SameSiteLaxMode, Path: "/",
			Secure: secure, Persist: true},
		ErrorFunc: func(w http.ResponseWriter, r *http.Request, err error) {
			if r.Context().Err() != nil { // who has gone to another page reads nothing, and nothing has failed
				return
			}
			a.log.Error("sessions fail", "error", err)
			http.Error(w, "Sessions can't be read or kept at the moment. Try again later.", http.StatusServiceUnavailable)
		},
	}
}

// Enter begins the session of a user who has logged in or set a new password. Its token is a new one, so that nobody
// can have planted it, and nothing of a session before it is carried on.
func (a *Access) Enter(ctx context.Context, m *scs.SessionManager, u User) error {
	a.left.add(sessionOf(ctx, m))
	if err := m.Clear(ctx); err != nil {
		return err
	}
	if err := m.RenewToken(ctx); err != nil {
		return err
	}
	m.Put(ctx, keyUser, u.Name)
	m.Put(ctx, keySet, u.PasswordSet.UnixMilli())
	if _, _, err := m.Commit(context.WithValue(ctx, entering{}, true)); err != nil {
		_ = m.Clear(ctx) // the first error is the one to tell
		return err
	}
	return nil
}

// Leave ends the session.
func (a *Access) Leave(ctx context.Context, m *scs.SessionManager) error {
	a.left.add(sessionOf(ctx, m))
	return m.Destroy(ctx)
}

// Of returns the user of the request's session as they are now; ok is false where there is none, or the user is gone
// or has another password since.
func (a *Access) Of(ctx context.Context, m *scs.SessionManager) (u User, ok bool) {
	name := m.GetString(ctx, keyUser)
	if name == "" {
		return User{}, false
	}
	found, ok := a.account(name)
	if !ok || found.PasswordSet.UnixMilli() != m.GetInt64(ctx, keySet) {
		return User{}, false
	}
	return found.User, true
}
