package access

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"callout/internal/store"
)

// Token is what a program shows instead of logging in. It never may more than its owner.
type Token struct {
	ID       string    `json:"id"`
	Label    string    `json:"label"`           // 1 to 100 printable characters
	Owner    string    `json:"owner,omitempty"` // name of a user, "" for none
	Role     Role      `json:"role"`
	Domains  []string  `json:"domains,omitempty"` // of RoleDomain; none: those of the owner
	Write    bool      `json:"write"`             // false: for reading only
	Created  time.Time `json:"created"`
	Expires  time.Time `json:"expires,omitzero"` // zero: never
	LastUsed time.Time `json:"last_used,omitzero"`
}

const (
	maxLabel     = 100
	secretPrefix = "callout_"
	secretChars  = 40 // 238 bits
)

// Tokens returns the tokens of an owner, or with "" all, in the order of their labels.
func (a *Access) Tokens(owner string) []Token {
	if owner != "" {
		var err error
		if owner, err = foldName(owner); err != nil {
			return []Token{}
		}
	}
	a.mu.RLock()
	defer a.mu.RUnlock()
	all := []Token{}
	for _, g := range a.tokens {
		if owner == "" || g.Owner == owner {
			all = append(all, g.token())
		}
	}
	slices.SortFunc(all, func(x, y Token) int {
		if c := strings.Compare(x.Label, y.Label); c != 0 {
			return c
		}
		return strings.Compare(x.ID, y.ID)
	})
	return all
}

// Token returns one token; ok is false where there is none.
func (a *Access) Token(id string) (t Token, ok bool) {
	a.mu.RLock()
	defer a.mu.RUnlock()
	if g := a.tokens[id]; g != nil {
		return g.token(), true
	}
	return Token{}, false
}

// CreateToken makes a token of which Label, Owner, Role, Domains, Write and Expires are given. secret is what its user
// shows; it is kept nowhere. The error is a *FieldError.
func (a *Access) CreateToken(ctx context.Context, t Token) (secret string, made Token, err error) {
	if t, err = checkToken(t); err != nil {
		return "", Token{}, err
	}
	if secret, err = newSecret(); err != nil {
		return "", Token{}, err
	}
	a.change.Lock()
	defer a.change.Unlock()
	if err := a.mayCreate(t); err != nil {
		return "", Token{}, err
	}
	t.ID, t.Created, t.LastUsed = strings.ToLower(rand.Text()[:16]), now(), time.Time{}
	g := &grant{Token: t, secret: sha256.Sum256([]byte(secret))}
	err = a.store.AddToken(ctx, store.Token{ID: t.ID, Label: t.Label, Owner: t.Owner, Role: string(t.Role), Domains: t.Domains,
		Write: t.Write, Secret: g.secret, Created: t.Created, Expires: t.Expires})
	if err != nil {
		return "", Token{}, err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.addGrant(g)
	return secret, t, nil
}

// checkToken checks what a token says by itself.
func checkToken(t Token) (Token, error) {
	unprintable := func(r rune) bool { return !unicode.IsPrint(r) }
	if n := utf8.RuneCountInString(t.Label); n < 1 || n > maxLabel {
		return t, &FieldError{"label", fmt.Sprintf("has %d characters; take 1 to %d", n, maxLabel)}
	}
	if !utf8.ValidString(t.Label) || strings.ContainsFunc(t.Label, unprintable) {
		return t, &FieldError{"label", "has characters that can't be printed"}
	}
	domains, err := scope(t.Role, t.Domains)
	if err != nil {
		return t, err
	}
	t.Domains = domains
	if t.Owner != "" {
		if t.Owner, err = foldName(t.Owner); err != nil {
			return t, &FieldError{"owner", "is not the name of a user"}
		}
	}
	if !t.Expires.IsZero() {
		t.Expires = t.Expires.UTC().Truncate(time.Millisecond)
		if !t.Expires.After(time.Now()) {
			return t, &FieldError{"expires", "has passed; take a time to come, or leave it out"}
		}
	}
	return t, nil
}

// mayCreate says whether the owner and the bounds allow a token. It is called with change held.
func (a *Access) mayCreate(t Token) error {
	a.mu.RLock()
	defer a.mu.RUnlock()
	if len(a.tokens) >= maxTokens {
		return &FieldError{"label", fmt.Sprintf("is one too many: there are %d tokens; delete one first", maxTokens)}
	}
	if err := a.roomFor(len(t.Domains)); err != nil {
		return err
	}
	if t.Owner == "" {
		if t.Role == RoleDomain && len(t.Domains) == 0 {
			return &FieldError{"domains", "are missing; a token without an owner needs some"}
		}
		return nil
	}
	return a.ownerMay(t)
}

// ownerMay says whether a token's owner is there, has room for it, and may what it says.
func (a *Access) ownerMay(t Token) error {
	u := a.users[t.Owner]
	if u == nil {
		return &FieldError{"owner", fmt.Sprintf("is %s, and there is no such user", t.Owner)}
	}
	n := 0
	for _, g := range a.tokens {
		if g.Owner == t.Owner {
			n++
		}
	}
	switch {
	case n >= maxTokensOwner:
		return &FieldError{"owner", fmt.Sprintf("has %d tokens already; delete one first", maxTokensOwner)}
	case u.Role == RoleAdmin && t.Role == RoleDomain && len(t.Domains) == 0:
		return &FieldError{"domains", "are missing, and the owner is an admin, who has none of their own; name some"}
	case u.Role == RoleAdmin:
		return nil
	case t.Role == RoleAdmin:
		return &FieldError{"role", "is more than the owner may"}
	}
	for _, d := range t.Domains {
		if _, found := slices.BinarySearch(u.Domains, d); !found {
			return &FieldError{"domains", fmt.Sprintf("have %s, which is not among those of the owner", d)}
		}
	}
	return nil
}

// DeleteToken revokes a token, which ends at once. The error is ErrNotFound.
func (a *Access) DeleteToken(ctx context.Context, id string) error {
	a.change.Lock()
	defer a.change.Unlock()
	a.mu.RLock()
	g := a.tokens[id]
	a.mu.RUnlock()
	if g == nil {
		return ErrNotFound
	}
	if err := a.store.DeleteToken(ctx, id); err != nil && !errors.Is(err, store.ErrNotFound) {
		return err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.dropGrant(g)
	return nil
}

const base62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

// newSecret returns a new secret. Octets that would make some characters likelier than others are drawn again.
func newSecret() (string, error) {
	secret := []byte(secretPrefix)
	var b [2 * secretChars]byte
	for {
		if _, err := rand.Read(b[:]); err != nil {
			return "", err
		}
		for _, c := range b {
			if c < 4*62 {
				secret = append(secret, base62[c%62])
			}
			if len(secret) == len(secretPrefix)+secretChars {
				return string(secret), nil
			}
		}
	}
}
