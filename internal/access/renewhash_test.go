package access_test

import (
	"errors"
	"strings"
	"testing"

	"callout/internal/access"
)

// costly is another cost than cheap.
var costly = access.Cost{MemoryKiB: 16, Passes: 2, Lanes: 1}

// stored returns what the store has of a user's password.
func (h *house) stored(name string) string {
	h.t.Helper()
	users, err := h.store.Users(h.t.Context())
	check(h.t, err)
	for _, u := range users {
		if u.Name == name {
			return u.Password
		}
	}
	h.t.Fatalf("the store has no user %s", name)
	return ""
}

// costs starts the server anew, with passwords at another cost.
func (h *house) costs(c access.Cost) {
	h.t.Helper()
	h.cost = c
	h.restart()
}

// The cost of passwords rises over the years. Whoever logs in has their password at the present one from then on, and
// notices nothing of it.
func TestALoginHashesAPasswordOfAnotherCostAnew(t *testing.T) {
	h := newHouse(t)
	was := h.user("anna")
	b := newBrowser(h)
	b.enter(was)
	for _, cost := range []struct {
		access.Cost
		prefix string
	}{{costly, "$argon2id$v=19$m=16,t=2,p=1$"}, {cheap, "$argon2id$v=19$m=8,t=1,p=1$"}} {
		h.costs(cost.Cost)
		b.restarted()
		old, before := h.stored("anna"), len(h.events())
		h.fail("anna", home)
		if h.stored("anna") != old {
			t.Error("a wrong password has changed the hash")
		}
		u, err := h.Login(t.Context(), "anna", password, home)
		check(t, err)
		anew := h.stored("anna")
		if !strings.HasPrefix(anew, cost.prefix) || !u.PasswordSet.Equal(was.PasswordSet) {
			t.Errorf("the hash is %q, of a password that was set at %s; want %s…, %s", anew, u.PasswordSet, cost.prefix, was.PasswordSet)
		}
		b.wantUser("anna") // the session lives on
		if n := len(h.events()) - before; n != 2 {
			t.Errorf("%d lines in the audit log; want one of each login", n)
		}
		_, err = h.Login(t.Context(), "anna", password, home)
		check(t, err)
		if h.stored("anna") != anew || h.store.puts != 1 {
			t.Errorf("a hash of the right cost is made anew too; %d writes", h.store.puts)
		}
		h.fail("anna", home)
		h.restart()
		b.restarted()
		b.wantUser("anna")
		if got, _ := h.User("anna"); !got.PasswordSet.Equal(was.PasswordSet) || !got.LastLogin.Equal(u.LastLogin) && got.LastLogin.Before(u.LastLogin) {
			t.Errorf("after a restart: %+v", got)
		}
		_, err = h.Login(t.Context(), "anna", password, home)
		check(t, err)
	}
}

func TestALoginSucceedsThoughTheNewHashCanNotBeStored(t *testing.T) {
	h := newHouse(t)
	h.user("anna")
	h.costs(costly)
	old := h.stored("anna")
	h.store.put = errors.New("disk full")
	_, err := h.Login(t.Context(), "anna", password, home)
	check(t, err)
	if log := h.log.String(); !strings.Contains(log, "level=WARN") || !strings.Contains(log, "disk full") || !strings.Contains(log, "user=anna") {
		t.Errorf("log %q", log)
	}
	h.store.put = nil
	_, err = h.Login(t.Context(), "anna", password, home)
	check(t, err)
	if h.stored("anna") == old {
		t.Error("the next login does not make up for it")
	}
}
