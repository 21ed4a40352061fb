package access

import (
	"context"
	"time"
)

// Login checks the name and password of who comes from an IP address. The error is ErrCredentials, whatever is wrong, or
// a *ThrottledError. It writes to the audit log, as done in the web interface.
func (a *Access) Login(ctx context.Context, name, password, from string) (User, error) {
	name, _ = foldName(name) // what can't be a name is that of nobody
	u, err := a.login(ctx, name, password, pair{account: name, address: loginAddress(from)})
	switch {
	case err == nil:
		a.Record(ctx, a.ActorOf(u, "web", from), "log in", "", "", false)
	case ctx.Err() == nil:
		a.recordStranger(ctx, Event{Who: name, Via: "web", From: from, Action: "log in", Detail: err.Error()})
	}
	return u, err
}

func (a *Access) login(ctx context.Context, name, password string, p pair) (User, error) {
	if err := a.logins.check(p); err != nil {
		return User{}, err
	}
	leave, err := a.gates.enter(ctx, p.gate())
	if err != nil {
		return User{}, err
	}
	defer leave()
	found, err := a.credentials(ctx, a.logins, name, password, p)
	if err != nil {
		return User{}, err
	}
	u, err := a.noteLogin(name, found)
	if err == nil {
		a.renewHash(ctx, found, password)
	}
	return u, err
}

// credentials returns the account of a name and a password. Who fails is counted as p by a throttle.
func (a *Access) credentials(ctx context.Context, t *throttle, name, password string, p pair) (*account, error) {
	if err := a.beginHashing(ctx); err != nil {
		return nil, err
	}
	defer a.endHashing()
	if err := t.attempt(p); err != nil {
		return nil, err
	}
	a.mu.RLock()
	found := a.users[name]
	a.mu.RUnlock()
	hash := a.nobody
	if found != nil {
		hash = found.hash
	}
	right, err := checkPassword(password[:min(len(password), maxPassword+1)], hash)
	if err != nil {
		a.log.Error("a login is refused", "user", name, "error", err)
	}
	if found == nil || !right {
		return nil, ErrCredentials
	}
	t.succeeded(p)
	return found, nil
}

// noteLogin notes that a user logged in, who may have changed since the password was found right.
func (a *Access) noteLogin(name string, found *account) (User, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	u := a.users[name]
	if u == nil || !u.samePassword(found) {
		return User{}, ErrCredentials
	}
	changed := *u
	changed.LastLogin = time.Now().UTC().Truncate(time.Millisecond)
	a.users[name] = &changed
	a.loggedIn[name] = changed.LastLogin
	return changed.User, nil
}

// ChangePassword sets a user's own password, who proves to know the old one. It ends all sessions of the user; who goes
// on calls Enter anew. The error is ErrCredentials, a *ThrottledError, or a *FieldError for the new password.
func (a *Access) ChangePassword(ctx context.Context, name, old, password string) error {
	name, _ = foldName(name)
	found, err := a.credentials(ctx, a.changes, name, old, pair{account: name})
	if err != nil {
		return err
	}
	hash, err := a.newPassword(ctx, password)
	if err != nil {
		return err
	}
	return a.replacePassword(ctx, found, hash)
}

// replacePassword sets the hash of a new password, unless another has been set since the old one was found right.
func (a *Access) replacePassword(ctx context.Context, found *account, hash string) error {
	a.change.Lock()
	defer a.change.Unlock()
	now, ok := a.account(found.Name)
	if !ok || !now.samePassword(found) {
		return ErrCredentials
	}
	return a.putPassword(ctx, now, hash)
}
