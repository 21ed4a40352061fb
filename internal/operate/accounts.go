package operate

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"callout/internal/access"
)

// Users returns all users, for an admin.
func (k *Desk) Users(ctx context.Context, who *access.Actor) ([]access.User, error) {
	if err := k.admin(ctx, who, see, "users"); err != nil {
		return nil, err
	}
	return k.access.Users(), nil
}

// User returns one: any for an admin, themselves for others.
func (k *Desk) User(ctx context.Context, who *access.Actor, name string) (access.User, error) {
	if !who.Admin() && (name != who.Name || who.Token != "") {
		return access.User{}, k.forbid(ctx, who, see, "user "+name, "it needs the role admin; ask who runs this server")
	}
	u, ok := k.access.User(name)
	if !ok {
		return u, noUser(name)
	}
	return u, nil
}

// domainNames normalises the domains of a user or token. They need not be served yet; an alias is refused, since its
// domain decides.
func (k *Desk) domainNames(texts []string) ([]string, error) {
	var all []string
	for _, text := range texts {
		name, err := domainName(strings.TrimSpace(text))
		if err != nil {
			return nil, &Error{Unusable, err.Error(), "domains"}
		}
		if d := k.domains.Lookup(name); d != nil && d.AliasOf != "" {
			return nil, &Error{Unusable, fmt.Sprintf("%s is an alias of %s; write %s", name, d.AliasOf, d.AliasOf), "domains"}
		}
		all = append(all, name)
	}
	slices.Sort(all)
	return slices.Compact(all), nil
}

func shorten(words []string) string {
	const most = 10
	if len(words) > most {
		return strings.Join(words[:most], ", ") + fmt.Sprintf(" and %d more", len(words)-most)
	}
	return strings.Join(words, ", ")
}

// DeleteUser removes a user with their tokens and sessions.
func (k *Desk) DeleteUser(ctx context.Context, who *access.Actor, name string) error {
	if err := k.adminWrites(ctx, who, removeUser, name); err != nil {
		return err
	}
	if err := k.access.DeleteUser(ctx, name); err != nil {
		return err
	}
	k.done(ctx, who, removeUser, name, "")
	return nil
}

// ChangePassword changes the password of who asks.
func (k *Desk) ChangePassword(ctx context.Context, who *access.Actor, old, new string) error {
	if who.Token != "" || who.Via == "socket" {
		return k.forbid(ctx, who, changePassword, who.Name, "only a user who has logged in has one; log in")
	}
	err := k.access.ChangePassword(ctx, who.Name, old, new)
	if errors.Is(err, access.ErrCredentials) {
		k.refused(ctx, who, changePassword, who.Name, "the old password is wrong")
	}
	if err != nil {
		return err
	}
	k.done(ctx, who, changePassword, who.Name, "")
	return nil
}

// Tokens returns all tokens for an admin, and their own for others.
func (k *Desk) Tokens(who *access.Actor) []access.Token {
	if who.Admin() {
		return k.access.Tokens("")
	}
	if who.Token != "" { // a token sees itself
		if t, ok := k.access.Token(who.Token); ok {
			return []access.Token{t}
		}
		return nil
	}
	return k.access.Tokens(who.Name)
}

// CreateToken makes a token. Its secret is returned here and never again. An admin may make any; a domain user, for
// themselves and no more than they may; a token, none.
func (k *Desk) CreateToken(ctx context.Context, who *access.Actor, t access.Token) (secret string, made access.Token, err error) {
	if err := k.mayHold(ctx, who, &t); err != nil {
		return "", made, err
	}
	if t.Domains, err = k.domainNames(t.Domains); err != nil {
		return "", made, err
	}
	if secret, made, err = k.access.CreateToken(ctx, t); err != nil {
		return "", made, err
	}
	scope := "everything"
	if made.Role != access.RoleAdmin {
		scope = shorten(made.Domains)
	}
	may := "reading"
	if made.Write {
		may = "writing"
	}
	k.done(ctx, who, createToken, made.ID, fmt.Sprintf("%s, for %s %s", made.Label, may, scope))
	return secret, made, nil
}

// mayHold bounds a token that is to be made by what its maker may.
func (k *Desk) mayHold(ctx context.Context, who *access.Actor, t *access.Token) error {
	if who.Token != "" && !who.Admin() || who.ReadOnly {
		return k.forbid(ctx, who, createToken, t.Label, "a token makes no others; log in")
	}
	if who.Admin() {
		return nil // for whom it is, is theirs to say
	}
	t.Owner = who.Name
	if t.Role != access.RoleDomain {
		return k.forbid(ctx, who, createToken, t.Label, "its role may not be more than yours: domain")
	}
	for _, d := range t.Domains {
		if !k.isTheirs(who, d) {
			return k.forbid(ctx, who, createToken, t.Label, fmt.Sprintf("%.100q is not one of your domains", d))
		}
	}
	return nil
}

// isTheirs reports whether a name, as it was given, is that of a domain which somebody sees. One that is not served may be
// among theirs too; one that has become an alias of somebody else's domain is so no more.
func (k *Desk) isTheirs(who *access.Actor, text string) bool {
	name, err := domainName(strings.TrimSpace(text))
	if err != nil {
		return false
	}
	if d := k.domains.Lookup(name); d != nil {
		return sees(who, d)
	}
	return who.Sees(name)
}

// DeleteToken revokes a token: any for an admin, their own for others.
func (k *Desk) DeleteToken(ctx context.Context, who *access.Actor, id string) error {
	t, ok := k.access.Token(id)
	mine := who.Admin() || t.Owner != "" && t.Owner == who.Name && who.Token == ""
	if !ok || !mine {
		if !who.Admin() {
			k.refused(ctx, who, revokeToken, id, "not one of theirs")
		}
		return failure(Missing, "there is no token %.100q", id)
	}
	if err := k.writes(ctx, who, revokeToken, id); err != nil {
		return err
	}
	if err := k.access.DeleteToken(ctx, id); err != nil {
		return err
	}
	k.done(ctx, who, revokeToken, id, t.Label)
	return nil
}

// Events returns a page of the audit log, the last event first.
func (k *Desk) Events(ctx context.Context, who *access.Actor, q access.EventQuery) (page []access.Event, next string, err error) {
	if err := k.admin(ctx, who, see, "audit log"); err != nil {
		return nil, "", err
	}
	if q.Limit, err = rows(q.Limit, DefaultLimit, MaxLimit); err != nil {
		return nil, "", err
	}
	const list = "audit log"
	if q.Cursor, err = sourceOf(list, q.Cursor); err != nil {
		return nil, "", err
	}
	page, next, err = k.access.Events(ctx, q)
	return page, named(list, next), err
}
