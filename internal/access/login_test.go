package access_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"callout/internal/access"
)

const wrong = "wrong horse"

// wantThrottled checks that an attempt has to wait for so long.
func wantThrottled(t *testing.T, what string, err error, wait time.Duration) {
	t.Helper()
	var throttled *access.ThrottledError
	if !errors.As(err, &throttled) || throttled.RetryAfter != wait {
		t.Errorf("%s: error %v, want a wait of %s", what, err, wait)
	}
}

// fail fails so many logins, one for each address.
func (h *house) fail(name string, addresses ...string) {
	h.t.Helper()
	for _, from := range addresses {
		_, err := h.Login(h.t.Context(), name, wrong, from)
		wantErr(h.t, fmt.Sprintf("wrong password for %s from %s", name, from), err, access.ErrCredentials)
	}
}

func times(n int, address string) (all []string) {
	for range n {
		all = append(all, address)
	}
	return all
}

// elsewhere returns n addresses.
func elsewhere(n int) (all []string) {
	for i := range n {
		all = append(all, fmt.Sprintf("198.51.100.%d", i))
	}
	return all
}

func TestLogin(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t)
		h.user("anna", "a.example")
		time.Sleep(time.Hour)
		u, err := h.Login(t.Context(), "Anna", password, home)
		check(t, err)
		now := time.Now().UTC()
		if got, _ := h.User("anna"); u.Name != "anna" || !u.LastLogin.Equal(now) || !got.LastLogin.Equal(now) {
			t.Errorf("logged in: %+v, and then %+v", u, got)
		}
		a := h.ActorOf(u, "web", home)
		if a.Name != "anna" || a.Admin() || a.ReadOnly || !a.Sees("a.example") || a.Sees("b.example") || a.Via != "web" ||
			a.From != home {
			t.Errorf("actor %+v", a)
		}
		h.restart()
		if got, _ := h.User("anna"); !got.LastLogin.Equal(now) {
			t.Errorf("after a restart the last login is %s, want %s", got.LastLogin, now)
		}
	})
}

// Nobody learns whether there is a user, neither by the words nor by what it takes.
func TestLoginTellsNothingOfUsers(t *testing.T) {
	h := newHouse(t)
	h.close()
	h.cost = access.Cost{MemoryKiB: 4096, Passes: 1, Lanes: 1}
	h.open()
	h.user("anna")
	for i, name := range []string{"anna", "nobody", "", "a b", strings.Repeat("n", 10_000)} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := h.Login(t.Context(), name, wrong, elsewhere(5)[i])
		runtime.ReadMemStats(&after)
		if err != access.ErrCredentials {
			t.Errorf("%.10q: %v, want ErrCredentials itself", name, err)
		}
		if took := (after.TotalAlloc - before.TotalAlloc) / 1024; took < 4096 || took > 2*4096 {
			t.Errorf("%.10q: a login takes %d KiB; a hash has 4096", name, took)
		}
	}
	if _, err := h.Login(t.Context(), "anna", strings.Repeat(password, 100_000), home); err != access.ErrCredentials {
		t.Errorf("a password of a megabyte: %v", err)
	}
}

func TestFailuresFromOneAddressWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t)
		for _, name := range []string{"a", "b", "c", "d", "e"} { // of them no account has to wait
			h.user(name)
			h.fail(name, home)
		}
		wait := time.Second
		for range 12 {
			for range 3 { // who does not wait does not wait longer for that
				_, err := h.Login(t.Context(), "f", password, home)
				wantThrottled(t, "right away", err, wait)
			}
			time.Sleep(wait - time.Millisecond)
			_, err := h.Login(t.Context(), "a", password, home)
			wantThrottled(t, "too early", err, time.Millisecond)
			time.Sleep(time.Millisecond)
			h.fail("f", home)
			wait = min(2*wait, 15*time.Minute)
		}
		if wait != 15*time.Minute {
			t.Errorf("the longest wait is %s", wait)
		}
		_, err := h.Login(t.Context(), "a", password, "192.0.2.2")
		check(t, err) // another address
		time.Sleep(wait)
		_, err = h.Login(t.Context(), "a", password, home)
		check(t, err)
		h.fail("b", times(5, home)...) // counted from the start again
		time.Sleep(time.Hour + time.Second)
		h.fail("b", times(5, home)...) // failures of an hour ago are forgotten
	})
}

func TestFailuresOfOneAccountWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t)
		h.user("anna")
		for _, name := range []string{"anna", "nobody"} { // whether there is such a user or not
			h.fail(name, elsewhere(5)...)
			_, err := h.Login(t.Context(), name, password, home)
			wantThrottled(t, name, err, time.Second)
			time.Sleep(time.Second)
			h.fail(name, home)
			_, err = h.Login(t.Context(), name, password, "192.0.2.2")
			wantThrottled(t, name, err, 2*time.Second)
		}
		// A new password from an admin ends the wait.
		h.user("anna")
		_, err := h.Login(t.Context(), "anna", password, "192.0.2.2")
		check(t, err)
		h.fail("anna", elsewhere(5)...) // and the success has cleared what there was
	})
}

// An attacker who fails and fails does not lock out a user where they usually are.
func TestFailuresElsewhereLockNobodyOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t)
		h.user("anna")
		_, err := h.Login(t.Context(), "anna", password, "2001:db8::1")
		check(t, err)
		h.fail("anna", elsewhere(5)...)
		_, err = h.Login(t.Context(), "anna", password, home)
		wantThrottled(t, "a new address", err, time.Second)
		_, err = h.Login(t.Context(), "anna", password, "2001:db8::2")
		check(t, err)
		time.Sleep(30*24*time.Hour + time.Second)
		h.fail("anna", elsewhere(5)...)
		_, err = h.Login(t.Context(), "anna", password, "2001:db8::1")
		wantThrottled(t, "an address of more than 30 days ago", err, time.Second)
	})
}

func TestAnIPv6NetworkIsOneAddress(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t)
		for i := range 5 {
			h.fail(fmt.Sprint("nobody", i), fmt.Sprintf("2001:db8::%d:1", i))
		}
		_, err := h.Login(t.Context(), "nobody9", wrong, "2001:db8:0:0:ffff::1")
		wantThrottled(t, "the same /64", err, time.Second)
		h.fail("nobody9", "2001:db8:0:1::1")
		h.fail("nobody10", times(4, "192.0.2.9")...)
		h.fail("nobody11", "::ffff:192.0.2.9")
		_, err = h.Login(t.Context(), "nobody12", wrong, "192.0.2.9")
		wantThrottled(t, "IPv4 in IPv6", err, time.Second)
	})
}

// Behind a proxy that nobody named all come from a loopback address: who fails there keeps out nobody but whose name it is.
func TestFailuresFromALoopbackAddressCountForTheAccountAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t)
		for _, from := range []string{"127.0.0.1", "::1", "::ffff:127.0.0.1", "127.9.9.9", "@"} {
			h.user("anna")
			h.user("bert")
			_, err := h.Login(t.Context(), "anna", password, from)
			check(t, err)
			h.fail("anna", times(5, from)...) // though who has logged in came from there
			_, err = h.Login(t.Context(), "anna", password, from)
			wantThrottled(t, from, err, time.Second)
			_, err = h.Login(t.Context(), "bert", password, from)
			check(t, err)
		}
	})
}

// Guesses at the same time are no way past the wait.
func TestGuessesAtTheSameTimeAreCounted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t)
		h.user("anna")
		var wait sync.WaitGroup
		var mu sync.Mutex
		looked := 0
		for _, from := range elsewhere(40) {
			wait.Go(func() {
				_, err := h.Login(context.Background(), "anna", wrong, from)
				mu.Lock()
				defer mu.Unlock()
				if errors.Is(err, access.ErrCredentials) {
					looked++
				}
			})
		}
		wait.Wait()
		if looked != 5 {
			t.Errorf("%d guesses were looked at", looked)
		}
	})
}

func TestChangePassword(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t)
		h.user("anna")
		wantErr(t, "wrong", h.ChangePassword(t.Context(), "anna", wrong, "battery staple"), access.ErrCredentials)
		wantErr(t, "nobody", h.ChangePassword(t.Context(), "nobody", wrong, "battery staple"), access.ErrCredentials)
		wantField(t, "short", h.ChangePassword(t.Context(), "anna", password, "short"), "password")
		_, err := h.Login(t.Context(), "anna", password, home)
		check(t, err)
		check(t, h.ChangePassword(t.Context(), "ANNA", password, "battery staple"))
		h.fail("anna", home)
		h.restart()
		_, err = h.Login(t.Context(), "anna", "battery staple", home)
		check(t, err)
		// Who has found an open browser can't try passwords for ever, and keeps nobody from logging in.
		for range 5 {
			wantErr(t, "wrong", h.ChangePassword(t.Context(), "anna", wrong, password), access.ErrCredentials)
		}
		wantThrottled(t, "wrong again", h.ChangePassword(t.Context(), "anna", wrong, password), time.Second)
		_, err = h.Login(t.Context(), "anna", "battery staple", "192.0.2.2")
		check(t, err)
	})
}

func TestThrottledErrorSaysWhen(t *testing.T) {
	for wait, want := range map[time.Duration]string{
		time.Millisecond: "too many attempts; try again in 1s", 61 * time.Second: "too many attempts; try again in 1m1s",
	} {
		if got := (&access.ThrottledError{RetryAfter: wait}).Error(); got != want {
			t.Errorf("%s: %q, want %q", wait, got, want)
		}
	}
}
