package access

import (
	"context"
	"crypto/sha256"
	"slices"
	"sync"
	"time"

	"github.com/alexedwards/scs/v2"
)

// Still returns an actor as they are now: what goes on for longer than a request asks it, so that it goes no further than
// its token or login. ok is false where the token has expired or was revoked, and where the user is gone, has another
// password since, or has logged out of the session that InSession noted. Who came by the admin socket stays who they are.
func (a *Access) Still(who *Actor) (now *Actor, ok bool) {
	if who.Token == "" && who.Via == "socket" {
		return who, true
	}
	if a.left.has(who.session) {
		return nil, false
	}
	a.mu.RLock()
	defer a.mu.RUnlock()
	if who.Token != "" {
		g := a.tokens[who.Token]
		if g == nil || g.expired(time.Now()) {
			return nil, false
		}
		bearer := g.bearer
		bearer.Via, bearer.From = who.Via, who.From
		return &bearer, true
	}
	u := a.users[who.Name]
	if u == nil || !u.PasswordSet.Equal(who.set) {
		return nil, false
	}
	now = a.ActorOf(u.User, who.Via, who.From)
	now.session = who.session
	return now, true
}

// SameScope says whether two actors may the same.
func (a *Actor) SameScope(b *Actor) bool {
	return a.Role == b.Role && a.ReadOnly == b.ReadOnly && slices.Equal(a.Domains, b.Domains)
}

// InSession returns an actor who is there only as long as the session of their request is.
func (a *Access) InSession(ctx context.Context, m *scs.SessionManager, who *Actor) *Actor {
	in := *who
	in.session = sessionOf(ctx, m)
	return &in
}

// sessionID tells a session from others without saying its token; the zero value is that of none.
type sessionID [sha256.Size]byte

func sessionOf(ctx context.Context, m *scs.SessionManager) sessionID {
	token := m.Token(ctx)
	if token == "" {
		return sessionID{}
	}
	return sha256.Sum256([]byte(token))
}

// maxLeft is how many sessions that were left are remembered: more than passwords can be checked for in the time that
// something goes on in a session.
const maxLeft = 10_000

// leavers are the sessions that were left last.
type leavers struct {
	mu       sync.Mutex
	sessions *recent[sessionID, struct{}]
}

func newLeavers() *leavers { return &leavers{sessions: newRecent[sessionID, struct{}](maxLeft)} }

func (l *leavers) add(id sessionID) {
	if id == (sessionID{}) {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.sessions.put(id, struct{}{})
}

func (l *leavers) has(id sessionID) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	_, ok := l.sessions.get(id)
	return ok
}
