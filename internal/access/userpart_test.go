package access_test

import (
	"reflect"
	"strings"
	"sync"
	"testing"

	"callout/internal/access"
)

func TestChangeUserLeavesWhatIsNotGiven(t *testing.T) {
	h := newHouse(t)
	h.user("root")
	was := h.user("anna", "a.example")
	other := "another password"
	for _, s := range []struct {
		what   string
		change access.UserChange
		role   access.Role
		want   []string
	}{
		{"domains", access.UserChange{Domains: []string{"C.example", "b.example"}}, access.RoleDomain, []string{"b.example", "c.example"}},
		{"the password", access.UserChange{Password: other}, access.RoleDomain, []string{"b.example", "c.example"}},
		{"the same role", access.UserChange{Role: access.RoleDomain}, access.RoleDomain, []string{"b.example", "c.example"}},
		{"no domains", access.UserChange{Domains: []string{}}, access.RoleDomain, nil},
		{"both", access.UserChange{Role: access.RoleDomain, Domains: []string{"d.example"}}, access.RoleDomain, []string{"d.example"}},
		{"the role", access.UserChange{Role: access.RoleAdmin}, access.RoleAdmin, nil},
		{"nothing", access.UserChange{}, access.RoleAdmin, nil},
	} {
		got, err := h.ChangeUser(t.Context(), "ANNA", s.change)
		check(t, err)
		if got.Role != s.role || len(got.Domains) != len(s.want) || len(s.want) > 0 && !reflect.DeepEqual(got.Domains, s.want) ||
			got.PasswordSet.Equal(was.PasswordSet) != (s.change.Password == "") {
			t.Errorf("%s: %+v", s.what, got)
		}
		if there, _ := h.User("anna"); !reflect.DeepEqual(there, got) {
			t.Errorf("%s: it returned %+v and there is %+v", s.what, got, there)
		}
		was = got
	}
	h.restart()
	_, err := h.Login(t.Context(), "anna", other, home)
	check(t, err)
}

func TestChangeUserSaysWhatIsWrong(t *testing.T) {
	h := newHouse(t)
	h.user("root")
	h.user("anna", "a.example")
	before := h.Users()
	for _, s := range []struct {
		name, field string
		change      access.UserChange
	}{
		{"anna", "role", access.UserChange{Role: "king"}},
		{"anna", "domains", access.UserChange{Domains: []string{"a..example"}}},
		{"anna", "domains", access.UserChange{Role: access.RoleAdmin, Domains: []string{"a.example"}}},
		{"root", "domains", access.UserChange{Domains: []string{"a.example"}}},
		{"anna", "password", access.UserChange{Password: strings.Repeat("x", 257)}},
	} {
		_, err := h.ChangeUser(t.Context(), s.name, s.change)
		wantField(t, s.name, err, s.field)
	}
	_, err := h.ChangeUser(t.Context(), "root", access.UserChange{Role: access.RoleDomain})
	wantErr(t, "the last admin", err, access.ErrLastAdmin)
	for _, name := range []string{"nobody", "a b", ""} {
		_, err := h.ChangeUser(t.Context(), name, access.UserChange{Role: access.RoleAdmin, Password: password})
		wantErr(t, name, err, access.ErrNotFound)
	}
	h.user("bert")
	_, err = h.ChangeUser(t.Context(), "bert", access.UserChange{Role: access.RoleDomain})
	wantField(t, "an admin who becomes a domain user", err, "domains")
	check(t, h.DeleteUser(t.Context(), "bert"))
	if after := h.Users(); !reflect.DeepEqual(after, before) {
		t.Errorf("users %+v, before %+v", after, before)
	}
}

func TestAddUserLeavesWhoIsThere(t *testing.T) {
	h := newHouse(t)
	root := h.user("root")
	wantErr(t, "one who is there", h.AddUser(t.Context(), "ROOT", access.UserChange{Role: access.RoleAdmin, Password: "another password"}), access.ErrThere)
	if now, _ := h.User("root"); !reflect.DeepEqual(now, root) {
		t.Errorf("%+v became %+v", root, now)
	}
	wantField(t, "no password", h.AddUser(t.Context(), "anna", access.UserChange{Role: access.RoleAdmin}), "password")
	wantField(t, "no domains", h.AddUser(t.Context(), "anna", access.UserChange{Role: access.RoleDomain, Password: password}), "domains")
	wantField(t, "no name", h.AddUser(t.Context(), "", access.UserChange{Role: access.RoleAdmin, Password: password}), "name")
	// Of many who add one at the same time, one does.
	var all sync.WaitGroup
	errs := make(chan error, 8)
	for range cap(errs) {
		all.Go(func() {
			errs <- h.AddUser(t.Context(), "anna", access.UserChange{Role: access.RoleAdmin, Password: password})
		})
	}
	all.Wait()
	close(errs)
	added := 0
	for err := range errs {
		if err == nil {
			added++
		} else {
			wantErr(t, "another", err, access.ErrThere)
		}
	}
	if added != 1 {
		t.Errorf("it was added %d times", added)
	}
}

// What different people change of a user at the same time is all there afterwards, and a user who is removed meanwhile
// stays removed.
func TestChangesOfAUserAtTheSameTimeAllCount(t *testing.T) {
	h := newHouse(t)
	h.user("root")
	for range 20 {
		was := h.user("anna", "a.example")
		var all sync.WaitGroup
		for _, c := range []access.UserChange{{Password: "another password"}, {Domains: []string{"b.example"}}} {
			all.Go(func() {
				if _, err := h.ChangeUser(t.Context(), "anna", c); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		if u, _ := h.User("anna"); !u.PasswordSet.After(was.PasswordSet) || !reflect.DeepEqual(u.Domains, []string{"b.example"}) {
			t.Fatalf("%+v", u)
		}
		all.Go(func() { check(t, h.DeleteUser(t.Context(), "anna")) })
		all.Go(func() { _, _ = h.ChangeUser(t.Context(), "anna", access.UserChange{Password: password}) })
		all.Wait()
		if u, there := h.User("anna"); there {
			t.Fatalf("%+v is back", u)
		}
	}
}
