package access_test

import (
	"bytes"
	"errors"
	"net/http"
	"os"
	"testing"
	"testing/synctest"
	"time"

	"callout/internal/access"
	"callout/internal/store"
)

func TestSessionCookie(t *testing.T) {
	h := newHouse(t)
	b := newBrowser(h)
	b.enter(h.user("anna"))
	c := b.cookie
	if c == nil || c.Name != "callout_session" || !c.HttpOnly || !c.Secure || c.SameSite != http.SameSiteLaxMode ||
		c.Path != "/" || c.Domain != "" {
		t.Errorf("cookie %+v", c)
	}
	if h.Sessions(false).Cookie.Secure {
		t.Error("the cookie is for TLS alone where there is none")
	}
	if h.store.bounds != (store.SessionBounds{User: 20, All: 100_000}) {
		t.Errorf("bounds %+v", h.store.bounds)
	}
	// What a thief of the database finds opens no session.
	for _, file := range []string{h.path, h.path + "-wal"} {
		data, err := os.ReadFile(file)
		check(t, err)
		if bytes.Contains(data, []byte(c.Value)) {
			t.Errorf("%s has the token of the session", file)
		}
	}
}

// Who plants a session's token in another's browser does not come to share the login.
func TestEnterRenewsTheToken(t *testing.T) {
	h := newHouse(t)
	b := newBrowser(h)
	b.enter(h.user("mallory", "m.example"))
	b.get(func(_ http.ResponseWriter, r *http.Request) { b.m.Put(r.Context(), "note", "planted") })
	planted := b.another()
	planted.cookie = b.cookie
	b.enter(h.user("anna"))
	if b.cookie.Value == planted.cookie.Value {
		t.Error("the token stays")
	}
	b.wantUser("anna")
	b.get(func(_ http.ResponseWriter, r *http.Request) {
		if note := b.m.GetString(r.Context(), "note"); note != "" {
			t.Errorf("the session before has left %q", note)
		}
	})
	planted.wantUser("")
}

func TestLeaveEndsTheSession(t *testing.T) {
	h := newHouse(t)
	b := newBrowser(h)
	b.enter(h.user("anna"))
	stolen := b.another()
	stolen.cookie = b.cookie
	stolen.wantUser("anna")
	b.get(func(_ http.ResponseWriter, r *http.Request) {
		check(t, h.Leave(r.Context(), b.m))
		wantOf(t, h, b.m, r, "")
	})
	if b.cookie != nil {
		t.Errorf("cookie %+v stays", b.cookie)
	}
	stolen.wantUser("")
}

// A request that is under way while its session ends does not bring it back.
func TestARequestUnderWayRevivesNoSession(t *testing.T) {
	h := newHouse(t)
	b := newBrowser(h)
	b.enter(h.user("anna"))
	same := b.another()
	same.cookie = b.cookie
	b.get(func(_ http.ResponseWriter, r *http.Request) {
		b.m.Put(r.Context(), "note", "kept at the end of the request")
		same.get(func(_ http.ResponseWriter, r *http.Request) { check(t, h.Leave(r.Context(), b.m)) })
	})
	b.wantUser("")
}

func TestANewPasswordEndsSessions(t *testing.T) {
	h := newHouse(t)
	anna := h.user("anna")
	set := map[string]func() error{
		"changed": func() error { return h.ChangePassword(t.Context(), "Anna", password, password) },
		"put": func() error {
			_, err := h.PutUser(t.Context(), "anna", access.UserChange{Role: access.RoleAdmin, Password: password})
			return err
		},
	}
	for name, f := range set {
		t.Run(name, func(t *testing.T) {
			mine, other := newBrowser(h), newBrowser(h)
			mine.enter(anna)
			other.enter(anna)
			mine.get(func(_ http.ResponseWriter, r *http.Request) {
				check(t, f())
				wantOf(t, h, mine.m, r, "")
				anna, _ = h.User("anna")
				check(t, h.Enter(r.Context(), mine.m, anna))
				wantOf(t, h, mine.m, r, "anna")
			})
			mine.wantUser("anna")
			other.wantUser("")
		})
	}
	b := newBrowser(h)
	b.enter(anna)
	_, err := h.PutUser(t.Context(), "anna", access.UserChange{Role: access.RoleAdmin})
	check(t, err)
	b.wantUser("anna") // no new password
	_, err = h.PutUser(t.Context(), "bert", access.UserChange{Role: access.RoleAdmin, Password: password})
	check(t, err)
	b.wantUser("anna") // another's
}

func TestSessionsOfAUserAreBounded(t *testing.T) {
	h := newHouse(t)
	anna := h.user("anna")
	all := []*browser{newBrowser(h)}
	for i := range 21 {
		if i > 0 {
			all = append(all, all[0].another())
		}
		all[i].enter(anna)
	}
	all[0].wantUser("")
	for _, b := range all[1:] {
		b.wantUser("anna")
	}
}

func TestSessionsEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t)
		anna := h.user("anna")
		idle, used := newBrowser(h), newBrowser(h)
		idle.enter(anna)
		used.enter(anna)
		time.Sleep(12*time.Hour - time.Second)
		used.wantUser("anna")
		time.Sleep(time.Second)
		if idle.cookie == nil {
			t.Error("the browser has forgotten the session")
		}
		idle.wantUser("")
		for range 13 {
			time.Sleep(12*time.Hour - 2*time.Second)
			used.wantUser("anna")
		}
		time.Sleep(30 * time.Second) // 7 days are over
		used.wantUser("")
		time.Sleep(time.Hour) // by then they are purged too
		left, err := h.store.PurgeAccounts(t.Context(), time.Now(), time.Time{}, 1)
		check(t, err)
		if left {
			t.Error("expired sessions stay in the store")
		}
	})
}

// Requests are many, and a write to the disk each would be slow.
func TestSessionsAreRenewedOnceAMinute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t)
		b := newBrowser(h)
		b.enter(h.user("anna"))
		for range 30 {
			time.Sleep(4 * time.Second)
			b.wantUser("anna")
		}
		if n := h.store.renewed; n != 2 {
			t.Errorf("%d writes in two minutes", n)
		}
		b.get(func(_ http.ResponseWriter, r *http.Request) { b.m.Put(r.Context(), "note", "new") })
		b.get(func(_ http.ResponseWriter, r *http.Request) {
			if note := b.m.PopString(r.Context(), "note"); note != "new" {
				t.Errorf("note %q", note)
			}
		})
		b.get(func(_ http.ResponseWriter, r *http.Request) {
			if note := b.m.GetString(r.Context(), "note"); note != "" {
				t.Errorf("note %q comes back", note)
			}
		})
	})
}

// A login whose session can't be kept is none.
func TestEnterFailsWithTheStore(t *testing.T) {
	h := newHouse(t)
	anna := h.user("anna")
	b := newBrowser(h)
	full := errors.New("disk full")
	h.store.fail(full)
	b.get(func(_ http.ResponseWriter, r *http.Request) {
		wantErr(t, "enter", h.Enter(r.Context(), b.m, anna), full)
		wantOf(t, h, b.m, r, "")
	})
	h.store.fail(nil)
	b.wantUser("")
}

func TestStrangersHaveNoSessions(t *testing.T) {
	h := newHouse(t)
	h.user("anna")
	b := newBrowser(h)
	b.get(func(_ http.ResponseWriter, r *http.Request) {
		b.m.Put(r.Context(), "user", "anna")
		b.m.Put(r.Context(), "note", "x")
	})
	b.get(func(_ http.ResponseWriter, r *http.Request) {
		if b.m.Exists(r.Context(), "note") {
			t.Error("a session without a login is kept")
		}
	})
	b.wantUser("")
}

func TestSessionsOutliveARestart(t *testing.T) {
	h := newHouse(t)
	b := newBrowser(h)
	b.enter(h.user("anna", "a.example"))
	h.restart()
	b.restarted()
	b.wantUser("anna")
}
