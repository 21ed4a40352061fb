package access

import (
	"context"
	"reflect"
	"time"

	"github.com/alexedwards/scs/v2"

	"callout/internal/store"
)

// sessionBounds are how many sessions there are at most.
var sessionBounds = store.SessionBounds{User: 20, All: 100_000}

// renewEvery is how much later a session has to end before that is written: else each request would be a write.
const renewEvery = time.Minute

var sessionCodec = scs.GobCodec{}

// entering marks, in a context, the commit with which a session begins. All others renew one: a request that was under
// way while its session was ended does not bring it back.
type entering struct{}

// sessionStore keeps the sessions of a manager in the store. Tokens come to it as hashes.
type sessionStore struct{ access *Access }

var _ scs.CtxStore = (*sessionStore)(nil)

// FindCtx returns the data of a session that has not expired.
func (s *sessionStore) FindCtx(ctx context.Context, token string) (data []byte, found bool, err error) {
	one, found, err := s.access.store.Session(ctx, token)
	if err != nil || !found || !time.Now().Before(one.Expires) {
		return nil, false, err
	}
	return one.Data, true, nil
}

// CommitCtx begins a session, or renews one that is still there.
func (s *sessionStore) CommitCtx(ctx context.Context, token string, data []byte, expires time.Time) error {
	next := store.Session{Token: token, Data: data, Expires: expires}
	if ctx.Value(entering{}) != nil {
		_, values, err := sessionCodec.Decode(data)
		if err != nil {
			return err
		}
		next.User, _ = values[keyUser].(string)
		return s.access.store.AddSession(ctx, next, sessionBounds)
	}
	was, found, err := s.access.store.Session(ctx, token)
	if err != nil || !found {
		return err
	}
	if expires.Sub(was.Expires) < renewEvery && sameValues(was.Data, data) {
		return nil
	}
	return s.access.store.RenewSession(ctx, next)
}

// sameValues says whether two sessions hold the same. They are compared decoded, as a map has no order.
func sameValues(a, b []byte) bool {
	_, x, err := sessionCodec.Decode(a)
	if err != nil {
		return false
	}
	_, y, err := sessionCodec.Decode(b)
	return err == nil && reflect.DeepEqual(x, y)
}

// DeleteCtx ends a session.
func (s *sessionStore) DeleteCtx(ctx context.Context, token string) error {
	return s.access.store.DeleteSession(ctx, token)
}

// Find, Commit and Delete are what scs wants besides, and does not call.

// Find does what FindCtx does.
func (s *sessionStore) Find(token string) ([]byte, bool, error) {
	return s.FindCtx(context.Background(), token)
}

// Commit does what CommitCtx does.
func (s *sessionStore) Commit(token string, data []byte, expires time.Time) error {
	return s.CommitCtx(context.Background(), token, data, expires)
}

// Delete does what DeleteCtx does.
func (s *sessionStore) Delete(token string) error { return s.DeleteCtx(context.Background(), token) }
