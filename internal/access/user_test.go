package access_test

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"callout/internal/access"
)

func TestPutUserMakesAndChangesOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t)
		if h.HasUsers() {
			t.Error("an empty store has users")
		}
		h.user("root")
		began := time.Now().UTC()
		change := access.UserChange{Role: access.RoleDomain, Domains: []string{"b.example", "Bücher.example", "B.example"},
			Password: password}
		created, err := h.PutUser(t.Context(), "Anna.B@x", change)
		check(t, err)
		want := access.User{Name: "anna.b@x", Role: access.RoleDomain, Domains: []string{"b.example", "xn--bcher-kva.example"},
			Created: began, PasswordSet: began}
		if got, ok := h.User("ANNA.b@x"); !created || !ok || !reflect.DeepEqual(got, want) {
			t.Errorf("created %v, user %+v, %v; want %+v", created, got, ok, want)
		}
		time.Sleep(time.Hour)
		change.Domains, change.Password = []string{"c.example"}, ""
		for range 2 {
			created, err = h.PutUser(t.Context(), "anna.b@x", change)
			check(t, err)
			want.Domains = change.Domains
			if got, _ := h.User("anna.b@x"); created || !reflect.DeepEqual(got, want) {
				t.Errorf("created %v, user %+v; want %+v, the password as it was", created, got, want)
			}
		}
		h.restart()
		if all := h.Users(); len(all) != 2 || !reflect.DeepEqual(all[0], want) || all[1].Name != "root" || !h.HasUsers() {
			t.Errorf("users after a restart: %+v", all)
		}
		_, err = h.Login(t.Context(), "anna.b@x", password, home)
		check(t, err)
	})
}

func TestPutUserSaysWhatIsWrong(t *testing.T) {
	h := newHouse(t)
	many := make([]string, 10_001)
	for i := range many {
		many[i] = fmt.Sprintf("d%d.example", i)
	}
	domain := access.UserChange{Role: access.RoleDomain, Domains: []string{"a.example"}, Password: password}
	with := func(f func(*access.UserChange)) access.UserChange {
		c := domain
		f(&c)
		return c
	}
	tests := []struct {
		what, name, field string
		change            access.UserChange
	}{
		{"no name", "", "name", domain},
		{"a long name", strings.Repeat("a", 65), "name", domain},
		{"a space", "a b", "name", domain},
		{"another script", "jürgen", "name", domain},
		{"markup", "<b>", "name", domain},
		{"NUL", "a\x00", "name", domain},
		{"no password", "anna", "password", with(func(c *access.UserChange) { c.Password = "" })},
		{"a short password", "anna", "password", with(func(c *access.UserChange) { c.Password = "123456789" })},
		{"a long password", "anna", "password", with(func(c *access.UserChange) { c.Password = strings.Repeat("x", 257) })},
		{"no role", "anna", "role", with(func(c *access.UserChange) { c.Role = "" })},
		{"another role", "anna", "role", with(func(c *access.UserChange) { c.Role = "root" })},
		{"a bad domain", "anna", "domains", with(func(c *access.UserChange) { c.Domains = []string{"a..example"} })},
		{"no domains", "anna", "domains", with(func(c *access.UserChange) { c.Domains = nil })},
		{"many domains", "anna", "domains", with(func(c *access.UserChange) { c.Domains = many })},
		{"an admin's domains", "anna", "domains",
			with(func(c *access.UserChange) { c.Role, c.Domains = access.RoleAdmin, []string{"a.example"} })},
	}
	for _, tt := range tests {
		_, err := h.PutUser(t.Context(), tt.name, tt.change)
		wantField(t, tt.what, err, tt.field)
	}
	if h.HasUsers() {
		t.Errorf("there are users: %+v", h.Users())
	}
	for _, p := range []string{"0123456789", strings.Repeat("x", 256)} { // the bounds themselves
		domain.Password = p
		_, err := h.PutUser(t.Context(), strings.Repeat("z", 64), domain)
		check(t, err)
	}
}

func TestTheLastAdminStays(t *testing.T) {
	h := newHouse(t)
	h.user("root")
	h.user("anna", "a.example")
	demoted := access.UserChange{Role: access.RoleDomain, Domains: []string{"a.example"}}
	wantErr(t, "delete", h.DeleteUser(t.Context(), "root"), access.ErrLastAdmin)
	_, err := h.PutUser(t.Context(), "root", demoted)
	wantErr(t, "demote", err, access.ErrLastAdmin)
	h.restart()
	if u, ok := h.User("root"); !ok || u.Role != access.RoleAdmin {
		t.Errorf("the admin is %+v, %v", u, ok)
	}
	h.user("bert")
	_, err = h.PutUser(t.Context(), "root", demoted)
	check(t, err)
	wantErr(t, "delete the other", h.DeleteUser(t.Context(), "bert"), access.ErrLastAdmin)
	check(t, h.DeleteUser(t.Context(), "root"))
	check(t, h.DeleteUser(t.Context(), "ANNA"))
	for _, name := range []string{"anna", "nobody", "a b"} {
		wantErr(t, "delete "+name, h.DeleteUser(t.Context(), name), access.ErrNotFound)
	}
}

// Who is deleted and made anew has nothing of the one before.
func TestDeletingAUserEndsTokensAndSessions(t *testing.T) {
	h := newHouse(t)
	h.user("root")
	anna := h.user("anna", "a.example")
	secret, _ := h.token(access.Token{Owner: "anna", Role: access.RoleDomain})
	others, _ := h.token(access.Token{Owner: "root", Role: access.RoleAdmin})
	b := newBrowser(h)
	b.enter(anna)
	b.wantUser("anna")
	check(t, h.DeleteUser(t.Context(), "anna"))
	for range 2 {
		_, err := h.Authenticate(t.Context(), secret, home)
		wantErr(t, "token of a deleted user", err, access.ErrToken)
		_, err = h.Authenticate(t.Context(), others, home)
		check(t, err)
		b.wantUser("")
		if len(h.Tokens("anna")) != 0 || len(h.Tokens("")) != 1 {
			t.Errorf("tokens %+v", h.Tokens(""))
		}
		h.user("anna", "a.example")
		b.wantUser("")
		h.restart()
		b.restarted()
	}
	_, err := h.Login(t.Context(), "anna", password, home)
	check(t, err)
}

// Sessions are told apart by when the password was set, so a new one never has the time of the old.
func TestANewPasswordHasATimeOfItsOwn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t)
		first, second := h.user("anna"), h.user("anna")
		if !second.PasswordSet.After(first.PasswordSet) {
			t.Errorf("set at %s and then at %s", first.PasswordSet, second.PasswordSet)
		}
	})
}
