package access_test

import (
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"callout/internal/access"
)

// wantStill checks who an actor still is: their domains, or with ok false nobody.
func wantStill(t *testing.T, h *house, what string, who *access.Actor, ok bool, domains ...string) *access.Actor {
	t.Helper()
	now, still := h.Still(who)
	if still != ok {
		t.Fatalf("%s: still there: %v; want %v", what, still, ok)
	}
	if !ok {
		return nil
	}
	if now.Name != who.Name || now.Via != who.Via || now.From != who.From || now.Token != who.Token {
		t.Errorf("%s: %+v is somebody else than %+v", what, now, who)
	}
	for _, d := range domains {
		if !now.Sees(d) {
			t.Errorf("%s: they do not see %s", what, d)
		}
	}
	if len(now.Domains) != len(domains) {
		t.Errorf("%s: domains %v, want %v", what, now.Domains, domains)
	}
	return now
}

func TestATokenIsThereUntilItExpiresOrIsRevoked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t)
		h.user("root")
		h.user("anna", "a.example", "b.example")
		bearer := func(one access.Token) (*access.Actor, string) {
			secret, made := h.token(one)
			who, err := h.Authenticate(t.Context(), secret, home)
			check(t, err)
			who.Via = "api"
			return who, made.ID
		}
		hers, _ := bearer(access.Token{Owner: "anna", Role: access.RoleDomain})
		short, _ := bearer(access.Token{Role: access.RoleAdmin, Expires: time.Now().Add(time.Hour)})
		long, id := bearer(access.Token{Role: access.RoleDomain, Domains: []string{"a.example"}})
		wantStill(t, h, "hers", hers, true, "a.example", "b.example")
		wantStill(t, h, "one that expires", short, true)
		h.user("anna", "b.example") // with a new password too, which is none of the token's business
		wantStill(t, h, "hers, since she may less", hers, true, "b.example")
		time.Sleep(time.Hour)
		wantStill(t, h, "an expired one", short, false)
		wantStill(t, h, "one that goes on", long, true, "a.example")
		check(t, h.DeleteToken(t.Context(), id))
		wantStill(t, h, "a revoked one", long, false)
		check(t, h.DeleteUser(t.Context(), "anna"))
		wantStill(t, h, "that of a user who is gone", hers, false)
	})
}

func TestAUserIsThereUntilTheyAreGoneOrTheirPasswordChanges(t *testing.T) {
	h := newHouse(t)
	h.user("root")
	who := h.ActorOf(h.user("anna", "a.example"), "web", home)
	wantStill(t, h, "at first", who, true, "a.example")
	_, err := h.ChangeUser(t.Context(), "anna", access.UserChange{Domains: []string{"b.example"}})
	check(t, err)
	now := wantStill(t, h, "with another domain", who, true, "b.example")
	if now.SameScope(who) || !now.SameScope(wantStill(t, h, "again", now, true, "b.example")) {
		t.Error("another domain is the same scope, or the same is another")
	}
	_, err = h.ChangeUser(t.Context(), "anna", access.UserChange{Role: access.RoleAdmin})
	check(t, err)
	if now := wantStill(t, h, "as an admin", who, true); !now.Admin() || now.SameScope(who) {
		t.Errorf("%+v", now)
	}
	anna := h.user("anna", "a.example")
	wantStill(t, h, "with another password", who, false)
	wantStill(t, h, "as they were before", now, false)
	who = h.ActorOf(anna, "web", home)
	check(t, h.DeleteUser(t.Context(), "anna"))
	wantStill(t, h, "deleted", who, false)
	wantStill(t, h, "on the socket", &access.Actor{Name: "anna", Role: access.RoleAdmin, Via: "socket"}, true)
}

func TestWhoHasLoggedOutIsNotThere(t *testing.T) {
	h := newHouse(t)
	anna := h.user("anna")
	mine, other := newBrowser(h), newBrowser(h)
	in := func(b *browser) (who *access.Actor) {
		b.enter(anna)
		b.get(func(_ http.ResponseWriter, r *http.Request) {
			who = h.InSession(r.Context(), b.m, h.ActorOf(anna, "web", home))
		})
		return who
	}
	first, elsewhere := in(mine), in(other)
	wantStill(t, h, "in a session", first, true)
	mine.get(func(_ http.ResponseWriter, r *http.Request) { check(t, h.Leave(r.Context(), mine.m)) })
	wantStill(t, h, "logged out", first, false)
	wantStill(t, h, "in another session", elsewhere, true)
	again := in(mine)
	wantStill(t, h, "logged in again", again, true)
	in(mine)
	wantStill(t, h, "in a session that another has taken the place of", again, false)
}
