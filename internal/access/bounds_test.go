package access

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestThrottleIsBounded(t *testing.T) {
	th := newThrottle()
	for i := range 3 * maxThrottled {
		p := pair{fmt.Sprint("user", i), fmt.Sprint(i)}
		if err := th.attempt(p); err != nil {
			t.Fatal(err)
		}
		if i%2 == 0 {
			th.succeeded(p)
		}
	}
	for what, n := range map[string]int{"accounts": len(th.accounts.entries), "addresses": len(th.addresses.entries),
		"pairs": len(th.known.entries), "accounts in order": th.accounts.order.Len()} {
		if n > maxThrottled {
			t.Errorf("%d %s are remembered", n, what)
		}
	}
}

// The entry that goes is the one used longest ago.
func TestRecent(t *testing.T) {
	r := newRecent[string, int](3)
	for i, key := range []string{"a", "b", "c"} {
		r.put(key, i)
	}
	r.get("a")
	r.put("b", 7)
	r.put("d", 3)
	r.delete("none")
	for key, want := range map[string]int{"a": 0, "b": 7, "d": 3, "c": -1} {
		if got, ok := r.get(key); ok != (want >= 0) || ok && got != want {
			t.Errorf("%s is %d, %v; want %d", key, got, ok, want)
		}
	}
}

func TestDomainsOfAllAreBounded(t *testing.T) {
	a := &Access{users: make(map[string]*account), tokens: make(map[string]*grant)}
	domains := make([]string, maxDomains)
	for i := range 99 {
		a.users[fmt.Sprint(i)] = &account{User: User{Domains: domains}}
	}
	a.tokens["x"] = &grant{Token: Token{Domains: domains[:maxDomains-1]}}
	var f *FieldError
	if err := a.roomFor(1); err != nil {
		t.Errorf("the last: %v", err)
	}
	if err := a.roomFor(2); !errors.As(err, &f) || f.Field != "domains" {
		t.Errorf("one more: %v", err)
	}
	// Those that a user has already do not count twice.
	if err := a.mayPut("7", true, RoleDomain, maxDomains+1); err != nil {
		t.Errorf("one more for one who has others: %v", err)
	}
}

func TestUsersAndTokensAreBounded(t *testing.T) {
	a := &Access{users: make(map[string]*account), tokens: make(map[string]*grant)}
	for i := range maxUsers {
		a.users[fmt.Sprint(i)] = &account{}
		a.tokens[fmt.Sprint(i)] = &grant{}
	}
	var f *FieldError
	if err := a.mayPut("new", false, RoleAdmin, 0); !errors.As(err, &f) || f.Field != "name" {
		t.Errorf("one more user: %v", err)
	}
	if err := a.mayPut("7", true, RoleAdmin, 0); err != nil {
		t.Errorf("a user who is there: %v", err)
	}
	if err := a.mayCreate(Token{Role: RoleAdmin}); !errors.As(err, &f) || f.Field != "label" {
		t.Errorf("one more token: %v", err)
	}
}

func TestOneLoginOfAnAddressAtATime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGates()
		leave, err := g.enter(t.Context(), "a")
		if err != nil {
			t.Fatal(err)
		}
		passed := make(chan func(), maxWaitingAddress)
		for range maxWaitingAddress {
			go func() {
				if leave, err := g.enter(context.Background(), "a"); err == nil {
					passed <- leave
				}
			}()
		}
		synctest.Wait()
		if len(passed) > 0 {
			t.Error("two logins of one address pass")
		}
		var throttled *ThrottledError
		if _, err := g.enter(t.Context(), "a"); !errors.As(err, &throttled) || throttled.RetryAfter != time.Second {
			t.Errorf("with %d waiting: %v, want a wait", maxWaitingAddress, err)
		}
		other, err := g.enter(t.Context(), "b")
		if err != nil {
			t.Errorf("another address: %v", err)
		}
		other()
		leave()
		for range maxWaitingAddress {
			synctest.Wait()
			if len(passed) != 1 {
				t.Fatalf("%d have passed", len(passed))
			}
			(<-passed)()
		}
		if len(g.address) != 0 || g.all != 0 {
			t.Errorf("left over: %v, %d", g.address, g.all)
		}
	})
}

// Where one address may be that of everybody, logins with one name do not wait for those with another.
func TestLoginsFromALoopbackAddressWaitForTheirAccountAlone(t *testing.T) {
	anna, bert := pair{"anna", loginAddress("127.0.0.1")}, pair{"bert", loginAddress("127.0.0.1")}
	g := newGates()
	leave, err := g.enter(t.Context(), anna.gate())
	if err != nil {
		t.Fatal(err)
	}
	defer leave()
	other, err := g.enter(t.Context(), bert.gate())
	if err != nil {
		t.Fatal(err)
	}
	other()
	if anna.gate() != (pair{"anna", loginAddress("::1")}).gate() || anna.gate() == (pair{"", "anna"}).gate() {
		t.Errorf("anna's gate is %q", anna.gate())
	}
	if a, b := (pair{"anna", loginAddress("192.0.2.1")}), (pair{"bert", loginAddress("192.0.2.1")}); a.gate() != b.gate() {
		t.Errorf("two gates for one address: %q, %q", a.gate(), b.gate())
	}
}

func TestWaitingLoginsAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGates()
		var leave []func()
		for i := range maxWaiting {
			l, err := g.enter(t.Context(), fmt.Sprint(i))
			if err != nil {
				t.Fatal(err)
			}
			leave = append(leave, l)
		}
		if _, err := g.enter(t.Context(), "one more"); err == nil {
			t.Errorf("more than %d logins wait", maxWaiting)
		}
		leave[0]()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := g.enter(ctx, "1"); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("a login that gives up: %v", err)
		}
		for _, l := range leave[1:] {
			l()
		}
		if len(g.address) != 0 || g.all != 0 {
			t.Errorf("left over: %v, %d", g.address, g.all)
		}
	})
}

// Who set a new password has ended the logins with the old one, those under way too.
func TestALoginWithAPasswordThatIsChangedMeanwhileFails(t *testing.T) {
	set := func(at int64) *account { return &account{User: User{PasswordSet: time.UnixMilli(at)}} }
	a := &Access{users: map[string]*account{"anna": set(2)}, loggedIn: make(map[string]time.Time)}
	for _, name := range []string{"anna", "gone"} {
		if _, err := a.noteLogin(name, set(1)); err != ErrCredentials {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := a.noteLogin("anna", set(2)); err != nil {
		t.Error(err)
	}
}

// Hashes take memory: four at a time are what there is, and a fifth waits.
func TestHashesAtATimeAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := &Access{hashing: make(chan struct{}, maxHashing)}
		for range 4 {
			if err := a.beginHashing(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := a.beginHashing(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("a fifth: %v", err)
		}
		a.endHashing()
		if err := a.beginHashing(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

func TestPasswordHash(t *testing.T) {
	if defaultCost != (Cost{64 * 1024, 3, 1}) {
		t.Errorf("the cost is %+v", defaultCost)
	}
	hash, err := hashPassword("correct horse", defaultCost)
	if err != nil || !strings.HasPrefix(hash, "$argon2id$v=19$m=65536,t=3,p=1$") {
		t.Fatalf("hash %q, %v", hash, err)
	}
	for password, want := range map[string]bool{"correct horse": true, "correct hors": false, "": false, "Correct horse": false} {
		if right, err := checkPassword(password, hash); right != want || err != nil {
			t.Errorf("%q is right: %v, %v", password, right, err)
		}
	}
	cheap := Cost{8, 1, 1}
	one, _ := hashPassword("correct horse", cheap)
	two, _ := hashPassword("correct horse", cheap)
	if one == two {
		t.Error("the hashes of one password are the same")
	}
}

// A test vector made by the reference implementation: the test of its command line in the argon2 sources.
func TestHashesOfOthers(t *testing.T) {
	hash := "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc"
	if right, err := checkPassword("password", hash); !right || err != nil {
		t.Errorf("right %v, %v", right, err)
	}
}

func TestBadHashesAreRefused(t *testing.T) {
	good, _ := hashPassword("correct horse", Cost{8, 1, 1})
	for _, change := range [][2]string{
		{"argon2id", "argon2i"}, {"v=19", "v=16"}, {"m=8", "m=7"}, {"m=8", "m=1048576"}, {"t=1", "t=0"}, {"t=1", "t=21"},
		{"p=1", "p=0"}, {"p=1", "p=17"}, {"p=1", "p=257"}, {"m=8", "m=+8"}, {"p=1$", "p=1,x=2$"}, {"p=1$", "p=1$!"}, {"$argon", "x$argon"},
		{good[len(good)-30:], ""}, {good, ""}, {good, good + "$"},
	} {
		bad := strings.Replace(good, change[0], change[1], 1)
		if right, err := checkPassword("correct horse", bad); right || !errors.Is(err, errHash) {
			t.Errorf("%q: right %v, %v", bad, right, err)
		}
	}
}
