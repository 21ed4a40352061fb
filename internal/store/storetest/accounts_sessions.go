package storetest

import (
	"fmt"
	"reflect"
	"testing"
	"time"

	"callout/internal/store"
)

// manySessions are bounds that no test of something else meets.
var manySessions = store.SessionBounds{User: 1000, All: 1000}

func session(token, user string) store.Session {
	return store.Session{Token: token, User: user, Data: []byte("data\x00of " + token), Expires: noon.Add(time.Hour)}
}

// wantSessions checks which of some sessions are there, by their tokens.
func wantSessions(t *testing.T, s store.Accounts, there, gone []string) {
	t.Helper()
	for i, token := range append(there, gone...) {
		_, ok, err := s.Session(t.Context(), token)
		check(t, err)
		if want := i < len(there); ok != want {
			t.Errorf("session %q is there: %v, want %v", token, ok, want)
		}
	}
}

func sessionsAreKept(t *testing.T, open AccountsPlace) {
	s := opened(t, open)
	want := session("a", "anna")
	check(t, s.AddSession(t.Context(), want, manySessions))
	check(t, s.AddSession(t.Context(), store.Session{Token: "bare"}, manySessions))
	for range 2 {
		s = reopened(t, open, s)
		if got, ok, err := s.Session(t.Context(), "a"); !ok || err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("Session = %+v, %v, %v; want %+v", got, ok, err, want)
		}
		want.Data, want.Expires = []byte("new"), noon.Add(2*time.Hour)
		check(t, s.RenewSession(t.Context(), want))
	}
	check(t, s.DeleteSession(t.Context(), "a"))
	check(t, s.DeleteSession(t.Context(), "a"))
	check(t, s.RenewSession(t.Context(), want)) // has ended, and stays so
	s = reopened(t, open, s)
	wantSessions(t, s, []string{"bare"}, []string{"a"})
	if got, _, err := s.Session(t.Context(), "bare"); err != nil || len(got.Data) > 0 || !got.Expires.IsZero() {
		t.Errorf("another's renewal makes a session %+v, %v", got, err)
	}

	for _, token := range []string{"a1", "a2", "b1"} {
		check(t, s.AddSession(t.Context(), session(token, map[byte]string{'a': "anna", 'b': "bert"}[token[0]]), manySessions))
	}
	check(t, s.DeleteSessions(t.Context(), "anna"))
	s = reopened(t, open, s)
	wantSessions(t, s, []string{"b1", "bare"}, []string{"a1", "a2"})
}

func sessionsAreBounded(t *testing.T, open AccountsPlace) {
	s := opened(t, open)
	bounds := store.SessionBounds{User: 3, All: 5}
	begin := func(user string, from, to int) {
		t.Helper()
		for i := from; i <= to; i++ {
			check(t, s.AddSession(t.Context(), session(fmt.Sprint(user, i), user), bounds))
		}
	}
	begin("anna", 1, 2)
	// A renewed session is as old as it was.
	check(t, s.RenewSession(t.Context(), session("anna1", "anna")))
	begin("anna", 3, 4)
	wantSessions(t, s, []string{"anna2", "anna3", "anna4"}, []string{"anna1"})
	begin("bert", 1, 2)
	wantSessions(t, s, []string{"anna2", "anna3", "anna4", "bert1", "bert2"}, nil)
	begin("bert", 3, 3)
	wantSessions(t, s, []string{"anna3", "anna4", "bert1", "bert2", "bert3"}, []string{"anna2"})
}

func sessionsExpire(t *testing.T, open AccountsPlace) {
	s := opened(t, open)
	for i, name := range manyUsers(30) {
		one := session(name, name)
		one.Expires = noon.Add(time.Duration(i-20) * time.Minute)
		check(t, s.AddSession(t.Context(), one, manySessions))
	}
	check(t, s.AddAudit(t.Context(), store.AuditEvent{At: noon}, store.AuditBounds{Done: 10, Refused: 10}))
	for calls := 0; ; calls++ {
		more, err := s.PurgeAccounts(t.Context(), noon, noon, 10)
		check(t, err)
		if !more {
			break
		}
		if calls > 30 {
			t.Fatal("purging finds no end")
		}
	}
	all := manyUsers(30)
	wantSessions(t, s, all[21:], all[:21])
	wantAudit(t, s, store.AuditQuery{Limit: 10}, "")
}
