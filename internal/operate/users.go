package operate

import (
	"context"
	"errors"
	"strings"

	"callout/internal/access"
)

// PutUser adds a user or makes one what a change says.
func (k *Desk) PutUser(ctx context.Context, who *access.Actor, name string, c access.UserChange) (u access.User, created bool, err error) {
	u, err = k.setUser(ctx, who, name, c, func(c access.UserChange) (err error) {
		created, err = k.access.PutUser(ctx, name, c)
		return err
	})
	return u, created && err == nil, err
}

// AddUser adds a user. The error wraps access.ErrThere where there is one already, who stays as they are.
func (k *Desk) AddUser(ctx context.Context, who *access.Actor, name string, c access.UserChange) (access.User, error) {
	return k.setUser(ctx, who, name, c, func(c access.UserChange) error { return k.access.AddUser(ctx, name, c) })
}

// ChangeUser changes of a user what is given: an empty role, domains that are nil, and an empty password leave what is
// there at that moment.
func (k *Desk) ChangeUser(ctx context.Context, who *access.Actor, name string, c access.UserChange) (access.User, error) {
	if c.Role == "" && c.Domains == nil && c.Password == "" && who.Admin() {
		return access.User{}, failure(Unusable, "nothing to change of user %.100q is given; give a role, domains or a password", name)
	}
	return k.setUser(ctx, who, name, c, func(c access.UserChange) error {
		_, err := k.access.ChangeUser(ctx, name, c)
		if errors.Is(err, access.ErrNotFound) {
			return noUser(name)
		}
		return err
	})
}

// setUser makes a change of a user, whose domains are normalised for it, and says so in the audit log.
func (k *Desk) setUser(ctx context.Context, who *access.Actor, name string, c access.UserChange, change func(access.UserChange) error) (u access.User, err error) {
	if err := k.adminWrites(ctx, who, setUser, name); err != nil {
		return u, err
	}
	none := c.Domains != nil && len(c.Domains) == 0
	if c.Domains, err = k.domainNames(c.Domains); err != nil {
		return u, err
	}
	if none {
		c.Domains = []string{}
	}
	if err := change(c); err != nil {
		return u, err
	}
	k.done(ctx, who, setUser, name, changeText(c))
	u, ok := k.access.User(name)
	if !ok { // removed again meanwhile
		return u, noUser(name)
	}
	return u, nil
}

// changeText says what is given of a user.
func changeText(c access.UserChange) string {
	var said []string
	if c.Role != "" {
		said = append(said, "role "+string(c.Role))
	}
	if len(c.Domains) > 0 {
		said = append(said, "domains "+shorten(c.Domains))
	} else if c.Domains != nil {
		said = append(said, "no domains")
	}
	if c.Password != "" {
		said = append(said, "password set")
	}
	return strings.Join(said, ", ")
}

func noUser(name string) error { return failure(Missing, "there is no user %.100q", name) }
