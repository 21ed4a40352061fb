package access_test

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"callout/internal/access"
	"callout/internal/store"
)

func TestCreateToken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t)
		now := time.Now().UTC()
		in := access.Token{ID: "mine", Label: "Panel ü", Role: access.RoleDomain, Domains: []string{"b.example", "Bücher.example"},
			Write: true, Created: now.Add(-time.Hour), Expires: now.Add(time.Hour), LastUsed: now}
		secret, made, err := h.CreateToken(t.Context(), in)
		check(t, err)
		if !regexp.MustCompile(`^callout_[0-9A-Za-z]{40}$`).MatchString(secret) {
			t.Errorf("secret %q", secret)
		}
		want := in
		want.ID, want.Created, want.LastUsed = made.ID, now, time.Time{}
		want.Domains = []string{"b.example", "xn--bcher-kva.example"}
		if made.ID == "" || made.ID == "mine" || !reflect.DeepEqual(made, want) {
			t.Errorf("made %+v, want %+v", made, want)
		}
		h.restart()
		if got, ok := h.Token(made.ID); !ok || !reflect.DeepEqual(got, want) {
			t.Errorf("after a restart: %+v, %v; want %+v", got, ok, want)
		}
		a, err := h.Authenticate(t.Context(), secret, home)
		check(t, err)
		wantActor := &access.Actor{Name: "token Panel ü", Role: access.RoleDomain, Domains: want.Domains, Token: made.ID, From: home}
		if !reflect.DeepEqual(a, wantActor) {
			t.Errorf("actor %+v, want %+v", a, wantActor)
		}
		another, _ := h.token(access.Token{Role: access.RoleAdmin})
		if another == secret {
			t.Error("two tokens have one secret")
		}
		for _, file := range []string{h.path, h.path + "-wal"} {
			data, err := os.ReadFile(file)
			check(t, err)
			if bytes.Contains(data, []byte(secret[8:])) {
				t.Errorf("%s has the secret", file)
			}
		}
	})
}

func TestCreateTokenSaysWhatIsWrong(t *testing.T) {
	h := newHouse(t)
	h.user("root")
	h.user("anna", "a.example")
	tests := []struct {
		what, field string
		token       access.Token
	}{
		{"no label", "label", access.Token{Role: access.RoleAdmin}},
		{"a long label", "label", access.Token{Role: access.RoleAdmin, Label: strings.Repeat("ü", 101)}},
		{"a line break", "label", access.Token{Role: access.RoleAdmin, Label: "a\nb"}},
		{"not UTF-8", "label", access.Token{Role: access.RoleAdmin, Label: "a\xff"}},
		{"no role", "role", access.Token{Label: "x"}},
		{"domains of an admin", "domains", access.Token{Label: "x", Role: access.RoleAdmin, Domains: []string{"a.example"}}},
		{"a bad domain", "domains", access.Token{Label: "x", Role: access.RoleDomain, Domains: []string{"-"}}},
		{"nothing to see", "domains", access.Token{Label: "x", Role: access.RoleDomain}},
		{"nothing of an admin to see", "domains", access.Token{Label: "x", Role: access.RoleDomain, Owner: "root"}},
		{"no such owner", "owner", access.Token{Label: "x", Role: access.RoleAdmin, Owner: "nobody"}},
		{"no name", "owner", access.Token{Label: "x", Role: access.RoleAdmin, Owner: "a b"}},
		{"a role above the owner's", "role", access.Token{Label: "x", Role: access.RoleAdmin, Owner: "anna"}},
		{"a foreign domain", "domains",
			access.Token{Label: "x", Role: access.RoleDomain, Owner: "anna", Domains: []string{"a.example", "b.example"}}},
		{"expired", "expires", access.Token{Label: "x", Role: access.RoleAdmin, Expires: time.Now()}},
	}
	for _, tt := range tests {
		secret, _, err := h.CreateToken(t.Context(), tt.token)
		wantField(t, tt.what, err, tt.field)
		if secret != "" {
			t.Errorf("%s: there is a secret", tt.what)
		}
	}
	if all := h.Tokens(""); len(all) != 0 {
		t.Errorf("there are tokens: %+v", all)
	}
	h.token(access.Token{Label: strings.Repeat("ü", 100), Role: access.RoleDomain, Owner: "Anna", Domains: []string{"A.example"}})
}

// A token never may more than its owner at the moment.
func TestATokenIsBoundedByItsOwner(t *testing.T) {
	type scope struct {
		role    access.Role
		domains []string
	}
	admin := scope{role: access.RoleAdmin}
	domains := func(names ...string) scope { return scope{access.RoleDomain, names} }
	tests := []struct {
		name              string
		made, token, then scope // the owner when it is made, the token, the owner afterwards
		want              scope
	}{
		{"an admin's", admin, admin, admin, admin},
		{"an admin's for a domain", admin, domains("a.example"), admin, domains("a.example")},
		{"admin no more", admin, admin, domains("a.example", "b.example"), domains("a.example", "b.example")},
		{"admin no more, for a domain", admin, domains("a.example", "c.example"), domains("a.example"), domains("a.example")},
		{"admin no more, for another", admin, domains("c.example"), domains("a.example"), domains()},
		{"all of the owner's", domains("a.example"), domains(), domains("a.example", "b.example"),
			domains("a.example", "b.example")},
		{"a domain taken away", domains("a.example", "b.example"), domains("a.example", "b.example"), domains("b.example"),
			domains("b.example")},
		{"the last domain taken away", domains("a.example"), domains("a.example"), domains(), domains()},
		{"a domain given", domains("a.example"), domains("a.example"), domains("a.example", "b.example"), domains("a.example")},
		{"an admin now", domains("a.example"), domains("a.example"), admin, domains("a.example")},
		{"an admin now, all of the owner's", domains("a.example"), domains(), admin, domains()},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			h := newHouse(t)
			h.user("root")
			own := func(s scope) {
				t.Helper()
				change := access.UserChange{Role: s.role, Domains: s.domains, Password: password}
				if _, there := h.User("anna"); there {
					change.Domains = append([]string{}, s.domains...) // also none
					_, err := h.ChangeUser(t.Context(), "anna", change)
					check(t, err)
					return
				}
				_, err := h.PutUser(t.Context(), "anna", change)
				check(t, err)
			}
			own(tt.made)
			secret, made := h.token(access.Token{Owner: "anna", Role: tt.token.role, Domains: tt.token.domains})
			own(tt.then)
			for restarts := range 2 {
				if restarts > 0 {
					h.restart()
				}
				a, err := h.Authenticate(t.Context(), secret, home)
				check(t, err)
				if a.Name != "anna" || a.Role != tt.want.role || !slices.Equal(a.Domains, tt.want.domains) || !a.ReadOnly ||
					a.Token != made.ID {
					t.Errorf("actor %+v, want %+v", a, tt.want)
				}
				for _, d := range []string{"a.example", "b.example", "c.example"} {
					if want := a.Admin() || slices.Contains(tt.want.domains, d); a.Sees(d) != want {
						t.Errorf("sees %s: %v", d, !want)
					}
				}
				if got, _ := h.Token(made.ID); got.Role != tt.token.role || !slices.Equal(got.Domains, tt.token.domains) {
					t.Errorf("the token itself has changed to %+v", got)
				}
			}
		})
	}
}

func TestTokensEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t)
		expiring, _ := h.token(access.Token{Role: access.RoleAdmin, Expires: time.Now().Add(time.Hour)})
		revoked, made := h.token(access.Token{Role: access.RoleAdmin, Write: true})
		time.Sleep(time.Hour - time.Millisecond)
		for _, secret := range []string{expiring, revoked} {
			a, err := h.Authenticate(t.Context(), secret, home)
			check(t, err)
			if !a.Admin() || a.ReadOnly != (secret == expiring) {
				t.Errorf("actor %+v", a)
			}
		}
		time.Sleep(time.Millisecond)
		_, err := h.Authenticate(t.Context(), expiring, home)
		wantErr(t, "expired", err, access.ErrToken)
		check(t, h.DeleteToken(t.Context(), made.ID))
		wantErr(t, "delete again", h.DeleteToken(t.Context(), made.ID), access.ErrNotFound)
		if _, ok := h.Token(made.ID); ok || len(h.Tokens("")) != 1 {
			t.Errorf("tokens %+v", h.Tokens(""))
		}
		for range 2 {
			_, err = h.Authenticate(t.Context(), revoked, home)
			wantErr(t, "revoked", err, access.ErrToken)
			h.restart()
		}
	})
}

func TestBadTokensWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t)
		h.user("anna")
		secret, _ := h.token(access.Token{Role: access.RoleAdmin})
		for _, bad := range []string{"", "x", secret + "x", secret[:47] + "!", strings.Repeat("x", 1<<20)} {
			_, err := h.Authenticate(t.Context(), bad, home)
			wantErr(t, fmt.Sprintf("%.50q", bad), err, access.ErrToken)
		}
		_, err := h.Authenticate(t.Context(), "x", home)
		wantThrottled(t, "a sixth", err, time.Second)
		// One bad script does not stop the good ones beside it, nor people at the same address.
		_, err = h.Authenticate(t.Context(), secret, home)
		check(t, err)
		_, err = h.Login(t.Context(), "anna", password, home)
		check(t, err)
		_, err = h.Authenticate(t.Context(), "x", "192.0.2.2")
		wantErr(t, "another address", err, access.ErrToken)
		time.Sleep(time.Second)
		_, err = h.Authenticate(t.Context(), "x", home)
		wantErr(t, "after the wait", err, access.ErrToken)
		_, err = h.Authenticate(t.Context(), "x", home)
		wantThrottled(t, "again", err, 2*time.Second)
	})
}

// When a token was used is known at once, and written a moment later: a request costs no I/O.
func TestLastUsedIsWrittenBehind(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t)
		secret, made := h.token(access.Token{Role: access.RoleAdmin})
		unused, _ := h.token(access.Token{Role: access.RoleAdmin})
		_ = unused
		stored := func() (used []time.Time) {
			t.Helper()
			all, err := h.store.Tokens(t.Context())
			check(t, err)
			for _, s := range all {
				if s.ID == made.ID {
					used = append(used, s.LastUsed)
				} else if !s.LastUsed.IsZero() {
					t.Errorf("a token that nobody used was used at %s", s.LastUsed)
				}
			}
			return used
		}
		time.Sleep(time.Second)
		_, err := h.Authenticate(t.Context(), secret, home)
		check(t, err)
		used := time.Now().UTC()
		if got, _ := h.Token(made.ID); !got.LastUsed.Equal(used) || !h.Tokens("")[0].LastUsed.Equal(used) &&
			!h.Tokens("")[1].LastUsed.Equal(used) {
			t.Errorf("last used %s, want %s", got.LastUsed, used)
		}
		if got := stored(); !got[0].IsZero() {
			t.Errorf("written at once: %s", got)
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		if got := stored(); !got[0].Equal(used) {
			t.Errorf("after a minute the store has %s, want %s", got, used)
		}
		_, err = h.Authenticate(t.Context(), secret, home)
		check(t, err)
		used = time.Now().UTC()
		h.restart() // writes what is pending
		if got, _ := h.Token(made.ID); !got.LastUsed.Equal(used) {
			t.Errorf("after a restart %s, want %s", got.LastUsed, used)
		}
	})
}

// What can't be written waits for the next time.
func TestLastUsedOutlivesAFailingStore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t)
		h.user("anna")
		secret, made := h.token(access.Token{Role: access.RoleAdmin})
		time.Sleep(time.Second)
		_, err := h.Authenticate(t.Context(), secret, home)
		check(t, err)
		_, err = h.Login(t.Context(), "anna", password, home)
		check(t, err)
		used := time.Now().UTC()
		h.store.fail(errors.New("disk full"))
		time.Sleep(time.Minute)
		synctest.Wait()
		if log := h.log.String(); !strings.Contains(log, "level=WARN") || !strings.Contains(log, "disk full") {
			t.Errorf("log %q", log)
		}
		h.store.fail(nil)
		time.Sleep(time.Minute)
		synctest.Wait()
		h.restart()
		token, _ := h.Token(made.ID)
		if u, _ := h.User("anna"); !token.LastUsed.Equal(used) || !u.LastLogin.Equal(used) {
			t.Errorf("last used %s, last login %s; want %s", token.LastUsed, u.LastLogin, used)
		}
	})
}

// The store removes both together; should it ever have a token alone, that is nobody's.
func TestATokenWithoutItsOwnerDoesNotCount(t *testing.T) {
	h := newHouse(t)
	secret := "callout_" + strings.Repeat("x", 40)
	check(t, h.store.AddToken(t.Context(), store.Token{ID: "k1", Label: "x", Owner: "gone", Role: "admin",
		Secret: sha256.Sum256([]byte(secret))}))
	h.restart()
	_, err := h.Authenticate(t.Context(), secret, home)
	wantErr(t, "token of nobody", err, access.ErrToken)
	if all := h.Tokens(""); len(all) != 0 {
		t.Errorf("tokens %+v", all)
	}
}

func TestTokensOfAnOwner(t *testing.T) {
	h := newHouse(t)
	h.user("anna", "a.example")
	for i := range 100 {
		h.token(access.Token{Label: fmt.Sprint(i), Owner: "anna", Role: access.RoleDomain})
	}
	_, _, err := h.CreateToken(t.Context(), access.Token{Label: "x", Owner: "anna", Role: access.RoleDomain})
	wantField(t, "one too many", err, "owner")
	h.token(access.Token{Label: "x", Role: access.RoleAdmin})
	all, hers := h.Tokens(""), h.Tokens("Anna")
	if len(all) != 101 || len(hers) != 100 || len(h.Tokens("bert")) != 0 || len(h.Tokens("a b")) != 0 {
		t.Errorf("%d tokens, %d of them hers", len(all), len(hers))
	}
	if !slices.IsSortedFunc(hers, func(a, b access.Token) int { return strings.Compare(a.Label, b.Label) }) {
		t.Error("they are in no order")
	}
}
