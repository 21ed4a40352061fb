package storetest

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"testing"
	"time"

	"callout/internal/store"
)

// walkAudit reads all pages of a query and checks that none has too many rows.
func walkAudit(t *testing.T, s store.Accounts, q store.AuditQuery) (all []store.AuditEvent) {
	t.Helper()
	for {
		page, next, err := s.Audit(t.Context(), q)
		check(t, err)
		if len(page) > q.Limit {
			t.Fatalf("a page of %d rows where %d is the limit", len(page), q.Limit)
		}
		all = append(all, page...)
		if next == "" {
			return all
		}
		q.Cursor = next
	}
}

// wantAudit checks the targets of what a query finds.
func wantAudit(t *testing.T, s store.Accounts, q store.AuditQuery, want ...string) {
	t.Helper()
	var got []string
	for _, e := range walkAudit(t, s, q) {
		got = append(got, e.Target)
	}
	if !slices.Equal(got, want) {
		t.Errorf("Audit(%+v) = %q, want %q", q, got, want)
	}
}

func addAudit(t *testing.T, s store.Accounts, keep int, events ...store.AuditEvent) {
	t.Helper()
	for _, e := range events {
		check(t, s.AddAudit(t.Context(), e, store.AuditBounds{Done: keep, Refused: keep}))
	}
}

func auditIsKept(t *testing.T, open AccountsPlace) {
	s := opened(t, open)
	wantAudit(t, s, store.AuditQuery{Limit: 10})
	want := []store.AuditEvent{
		{At: noon.Add(7 * time.Millisecond), Who: "anna", Via: "api", From: "192.0.2.1", Token: "k1", Action: "clear domain",
			Target: "a.example", Detail: "12 'verdicts'\n<b>", Refused: true},
		{},
	}
	addAudit(t, s, 10, want[1], want[0])
	s = reopened(t, open, s)
	got := walkAudit(t, s, store.AuditQuery{Limit: 10})
	if len(got) != 2 || got[0].ID <= got[1].ID {
		t.Fatalf("Audit = %+v, want two, the ID of the newer one higher", got)
	}
	for i := range want {
		want[i].ID = got[i].ID
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("Audit = %+v, want %+v", got, want)
	}
}

func auditIsBounded(t *testing.T, open AccountsPlace) {
	s := opened(t, open)
	for i := range 20 {
		addAudit(t, s, 4, store.AuditEvent{At: noon.Add(time.Duration(i) * time.Minute), Target: fmt.Sprint(i)})
	}
	wantAudit(t, s, store.AuditQuery{Limit: 10}, "19", "18", "17", "16")
	more, err := s.PurgeAccounts(t.Context(), noon, noon.Add(18*time.Minute), 10)
	check(t, err)
	if more {
		t.Error("two of ten rows are purged and there are said to be more")
	}
	wantAudit(t, s, store.AuditQuery{Limit: 10}, "19", "18")
	// What was purged makes no room for a number that was given before.
	last := walkAudit(t, s, store.AuditQuery{Limit: 10})[0].ID
	_, err = s.PurgeAccounts(t.Context(), noon, noon.Add(time.Hour), 10)
	check(t, err)
	s = reopened(t, open, s)
	addAudit(t, s, 4, store.AuditEvent{Target: "after"})
	if all := walkAudit(t, s, store.AuditQuery{Limit: 10}); len(all) != 1 || all[0].ID <= last {
		t.Errorf("after a purge: %+v, want one with an ID above %d", all, last)
	}
}

// Whoever is refused over and over pushes out other refusals alone, and those are purged first.
func auditIsBoundedByKind(t *testing.T, open AccountsPlace) {
	s := opened(t, open)
	bounds := store.AuditBounds{Done: 3, Refused: 2}
	add := func(target string, minute int, refused bool) {
		t.Helper()
		e := store.AuditEvent{At: noon.Add(time.Duration(minute) * time.Minute), Target: target, Refused: refused}
		check(t, s.AddAudit(t.Context(), e, bounds))
	}
	add("done 0", 0, false)
	for i := range 20 {
		add(fmt.Sprint("refused ", i), i+1, true)
	}
	add("done 1", 21, false)
	add("done 2", 22, false)
	wantAudit(t, s, store.AuditQuery{Limit: 10}, "done 2", "done 1", "refused 19", "refused 18", "done 0")
	s = reopened(t, open, s)
	add("done 3", 23, false)
	wantAudit(t, s, store.AuditQuery{Limit: 10}, "done 3", "done 2", "done 1", "refused 19", "refused 18")
	for _, want := range [][]string{
		{"done 3", "done 2", "done 1", "refused 19"}, {"done 3", "done 2", "done 1"}, {"done 3", "done 2"}, {"done 3"},
	} {
		_, err := s.PurgeAccounts(t.Context(), noon, noon.Add(23*time.Minute), 1)
		check(t, err)
		wantAudit(t, s, store.AuditQuery{Limit: 10}, want...)
	}
	for i := range 5 { // and the bounds hold after a purge
		add(fmt.Sprint("again ", i), 30+2*i, true)
		add(fmt.Sprint("anew ", i), 31+2*i, false)
	}
	wantAudit(t, s, store.AuditQuery{Limit: 10}, "anew 4", "again 4", "anew 3", "again 3", "anew 2")
}

func auditFilters(t *testing.T, open AccountsPlace) {
	s := opened(t, open)
	addAudit(t, s, 100,
		store.AuditEvent{Who: "Anna", Action: "clear domain", Target: "1", From: "192.0.2.1"},
		store.AuditEvent{Who: "bert", Action: "set domain", Target: "2", From: "192.0.2.22", Refused: true},
		store.AuditEvent{Who: "100%", Action: "log in", Target: "3", Detail: "anna", Refused: true},
		store.AuditEvent{Who: "bert", Action: "delete user", Target: "anna"})
	yes, no := true, false
	tests := []struct {
		name string
		q    store.AuditQuery
		want []string
	}{
		{"none", store.AuditQuery{}, []string{"anna", "3", "2", "1"}},
		{"refused", store.AuditQuery{Refused: &yes}, []string{"3", "2"}},
		{"not refused", store.AuditQuery{Refused: &no}, []string{"anna", "1"}},
		{"text, not in the detail", store.AuditQuery{Text: "aNNa"}, []string{"anna", "1"}},
		{"text in the action", store.AuditQuery{Text: "domain"}, []string{"2", "1"}},
		{"text in the address", store.AuditQuery{Text: "192.0.2.2"}, []string{"2"}},
		{"percent", store.AuditQuery{Text: "%"}, []string{"3"}},
		{"both", store.AuditQuery{Text: "bert", Refused: &no}, []string{"anna"}},
		{"nothing", store.AuditQuery{Text: "nobody"}, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for _, limit := range []int{1, 2, 1000} {
				tt.q.Limit = limit
				wantAudit(t, s, tt.q, tt.want...)
			}
		})
	}
}

func auditGrows(t *testing.T, open AccountsPlace) {
	s := opened(t, open)
	for _, target := range []string{"1", "2", "3", "4"} {
		addAudit(t, s, 5, store.AuditEvent{Target: target})
	}
	_, next, err := s.Audit(t.Context(), store.AuditQuery{Limit: 2})
	check(t, err)
	addAudit(t, s, 5, store.AuditEvent{Target: "5"}, store.AuditEvent{Target: "6"})
	s = reopened(t, open, s)
	wantAudit(t, s, store.AuditQuery{Limit: 2, Cursor: next}, "2")
	wantAudit(t, s, store.AuditQuery{Limit: 2}, "6", "5", "4", "3", "2")
}

func auditBadCursor(t *testing.T, open AccountsPlace) {
	s := opened(t, open)
	addAudit(t, s, 5, store.AuditEvent{}, store.AuditEvent{})
	_, next, err := s.Audit(t.Context(), store.AuditQuery{Limit: 1})
	check(t, err)
	for _, cursor := range []string{"x", next + "A", next[1:], "A" + next, " ", "AAAAAAAAAAAAAAAA"} {
		_, _, err := s.Audit(t.Context(), store.AuditQuery{Limit: 1, Cursor: cursor})
		if !errors.Is(err, store.ErrCursor) {
			t.Errorf("cursor %q: %v, want ErrCursor", cursor, err)
		}
	}
}
