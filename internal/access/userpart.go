package access

import (
	"context"
	"fmt"
)

// AddUser makes a user, as PutUser does, and leaves one who is there as they are. The error is ErrThere for those, or a
// *FieldError.
func (a *Access) AddUser(ctx context.Context, name string, c UserChange) error {
	name, err := foldName(name)
	if err != nil {
		return err
	}
	if c.Domains, err = scope(c.Role, c.Domains); err != nil {
		return err
	}
	if err := needsDomains(c.Role, c.Domains); err != nil {
		return err
	}
	if _, there := a.account(name); there { // before a password is hashed for nothing
		return ErrThere
	}
	hash, err := a.hashOf(ctx, c.Password)
	if err != nil {
		return err
	}
	a.change.Lock()
	defer a.change.Unlock()
	u, there := a.account(name)
	if there {
		return ErrThere
	}
	return a.become(ctx, name, u, there, c, hash)
}

// ChangeUser changes of a user what is given, as PutUser does, and returns what they are then. An empty Role, Domains that
// are nil, and an empty Password leave what is there; who becomes an admin has no domains any more, and who ceases to be one
// needs some. Domains that are empty and not nil leave a domain user without any: they see nothing until they have some. The error is
// ErrNotFound, ErrLastAdmin or a *FieldError.
func (a *Access) ChangeUser(ctx context.Context, name string, c UserChange) (User, error) {
	name, err := foldName(name)
	if err != nil {
		return User{}, ErrNotFound
	}
	if _, there := a.account(name); !there { // before a password is hashed for nothing
		return User{}, ErrNotFound
	}
	hash, err := a.hashOf(ctx, c.Password)
	if err != nil {
		return User{}, err
	}
	a.change.Lock()
	defer a.change.Unlock()
	u, there := a.account(name)
	if !there {
		return User{}, ErrNotFound
	}
	if c.Role == "" {
		c.Role = u.Role
		if c.Role == RoleAdmin && len(c.Domains) > 0 {
			return User{}, &FieldError{"domains", fmt.Sprintf("are given, and %s is an admin, who sees every domain; give the role domain too", name)}
		}
	}
	if c.Domains == nil && c.Role != RoleAdmin {
		c.Domains = u.Domains
	}
	if c.Domains, err = scope(c.Role, c.Domains); err != nil {
		return User{}, err
	}
	if err := a.become(ctx, name, u, there, c, hash); err != nil {
		return User{}, err
	}
	u, _ = a.account(name)
	return u.User, nil
}
