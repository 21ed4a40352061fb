package storetest

import (
	"errors"
	"fmt"
	"reflect"
	"testing"
	"time"

	"callout/internal/store"
)

// ClosableAccounts is a store.Accounts that can be closed and opened again.
type ClosableAccounts interface {
	store.Accounts
	Close() error
}

// AccountsPlace opens the store.Accounts of one place, as Place does.
type AccountsPlace func(t *testing.T) ClosableAccounts

// RunAccounts runs the suite for a store.Accounts. fresh makes a place with nothing in it.
func RunAccounts(t *testing.T, fresh func(t *testing.T) AccountsPlace) {
	tests := []struct {
		name string
		test func(t *testing.T, open AccountsPlace)
	}{
		{"users are kept", usersAreKept},
		{"tokens are kept", tokensAreKept},
		{"deleting a user drops its tokens and sessions", deletingUserDrops},
		{"what was used", whatWasUsed},
		{"sessions are kept", sessionsAreKept},
		{"sessions are bounded", sessionsAreBounded},
		{"sessions expire", sessionsExpire},
		{"the audit log is kept", auditIsKept},
		{"the audit log is bounded", auditIsBounded},
		{"the audit log is bounded by kind", auditIsBoundedByKind},
		{"the audit log with filters", auditFilters},
		{"the audit log while it grows", auditGrows},
		{"the audit log with a bad cursor", auditBadCursor},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			tt.test(t, fresh(t))
		})
	}
}

// user makes a user of a.example.
func user(name string) store.User {
	return store.User{Name: name, Role: "domain", Domains: []string{domain, "b.example"}, Password: "$hash$of " + name,
		Created: noon, PasswordSet: noon.Add(7 * time.Millisecond)}
}

// token makes a token of a user; what is in id tells its secret from others.
func token(id, owner string) store.Token {
	t := store.Token{ID: id, Label: "panel ü", Owner: owner, Role: "domain", Domains: []string{domain}, Write: true,
		Created: noon, Expires: noon.Add(time.Hour)}
	copy(t.Secret[:], id)
	return t
}

func wantUsers(t *testing.T, s store.Accounts, want ...store.User) {
	t.Helper()
	got, err := s.Users(t.Context())
	check(t, err)
	if !reflect.DeepEqual(got, want) {
		t.Errorf("Users = %+v, want %+v", got, want)
	}
}

func wantTokens(t *testing.T, s store.Accounts, want ...store.Token) {
	t.Helper()
	got, err := s.Tokens(t.Context())
	check(t, err)
	if !reflect.DeepEqual(got, want) {
		t.Errorf("Tokens = %+v, want %+v", got, want)
	}
}

func usersAreKept(t *testing.T, open AccountsPlace) {
	s := opened(t, open)
	wantUsers(t, s)
	anna, bert := user("anna"), user("bert")
	bert.Role, bert.Domains, bert.LastLogin = "admin", nil, noon.Add(time.Minute)
	for _, u := range []store.User{bert, anna} {
		check(t, s.PutUser(t.Context(), u))
	}
	s = reopened(t, open, s)
	wantUsers(t, s, anna, bert)
	// Of one that is there, when it was made and logged in stays.
	changed := bert
	changed.Role, changed.Domains, changed.Password = "domain", []string{"c.example"}, "another"
	changed.PasswordSet = noon.Add(time.Hour)
	put := changed
	put.Created, put.LastLogin = noon.Add(time.Hour), time.Time{}
	check(t, s.PutUser(t.Context(), put))
	s = reopened(t, open, s)
	wantUsers(t, s, anna, changed)
	check(t, s.DeleteUser(t.Context(), "anna"))
	if err := s.DeleteUser(t.Context(), "anna"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("DeleteUser of none = %v, want ErrNotFound", err)
	}
	s = reopened(t, open, s)
	wantUsers(t, s, changed)
}

func tokensAreKept(t *testing.T, open AccountsPlace) {
	s := opened(t, open)
	wantTokens(t, s)
	a, b := token("a", "anna"), token("b", "")
	b.Role, b.Domains, b.Write, b.Expires = "admin", nil, false, time.Time{}
	for _, k := range []store.Token{b, a} {
		check(t, s.AddToken(t.Context(), k))
	}
	same := token("c", "")
	same.Secret = a.Secret
	for _, k := range []store.Token{a, same} {
		if err := s.AddToken(t.Context(), k); err == nil {
			t.Errorf("a second token with id %s and secret %x is kept", k.ID, k.Secret)
		}
	}
	s = reopened(t, open, s)
	wantTokens(t, s, a, b)
	check(t, s.DeleteToken(t.Context(), "a"))
	if err := s.DeleteToken(t.Context(), "a"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("DeleteToken of none = %v, want ErrNotFound", err)
	}
	s = reopened(t, open, s)
	wantTokens(t, s, b)
}

func deletingUserDrops(t *testing.T, open AccountsPlace) {
	s := opened(t, open)
	for _, name := range []string{"anna", "bert"} {
		check(t, s.PutUser(t.Context(), user(name)))
		check(t, s.AddToken(t.Context(), token("of "+name, name)))
		check(t, s.AddSession(t.Context(), session("of "+name, name), manySessions))
	}
	check(t, s.AddToken(t.Context(), token("nobody's", "")))
	check(t, s.DeleteUser(t.Context(), "anna"))
	s = reopened(t, open, s)
	wantUsers(t, s, user("bert"))
	wantTokens(t, s, token("nobody's", ""), token("of bert", "bert"))
	wantSessions(t, s, []string{"of bert"}, []string{"of anna"})
}

func whatWasUsed(t *testing.T, open AccountsPlace) {
	s := opened(t, open)
	anna, bert := user("anna"), user("bert")
	a, b := token("a", "anna"), token("b", "")
	check(t, s.PutUser(t.Context(), anna))
	check(t, s.PutUser(t.Context(), bert))
	check(t, s.AddToken(t.Context(), a))
	check(t, s.AddToken(t.Context(), b))
	anna.LastLogin, b.LastUsed = noon.Add(time.Minute), noon.Add(time.Hour)
	check(t, s.SetUsed(t.Context(), store.Used{
		Users:  map[string]time.Time{"anna": anna.LastLogin, "gone": noon},
		Tokens: map[string]time.Time{"b": b.LastUsed, "gone": noon},
	}))
	check(t, s.SetUsed(t.Context(), store.Used{}))
	s = reopened(t, open, s)
	wantUsers(t, s, anna, bert)
	wantTokens(t, s, a, b)
}

// manyUsers is for tests that need more than a few.
func manyUsers(n int) (names []string) {
	for i := range n {
		names = append(names, fmt.Sprintf("user%d", i))
	}
	return names
}
