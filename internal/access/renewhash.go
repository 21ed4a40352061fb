package access

import "context"

// renewHash hashes a password anew that has just been found right, where its stored hash was made at another cost than
// passwords have now. It stays the same password for sessions, which live on, and nobody has changed anything that the
// audit log would tell. A password that was set meanwhile stays. The login has succeeded, whatever becomes of this.
func (a *Access) renewHash(ctx context.Context, found *account, password string) {
	if c, _, _, err := parseHash(found.hash); err != nil || c == a.cost {
		return
	}
	if err := a.storeAnew(ctx, found, password); err != nil && ctx.Err() == nil {
		a.log.Warn("a password keeps its hash of another cost until the next login", "user", found.Name, "error", err)
	}
}

func (a *Access) storeAnew(ctx context.Context, found *account, password string) error {
	if err := a.beginHashing(ctx); err != nil {
		return err
	}
	hash, err := hashPassword(password, a.cost)
	a.endHashing()
	if err != nil {
		return err
	}
	a.change.Lock()
	defer a.change.Unlock()
	u, ok := a.account(found.Name)
	if !ok || u.hash != found.hash { // another password, or another login has been here
		return nil
	}
	u.hash = hash
	return a.put(ctx, u)
}
