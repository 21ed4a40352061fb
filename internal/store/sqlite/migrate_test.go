package sqlite_test

import (
	"database/sql"
	"os"
	"path/filepath"
	"reflect"
	"testing"
	"time"

	"callout/internal/store"
)

var noon = time.Date(2026, 3, 14, 12, 0, 0, 0, time.UTC)

// oldVerdict is the verdict of testdata/schema1.sql for a local-part.
func oldVerdict(domain, local string, status store.Status, generation uint64) store.Verdict {
	v := store.Verdict{Domain: domain, Local: local, Status: status, Generation: generation, Asked: noon,
		Expires: noon.Add(96 * time.Hour), Code: 250, Enhanced: "2.1.5", Text: "Ok", Host: "mx.a.example:25"}
	if status == store.Invalid {
		v.Expires, v.Code, v.Enhanced = noon.Add(2*time.Hour), 550, "5.1.1"
		v.Text = "<" + local + "@" + domain + ">: User unknown"
	}
	return v
}

// A database of schema 1 opens with all that it shows, in epoch 0.
func TestMigrateSchema1(t *testing.T) {
	old, err := os.ReadFile("testdata/schema1.sql")
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "callout.db")
	raw(t, path, string(old))
	for range 2 { // a second time there is nothing to migrate
		s := open(t, path)
		wantMigrated(t, s)
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		wantSound(t, path)
	}
	s := open(t, path)
	for _, words := range []string{"first", "other"} { // the first word is no change
		if _, err := s.SetAsked(t.Context(), map[string]string{"a.example": words}); err != nil {
			t.Fatal(err)
		}
		found, err := s.Lookup(t.Context(), "a.example", "o'brien")
		if seen := len(found) == 1; seen != (words == "first") || err != nil {
			t.Errorf("an old invalid verdict once %q is asked: %v, %v", words, found, err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	fresh := filepath.Join(t.TempDir(), "fresh.db")
	if err := open(t, fresh).Close(); err != nil {
		t.Fatal(err)
	}
	if got, want := schema(t, path), schema(t, fresh); !reflect.DeepEqual(got, want) {
		t.Errorf("the schema is\n%q\nthat of a new database\n%q", got, want)
	}
}

// wantMigrated checks what testdata/schema1.sql shows.
func wantMigrated(t *testing.T, s store.Store) {
	t.Helper()
	ctx := t.Context()
	domains, err := s.Domains(ctx)
	if err != nil || len(domains) != 1 || domains[0].Name != "a.example" ||
		string(domains[0].Spec) != `{"destinations":["mx.a.example"]}` {
		t.Errorf("Domains = %v, %v", domains, err)
	}
	g, err := s.Generations(ctx)
	if want := map[string]uint64{"a.example": 1, "gone.example": 2}; err != nil || !reflect.DeepEqual(g.Domains, want) {
		t.Errorf("Generations = %v, %v", g, err)
	}
	for domain, want := range map[string][]store.Verdict{
		"a.example": {oldVerdict("a.example", "John", store.Valid, 1),
			oldVerdict("a.example", "o'brien", store.Invalid, 1)},
		"b.example": {oldVerdict("b.example", "jürgen", store.Invalid, 0),
			{Domain: "b.example", Local: "zero", Status: store.Valid, Code: 250}},
		"gone.example": nil,
	} {
		page, _, err := s.List(ctx, store.Query{Domain: domain, Limit: 10})
		if err != nil || !reflect.DeepEqual(page, want) {
			t.Errorf("verdicts of %s:\n%+v, %v; want\n%+v", domain, page, err, want)
		}
	}
	counts, err := s.Counts(ctx)
	want := map[string]store.Count{"a.example": {Valid: 1, Invalid: 1}, "b.example": {Valid: 1, Invalid: 1}}
	if err != nil || !reflect.DeepEqual(counts, want) {
		t.Errorf("Counts = %v, %v; want %v", counts, err, want)
	}
	for _, want := range []store.DomainFact{
		{Domain: "a.example", Generation: 1, Rejected: noon, Asked: noon, Expires: noon.Add(2 * time.Hour), Code: 550,
			Enhanced: "5.1.1", Text: "User unknown", Host: "mx.a.example:25"},
		{Domain: "b.example", CatchAll: true, Asked: noon, Expires: noon.Add(96 * time.Hour), Code: 250,
			Enhanced: "2.1.5", Text: "Ok", Host: "mx.a.example:25"},
	} {
		if got, ok, err := s.DomainFact(ctx, want.Domain); got != want || !ok || err != nil {
			t.Errorf("fact %+v, %v, %v; want %+v", got, ok, err, want)
		}
	}
}

// schema returns the statements that a database is made of.
func schema(t *testing.T, path string) map[string]string {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	rows, err := db.Query("SELECT name, ifnull(sql, '') FROM sqlite_schema")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	all := make(map[string]string)
	for rows.Next() {
		var name, statement string
		if err := rows.Scan(&name, &statement); err != nil {
			t.Fatal(err)
		}
		all[name] = statement
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return all
}
