package access

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"callout/internal/address"
)

// User is someone who may log in.
type User struct {
	Name        string    `json:"name"`
	Role        Role      `json:"role"`
	Domains     []string  `json:"domains,omitempty"` // of RoleDomain: lower-case A-labels, sorted; not changed by who reads it
	Created     time.Time `json:"created"`
	PasswordSet time.Time `json:"password_set"`
	LastLogin   time.Time `json:"last_login,omitzero"`
}

// UserChange is what a user is to be. An empty Password leaves the one that is there; ChangeUser says what else may be
// left out.
type UserChange struct {
	Role     Role
	Domains  []string
	Password string // 10 to 256 octets
}

// maxName is the longest name of a user in octets.
const maxName = 64

// foldName returns the name of a user in lower case, "" with an error where it can't be one.
func foldName(name string) (string, error) {
	if len(name) < 1 || len(name) > maxName {
		return "", &FieldError{"name", fmt.Sprintf("has %d characters; take 1 to %d", len(name), maxName)}
	}
	folded := address.Fold(name)
	for _, c := range []byte(folded) {
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && !strings.ContainsRune("._-@", rune(c)) {
			return "", &FieldError{"name", "has other characters than letters, digits and . _ - @"}
		}
	}
	return folded, nil
}

// scope checks a role and its domains, and returns the domains as A-labels, sorted.
func scope(role Role, domains []string) ([]string, error) {
	if role == RoleAdmin && len(domains) == 0 {
		return nil, nil
	}
	switch {
	case role == RoleAdmin:
		return nil, &FieldError{"domains", "are given for an admin, who sees every domain; leave them out"}
	case role != RoleDomain:
		return nil, &FieldError{"role", fmt.Sprintf("is %q; take %q or %q", role, RoleAdmin, RoleDomain)}
	case len(domains) > maxDomains:
		return nil, &FieldError{"domains", fmt.Sprintf("are %d; take %d at most", len(domains), maxDomains)}
	}
	var parsed []string
	for _, d := range domains {
		p, err := address.ParseDomain(d)
		if err != nil {
			return nil, &FieldError{"domains", err.Error()}
		}
		parsed = append(parsed, p)
	}
	slices.Sort(parsed)
	return slices.Compact(parsed), nil
}

// HasUsers says whether there is any user.
func (a *Access) HasUsers() bool {
	a.mu.RLock()
	defer a.mu.RUnlock()
	return len(a.users) > 0
}

// Users returns all users in the order of their names.
func (a *Access) Users() []User {
	a.mu.RLock()
	defer a.mu.RUnlock()
	all := make([]User, 0, len(a.users))
	for _, u := range a.users {
		all = append(all, u.User)
	}
	slices.SortFunc(all, func(x, y User) int { return strings.Compare(x.Name, y.Name) })
	return all
}

// User returns one user; ok is false where there is none.
func (a *Access) User(name string) (u User, ok bool) {
	name, _ = foldName(name)
	found, ok := a.account(name)
	return found.User, ok
}

// account returns the account of a folded name.
func (a *Access) account(name string) (account, bool) {
	a.mu.RLock()
	defer a.mu.RUnlock()
	if u := a.users[name]; u != nil {
		return *u, true
	}
	return account{}, false
}

// now is the time as it is stored.
func now() time.Time { return time.Now().UTC().Truncate(time.Millisecond) }
