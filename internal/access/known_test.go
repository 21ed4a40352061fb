package access_test

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"callout/internal/access"
	"callout/internal/store"
)

// Where users usually are is known after a restart too, and for no longer than without one.
func TestFailuresElsewhereLockNobodyOutAfterARestart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t)
		h.user("anna")
		h.user("bert")
		_, err := h.Login(t.Context(), "Anna", password, "2001:db8::1")
		check(t, err)
		_, err = h.Login(t.Context(), "anna", wrong, "192.0.2.9") // who failed is not known
		wantErr(t, "wrong password", err, access.ErrCredentials)
		h.Record(t.Context(), &access.Actor{Name: "anna", From: "192.0.2.8"}, "set user", "log in", "", false)
		_, err = h.Login(t.Context(), "bert", password, home)
		check(t, err)

		h.restart()
		h.fail("anna", elsewhere(5)...)
		for _, from := range []string{home, "192.0.2.9", "192.0.2.8"} {
			_, err = h.Login(t.Context(), "anna", password, from)
			wantThrottled(t, from, err, time.Second)
		}
		_, err = h.Login(t.Context(), "anna", password, "2001:db8::2")
		check(t, err)
		h.fail("bert", elsewhere(5)...)
		_, err = h.Login(t.Context(), "bert", password, home)
		check(t, err)

		const days = 24 * time.Hour
		time.Sleep(20 * days)
		_, err = h.Login(t.Context(), "bert", password, home)
		check(t, err)
		h.restart()
		time.Sleep(10*days + time.Second)
		for range 2 { // the second time after another restart
			h.fail("bert", elsewhere(5)...)
			_, err = h.Login(t.Context(), "bert", password, home)
			check(t, err)
			h.fail("anna", elsewhere(5)...)
			_, err = h.Login(t.Context(), "anna", password, "2001:db8::9")
			wantThrottled(t, "an address of more than 30 days ago", err, time.Second)
			h.restart()
		}
	})
}

// shortStore gives the audit log by pages of one line, and counts them.
type shortStore struct {
	store.Accounts
	pages int
}

func (s *shortStore) Audit(ctx context.Context, q store.AuditQuery) ([]store.AuditEvent, string, error) {
	s.pages++
	q.Limit = 1
	return s.Accounts.Audit(ctx, q)
}

// The start takes no longer for a long audit log: the last logins count.
func TestHowMuchOfTheAuditLogIsReadAtTheStartIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t)
		h.user("anna")
		for _, from := range elsewhere(7) {
			_, err := h.Login(t.Context(), "anna", password, from)
			check(t, err)
		}
		h.Access.Close(context.Background())
		short := &shortStore{Accounts: h.store}
		var err error
		h.Access, err = access.New(t.Context(), access.Options{Store: short, Cost: h.cost})
		check(t, err)
		if short.pages != 5 {
			t.Errorf("%d pages are read", short.pages)
		}
		h.fail("anna", times(5, home)...)
		for i, from := range elsewhere(7)[:3] {
			_, err := h.Login(t.Context(), "anna", password, from)
			if i < 2 {
				wantThrottled(t, from, err, time.Second)
			} else {
				check(t, err)
			}
		}
	})
}

// deafStore can't read the audit log.
type deafStore struct{ store.Accounts }

func (deafStore) Audit(context.Context, store.AuditQuery) ([]store.AuditEvent, string, error) {
	return nil, "", errors.New("disk broken")
}

// Without the audit log users log in all the same.
func TestAnAuditLogThatCanNotBeReadKeepsNobodyOut(t *testing.T) {
	h := newHouse(t)
	h.user("anna")
	h.Access.Close(context.Background())
	var err error
	h.Access, err = access.New(t.Context(), access.Options{Store: deafStore{h.store}, Cost: h.cost, Log: slog.New(slog.NewTextHandler(h.log, nil))})
	check(t, err)
	if log := h.log.String(); !strings.Contains(log, "level=WARN") || !strings.Contains(log, "disk broken") {
		t.Errorf("log %q", log)
	}
	_, err = h.Login(t.Context(), "anna", password, home)
	check(t, err)
}
