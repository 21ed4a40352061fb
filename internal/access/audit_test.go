package access_test

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"testing/synctest"
	"time"
	"unicode/utf8"

	"callout/internal/access"
	"callout/internal/store"
)

func TestRecord(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t)
		who := &access.Actor{Name: "anna", Via: "api", From: home, Token: "k1"}
		cancelled, cancel := context.WithCancel(t.Context())
		cancel() // who asked for it has gone, and yet it was done
		h.Record(cancelled, who, "clear domain", "a.example", "12 verdicts\n<b>", false)
		time.Sleep(time.Second)
		h.Record(t.Context(), who, "set domain", "b.example", "", true)
		if h.store.keep != (store.AuditBounds{Done: 100_000, Refused: 20_000}) {
			t.Errorf("%+v lines are kept", h.store.keep)
		}
		h.restart()
		got := h.events()
		want := []access.Event{
			{At: time.Now().UTC(), Who: "anna", Via: "api", From: home, Token: "k1", Action: "set domain", Target: "b.example",
				Refused: true},
			{At: time.Now().Add(-time.Second).UTC(), Who: "anna", Via: "api", From: home, Token: "k1", Action: "clear domain",
				Target: "a.example", Detail: "12 verdicts\n<b>"},
		}
		for i := range got {
			got[i].ID = 0
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("events %+v, want %+v", got, want)
		}
		if log := h.log.String(); !strings.Contains(log, `level=INFO msg=audit action="clear domain" who=anna via=api from=192.0.2.1`) {
			t.Errorf("log %q", log)
		}
	})
}

func TestEventsPage(t *testing.T) {
	h := newHouse(t)
	for i := range 5 {
		h.Record(t.Context(), &access.Actor{Name: "anna"}, "clear domain", fmt.Sprint(i), "", i%2 == 0)
	}
	refused, targets := true, ""
	q := access.EventQuery{Text: "ANNA", Refused: &refused, Limit: 2}
	for {
		page, next, err := h.Events(t.Context(), q)
		check(t, err)
		for _, e := range page {
			targets += e.Target
		}
		if q.Cursor = next; next == "" {
			break
		}
	}
	if targets != "420" {
		t.Errorf("pages have %q", targets)
	}
	_, _, err := h.Events(t.Context(), access.EventQuery{Cursor: "x", Limit: 1})
	wantErr(t, "bad cursor", err, store.ErrCursor)
}

func TestLongAndOddTextsAreCut(t *testing.T) {
	h := newHouse(t)
	long := strings.Repeat("ü", 1<<20)
	h.Record(t.Context(), &access.Actor{Name: long, Via: long, From: long, Token: long}, long, "a\xff", long, false)
	e := h.events()[0]
	for name, text := range map[string]string{"who": e.Who, "via": e.Via, "from": e.From, "token": e.Token, "action": e.Action,
		"detail": e.Detail} {
		if len(text) > 2000 || !utf8.ValidString(text) || !strings.HasSuffix(text, "ü…") {
			t.Errorf("%s has %d octets and ends in %q", name, len(text), text[len(text)-6:])
		}
	}
	if e.Target != "a\uFFFD" {
		t.Errorf("target %q", e.Target)
	}
}

// What was done stays done where the audit log can't be written.
func TestAFailingStoreIsLogged(t *testing.T) {
	h := newHouse(t)
	h.store.audit = errors.New("disk full")
	h.Record(t.Context(), &access.Actor{Name: "anna"}, "clear domain", "a.example", "", false)
	if log := h.log.String(); !strings.Contains(log, "level=ERROR") || !strings.Contains(log, "disk full") {
		t.Errorf("log %q", log)
	}
}

func TestLoginsAreRecorded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t)
		h.user("anna")
		_, err := h.Login(t.Context(), "Anna", password, home)
		check(t, err)
		h.fail("nobody", times(5, home)...)
		_, err = h.Login(t.Context(), "a secret typed into the wrong field", password, home)
		wantThrottled(t, "a sixth", err, time.Second)
		_, err = h.Authenticate(t.Context(), "callout_xyz", "192.0.2.2")
		wantErr(t, "token", err, access.ErrToken)
		got := h.events()
		if len(got) != 8 {
			t.Fatalf("events %+v", got)
		}
		for i, want := range map[int]access.Event{
			7: {Who: "anna", Via: "web", From: home, Action: "log in"},
			6: {Who: "nobody", Via: "web", From: home, Action: "log in", Detail: "name or password is wrong", Refused: true},
			1: {Via: "web", From: home, Action: "log in", Detail: "too many attempts; try again in 1s", Refused: true},
			0: {Via: "api", From: "192.0.2.2", Action: "use token", Detail: "token is unknown, expired or revoked", Refused: true},
		} {
			want.At, want.ID = time.Now().UTC(), got[i].ID
			if got[i] != want {
				t.Errorf("event %d is %+v, want %+v", i, got[i], want)
			}
		}
		if log := h.log.String(); strings.Contains(log, "secret") || strings.Contains(log, "xyz") || strings.Contains(log, "horse") {
			t.Errorf("the log has what was typed: %s", log)
		}
	})
}

// Strangers who fail and fail do not push everything else out of the audit log.
func TestFailuresOfStrangersAreRecordedInBounds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t)
		try := func(addresses ...string) {
			t.Helper()
			for _, from := range addresses {
				if _, err := h.Authenticate(t.Context(), "x", from); err == nil {
					t.Error("a bad token passes")
				}
			}
		}
		count := func(want int) {
			t.Helper()
			if n := len(h.events()); n != want {
				t.Errorf("%d events, want %d", n, want)
			}
		}
		try(times(15, home)...) // 5 too many
		count(10)
		try(elsewhere(120)...) // 30 too many
		count(100)
		h.Record(t.Context(), &access.Actor{Name: "anna"}, "clear domain", "a.example", "", false) // no stranger
		count(101)
		time.Sleep(time.Minute)
		synctest.Wait()
		count(102)
		last := h.events()[0]
		if last.Detail != "35 more failures of logins and tokens were too many to list" || last.Action != "leave out failures" {
			t.Errorf("last event %+v", last)
		}
		try(home)
		count(103)
		time.Sleep(time.Minute)
		synctest.Wait()
		count(103) // none was left out
	})
}

func TestTheAuditLogAges(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t)
		for _, days := range []int{401, 400, 399} {
			at := time.Now().Add(-time.Duration(days) * 24 * time.Hour).Add(time.Minute)
			check(t, h.store.AddAudit(t.Context(), store.AuditEvent{At: at, Target: fmt.Sprint(days)}, store.AuditBounds{Done: 10, Refused: 10}))
		}
		time.Sleep(time.Hour)
		synctest.Wait()
		if got := h.events(); len(got) != 1 || got[0].Target != "399" {
			t.Errorf("left: %+v", got)
		}
		// Those that passed their time while the server was down go when it starts.
		check(t, h.store.AddAudit(t.Context(), store.AuditEvent{Target: "old", At: time.Unix(1, 0)}, store.AuditBounds{Done: 10, Refused: 10}))
		h.restart()
		synctest.Wait()
		if got := h.events(); len(got) != 1 {
			t.Errorf("left after a restart: %+v", got)
		}
	})
}
