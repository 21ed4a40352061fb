package access

import (
	"context"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"callout/internal/store/sqlite"
)

// withOldHash returns an Access with the user anna, whose password "correct horse" was hashed at another cost, and who she
// was when a login found it right.
func withOldHash(t *testing.T) (*Access, *account) {
	t.Helper()
	db, err := sqlite.Open(context.Background(), filepath.Join(t.TempDir(), "callout.db"))
	if err != nil {
		t.Fatal(err)
	}
	a, err := New(context.Background(), Options{Store: db, Cost: Cost{16, 1, 1}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { a.Close(context.Background()); db.Close() })
	a.cost = Cost{8, 1, 1}
	if _, err := a.PutUser(t.Context(), "anna", UserChange{Role: RoleAdmin, Password: "correct horse"}); err != nil {
		t.Fatal(err)
	}
	a.cost = Cost{16, 1, 1}
	found, _ := a.account("anna")
	return a, &found
}

// wantPassword checks which password anna has.
func wantPassword(t *testing.T, a *Access, password string) {
	t.Helper()
	u, _ := a.account("anna")
	if right, err := checkPassword(password, u.hash); !right || err != nil {
		t.Errorf("the password is not %q: %v", password, err)
	}
}

func TestAPasswordThatIsSetMeanwhileStays(t *testing.T) {
	a, found := withOldHash(t)
	if _, err := a.PutUser(t.Context(), "anna", UserChange{Role: RoleAdmin, Password: "battery staple"}); err != nil {
		t.Fatal(err)
	}
	a.renewHash(t.Context(), found, "correct horse")
	wantPassword(t, a, "battery staple")
}

// The old password was right, and it is the same one, whatever its hash.
func TestAHashThatIsMadeAnewMeanwhileEndsNothing(t *testing.T) {
	a, found := withOldHash(t)
	a.renewHash(t.Context(), found, "correct horse")
	if now, _ := a.account("anna"); now.hash == found.hash {
		t.Fatal("the hash is the old one")
	}
	if _, err := a.noteLogin("anna", found); err != nil {
		t.Errorf("another login under way: %v", err)
	}
	hash, _ := hashPassword("battery staple", a.cost)
	if err := a.replacePassword(t.Context(), found, hash); err != nil {
		t.Errorf("a change of the password under way: %v", err)
	}
	wantPassword(t, a, "battery staple")
	if err := a.replacePassword(t.Context(), found, hash); err != ErrCredentials {
		t.Errorf("the old password was changed twice: %v", err)
	}
}

// A hash that is made anew takes memory like any other, and waits where there is none.
func TestAHashMadeAnewIsAmongThoseAtATime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, found := withOldHash(t)
		for range maxHashing {
			a.hashing <- struct{}{}
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		begun := time.Now()
		a.renewHash(ctx, found, "correct horse")
		if now, _ := a.account("anna"); now.hash != found.hash || time.Since(begun) != time.Second {
			t.Errorf("it was made though there was no room, after %s", time.Since(begun))
		}
		<-a.hashing
		a.renewHash(t.Context(), found, "correct horse")
		if now, _ := a.account("anna"); now.hash == found.hash {
			t.Error("it is not made")
		}
	})
}
