package access

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"slices"
	"sync/atomic"
	"time"
)

// grant is a token with who its bearer is at this moment.
type grant struct {
	Token  // but for LastUsed, never changed
	secret [32]byte

	bearer  Actor // bounded by the owner
	used    atomic.Int64
	written int64 // what the store has of used
}

// token returns the token as it is now.
func (g *grant) token() Token {
	t := g.Token
	if ms := g.used.Load(); ms != 0 {
		t.LastUsed = time.UnixMilli(ms).UTC()
	}
	return t
}

// expired says whether the token's time is over.
func (g *grant) expired(now time.Time) bool { return !g.Expires.IsZero() && !now.Before(g.Expires) }

// Authenticate returns who shows a token's secret, coming from an IP address; Via is left to the caller. It reads
// memory alone. The error is ErrToken or, after many of those from an address, a *ThrottledError. A good token always
// passes: secrets can't be guessed, so that it may not suffer from its neighbours.
func (a *Access) Authenticate(ctx context.Context, secret, from string) (*Actor, error) {
	if actor := a.bearer(secret, time.Now()); actor != nil {
		actor.From = from
		return actor, nil
	}
	err := a.strangers.attempt(pair{address: addressKey(from)})
	if err == nil {
		err = ErrToken
	}
	a.recordStranger(ctx, Event{Via: "api", From: from, Action: "use token", Detail: err.Error()})
	return nil, err
}

// bearer returns who has a secret, nil for nobody.
func (a *Access) bearer(secret string, now time.Time) *Actor {
	if len(secret) != len(secretPrefix)+secretChars {
		return nil
	}
	sum := sha256.Sum256([]byte(secret))
	a.mu.RLock()
	defer a.mu.RUnlock()
	g := a.bySecret[sum]
	if g == nil || subtle.ConstantTimeCompare(g.secret[:], sum[:]) != 1 {
		return nil
	}
	if g.expired(now) {
		return nil
	}
	g.used.Store(now.UnixMilli())
	bearer := g.bearer
	return &bearer
}

// addGrant makes a token known. It is called with mu held, or before anybody else is there.
func (a *Access) addGrant(g *grant) {
	if !g.LastUsed.IsZero() {
		g.written = g.LastUsed.UnixMilli()
		g.used.Store(g.written)
	}
	a.bind(g)
	a.tokens[g.ID], a.bySecret[g.secret] = g, g
}

// dropGrant forgets a token. It is called with mu held.
func (a *Access) dropGrant(g *grant) {
	delete(a.tokens, g.ID)
	delete(a.bySecret, g.secret)
}

// bindOwned binds the tokens of a user who has changed. It is called with mu held.
func (a *Access) bindOwned(owner string) {
	for _, g := range a.tokens {
		if g.Owner == owner {
			a.bind(g)
		}
	}
}

// bind works out who the bearer of a token is: what it says, and no more than its owner, who is there as long as the
// token is. It is called with mu held.
func (a *Access) bind(g *grant) {
	g.bearer = Actor{Name: "token " + g.Label, Role: g.Role, Domains: g.Domains, ReadOnly: !g.Write, Token: g.ID}
	if g.Owner == "" {
		return
	}
	u := a.users[g.Owner]
	g.bearer.Name = u.Name
	if u.Role == RoleAdmin {
		return
	}
	g.bearer.Role = RoleDomain
	if g.Role == RoleAdmin || len(g.Domains) == 0 {
		g.bearer.Domains = u.Domains
		return
	}
	g.bearer.Domains = slices.DeleteFunc(slices.Clone(g.Domains), func(d string) bool {
		_, found := slices.BinarySearch(u.Domains, d)
		return !found
	})
}
