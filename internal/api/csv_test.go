package api_test

import (
	"fmt"
	"strings"
	"testing"

	"callout/internal/access"
	"callout/internal/callout"
)

const recipients = "domains/example.com/recipients"

func (f *fixture) sendCSV(t *testing.T, method, body string) reply {
	t.Helper()
	return f.send(t, request{method: method, path: recipients, body: body, header: map[string]string{"Content-Type": "text/csv"}})
}

// Whoever loses a row to a heading reads of it.
func TestAHeadingIsTold(t *testing.T) {
	f := startWith(t, listed, callout.Options{})
	for _, c := range []struct{ method, body, want string }{
		{"PATCH", "Email;Name\rjohn;John\r", `{"domain":"example.com","added":1,"removed":0,"heading":"Email"}`},
		{"PUT", "recipient\njane\n", `{"domain":"example.com","added":1,"removed":1,"heading":"recipient"}`},
		{"PUT", "mail\ninfo\n", `{"domain":"example.com","added":2,"removed":1}`},
	} {
		if r := f.sendCSV(t, c.method, c.body); r.status != 200 || strings.TrimSpace(r.body) != c.want {
			t.Errorf("%s %q: %d %s", c.method, c.body, r.status, r.body)
		}
	}
}

func TestEveryRowOfCSVThatIsWrongIsNamed(t *testing.T) {
	f := startWith(t, listed, callout.Options{})
	before := f.state(t)
	r := f.sendCSV(t, "PATCH", "eve\nx@elsewhere.example\nadam\n y@elsewhere.example\n")
	p := isProblem(t, "two rows", r)
	if r.status != 422 || len(p.Errors) != 2 || p.Errors[0].Field != "line 2, column 1" || p.Errors[1].Field != "line 4, column 2" ||
		!strings.HasPrefix(p.Errors[1].Detail, `"y@elsewhere.example" is not at this domain`) ||
		!strings.HasPrefix(p.Detail, "2 rows can't be used; nothing was imported; the first is line 2, column 1: ") {
		t.Errorf("%d %s", r.status, r.body)
	}
	var b strings.Builder
	for n := range 1000 {
		fmt.Fprintf(&b, "%d@elsewhere.example\n", n)
	}
	p = isProblem(t, "many rows", f.sendCSV(t, "PUT", b.String()))
	if len(p.Errors) != 20 || !strings.HasPrefix(p.Detail, "at least 20 rows can't be used; nothing was imported; ") {
		t.Errorf("%d: %s", len(p.Errors), p.Detail)
	}
	if f.state(t) != before {
		t.Error("half imported")
	}
}

// The bound is of the user, whichever way the imports come.
func TestImportsAreBounded(t *testing.T) {
	f := startWith(t, listed, callout.Options{})
	root := &access.Actor{Name: "root", Role: access.RoleAdmin, Via: "web"}
	first, err := f.desk.AdmitImport(root)
	check(t, err)
	second, err := f.desk.AdmitImport(root)
	check(t, err)
	json := f.send(t, request{method: "PATCH", path: recipients, body: `{"add":["jane"]}`})
	for name, r := range map[string]reply{"CSV": f.sendCSV(t, "PATCH", "jane\n"), "JSON": json} {
		if p := isProblem(t, name, r); r.status != 429 || r.header.Get("Retry-After") == "" || p.Detail != "too many imports at a time; end one, or try again in a minute" {
			t.Errorf("%s: %d %s", name, r.status, r.body)
		}
	}
	first()
	for range 3 { // each leaves when it is over
		if r := f.sendCSV(t, "PATCH", "jane\n"); r.status != 200 {
			t.Errorf("%d %s", r.status, r.body)
		}
	}
	second()
}
