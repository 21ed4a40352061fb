package access

import (
	"context"
	"errors"
	"fmt"
	"time"

	"callout/internal/store"
)

// PutUser makes a user, or makes an existing one what the change says; tokens that the user owns may no more than the
// user at once. A new password ends the user's sessions. The error is a *FieldError, or ErrLastAdmin.
func (a *Access) PutUser(ctx context.Context, name string, c UserChange) (created bool, err error) {
	if name, err = foldName(name); err != nil {
		return false, err
	}
	if c.Domains, err = scope(c.Role, c.Domains); err != nil {
		return false, err
	}
	if err := needsDomains(c.Role, c.Domains); err != nil {
		return false, err
	}
	hash, err := a.hashOf(ctx, c.Password)
	if err != nil {
		return false, err
	}
	a.change.Lock()
	defer a.change.Unlock()
	u, there := a.account(name)
	return !there, a.become(ctx, name, u, there, c, hash)
}

// hashOf returns the hash of a password that is to be set, "" for none.
func (a *Access) hashOf(ctx context.Context, password string) (string, error) {
	if password == "" {
		return "", nil
	}
	return a.newPassword(ctx, password)
}

// become makes a user what a change says, whose domains have been checked, with a password's hash, "" to leave the one
// that is there. It is called with change held.
func (a *Access) become(ctx context.Context, name string, u account, there bool, c UserChange, hash string) error {
	if err := a.mayPut(name, there, c.Role, len(c.Domains)); err != nil {
		return err
	}
	if u.Role == RoleAdmin {
		if err := needsDomains(c.Role, c.Domains); err != nil {
			return err
		}
	}
	if !there {
		if hash == "" {
			return &FieldError{"password", "is missing; a new user needs one"}
		}
		u.Name, u.Created = name, now()
	}
	u.Role, u.Domains = c.Role, c.Domains
	if hash != "" {
		return a.putPassword(ctx, u, hash)
	}
	return a.put(ctx, u)
}

// mayPut says whether the bounds allow a user, and whether an admin is left. It is called with change held.
func (a *Access) mayPut(name string, there bool, role Role, domains int) error {
	a.mu.RLock()
	defer a.mu.RUnlock()
	if !there && len(a.users) >= maxUsers {
		return &FieldError{"name", fmt.Sprintf("is one too many: there are %d users; delete one first", maxUsers)}
	}
	if role != RoleAdmin && a.lastAdmin(name) {
		return ErrLastAdmin
	}
	if there {
		domains -= len(a.users[name].Domains)
	}
	return a.roomFor(domains)
}

// roomFor says whether so many domains more may be named. It is called with mu held.
func (a *Access) roomFor(domains int) error {
	for _, u := range a.users {
		domains += len(u.Domains)
	}
	for _, t := range a.tokens {
		domains += len(t.Domains)
	}
	if domains > maxAllDomains {
		return &FieldError{"domains", fmt.Sprintf("of all users and tokens are over %d; name fewer", maxAllDomains)}
	}
	return nil
}

// lastAdmin says whether a user is the only admin. It is called with mu held.
func (a *Access) lastAdmin(name string) bool {
	if u := a.users[name]; u == nil || u.Role != RoleAdmin {
		return false
	}
	for _, u := range a.users {
		if u.Role == RoleAdmin && u.Name != name {
			return false
		}
	}
	return true
}

// putPassword gives a user a new password and ends the sessions that the old one began. The time when it was set is
// what a session is checked against, so it never stays the same.
func (a *Access) putPassword(ctx context.Context, u account, hash string) error {
	u.hash = hash
	if set := now(); set.After(u.PasswordSet) {
		u.PasswordSet = set
	} else {
		u.PasswordSet = u.PasswordSet.Add(time.Millisecond)
	}
	if err := a.put(ctx, u); err != nil {
		return err
	}
	a.logins.forget(u.Name)
	a.changes.forget(u.Name)
	if err := a.store.DeleteSessions(ctx, u.Name); err != nil {
		a.log.Warn("ended sessions stay in the store until they expire", "user", u.Name, "error", err)
	}
	return nil
}

// put keeps a user. It is called with change held.
func (a *Access) put(ctx context.Context, u account) error {
	err := a.store.PutUser(ctx, store.User{Name: u.Name, Role: string(u.Role), Domains: u.Domains, Password: u.hash,
		Created: u.Created, PasswordSet: u.PasswordSet, LastLogin: u.LastLogin})
	if err != nil {
		return err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if was := a.users[u.Name]; was != nil {
		u.LastLogin = was.LastLogin // who logged in meanwhile
	}
	a.users[u.Name] = &u
	a.bindOwned(u.Name)
	return nil
}

// DeleteUser removes a user with tokens and sessions, which end at once. The error is ErrNotFound or ErrLastAdmin.
func (a *Access) DeleteUser(ctx context.Context, name string) error {
	name, err := foldName(name)
	if err != nil {
		return ErrNotFound
	}
	a.change.Lock()
	defer a.change.Unlock()
	a.mu.RLock()
	there, last := a.users[name] != nil, a.lastAdmin(name)
	a.mu.RUnlock()
	switch {
	case !there:
		return ErrNotFound
	case last:
		return ErrLastAdmin
	}
	if err := a.store.DeleteUser(ctx, name); err != nil && !errors.Is(err, store.ErrNotFound) {
		return err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.users, name)
	delete(a.loggedIn, name)
	for _, t := range a.tokens {
		if t.Owner == name {
			a.dropGrant(t)
		}
	}
	return nil
}
