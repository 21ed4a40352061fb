package api_test

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"callout/internal/access"
	"callout/internal/callout"
)

const twoDomains = `
[[domain]]
name = "example.com"
aliases = ["example.org"]
destinations = ["HOST"]
[[domain]]
name = "foreign.example"
destinations = ["HOST"]
`

// who makes the requests of TestRoles, in the order of its columns.
var roles = []string{"socket", "admin", "admin reads", "domain", "domain reads", "nobody", "expired"}

// TestRoles is who may do what: what each request is answered, by who makes it. The domain users' domain is example.com.
// What is refused changes nothing, and leaves one line in the audit log. What changes something is asked for in the order of the
// table, in a house of its own.
func TestRoles(t *testing.T) {
	for i, role := range roles {
		t.Run(role, func(t *testing.T) {
			t.Parallel()
			same, changing := newRoleTest(t, role), newRoleTest(t, role)
			for n, c := range permissions {
				one := same
				if c.want[i] < 400 && c.method != "GET" {
					one = changing
				}
				q := request{method: c.method, path: c.path, body: c.body}
				if role == "expired" { // which no address may be for long
					q.from = fmt.Sprintf("127.0.1.%d", n+1)
				}
				one.try(t, q, c.want[i])
			}
		})
	}
}

// permission is a request and what it is answered, by who makes it.
type permission struct {
	method, path, body string
	want               [7]int
}

var permissions = []permission{
	{"POST", "verify", `{"recipient":"john@example.com"}`, [7]int{200, 200, 200, 200, 200, 401, 401}},
	{"POST", "verify", `{"recipient":"john@example.org"}`, [7]int{200, 200, 403, 200, 403, 401, 401}}, // nothing is known of it
	{"POST", "verify", `{"recipient":"john@example.com","fresh":true}`, [7]int{200, 200, 403, 200, 403, 401, 401}},
	{"POST", "verify", `{"recipient":"john@foreign.example"}`, [7]int{200, 200, 200, 404, 404, 401, 401}},
	{"POST", "domains/example.com/doctor", "", [7]int{200, 200, 403, 200, 403, 401, 401}},
	{"POST", "domains/foreign.example/doctor", "", [7]int{200, 200, 403, 404, 404, 401, 401}},

	{"GET", "domains", "", [7]int{200, 200, 200, 200, 200, 401, 401}},
	{"GET", "domains/example.com", "", [7]int{200, 200, 200, 200, 200, 401, 401}},
	{"GET", "domains/example.org", "", [7]int{200, 200, 200, 200, 200, 401, 401}},
	{"GET", "domains/foreign.example", "", [7]int{200, 200, 200, 404, 404, 401, 401}},
	{"PUT", "domains/new.example", `{"mode":"off"}`, [7]int{201, 201, 403, 403, 403, 401, 401}},
	{"PUT", "domains/stored.example", `{"mode":"off"}`, [7]int{200, 200, 403, 403, 403, 401, 401}},
	{"DELETE", "domains/stored.example", "", [7]int{200, 200, 403, 403, 403, 401, 401}},
	{"GET", "domains/example.com/hosts", "", [7]int{200, 200, 200, 200, 200, 401, 401}},
	{"GET", "domains/foreign.example/hosts", "", [7]int{200, 200, 200, 404, 404, 401, 401}},

	{"GET", "domains/example.com/verdicts", "", [7]int{200, 200, 200, 200, 200, 401, 401}},
	{"GET", "domains/foreign.example/verdicts", "", [7]int{200, 200, 200, 404, 404, 401, 401}},
	{"DELETE", "domains/example.com/verdicts", "", [7]int{200, 200, 403, 200, 403, 401, 401}},
	{"DELETE", "domains/example.com/verdicts?status=invalid", "", [7]int{200, 200, 403, 200, 403, 401, 401}},
	{"DELETE", "domains/foreign.example/verdicts", "", [7]int{200, 200, 403, 404, 404, 401, 401}},
	{"DELETE", "verdicts", "", [7]int{200, 200, 403, 403, 403, 401, 401}},
	{"GET", "verdicts/john@example.com", "", [7]int{200, 200, 200, 200, 200, 401, 401}},
	{"GET", "verdicts/john@foreign.example", "", [7]int{200, 200, 200, 404, 404, 401, 401}},
	{"DELETE", "verdicts/john@example.com", "", [7]int{200, 200, 403, 200, 403, 401, 401}},
	{"DELETE", "verdicts/john@foreign.example", "", [7]int{200, 200, 403, 404, 404, 401, 401}},

	{"GET", "domains/example.com/recipients", "", [7]int{200, 200, 200, 200, 200, 401, 401}},
	{"GET", "domains/foreign.example/recipients", "", [7]int{200, 200, 200, 404, 404, 401, 401}},
	{"PUT", "domains/example.com/recipients", `{"recipients":["jane"]}`, [7]int{200, 200, 403, 200, 403, 401, 401}},
	{"PUT", "domains/foreign.example/recipients", `{"recipients":["jane"]}`, [7]int{200, 200, 403, 404, 404, 401, 401}},
	{"PATCH", "domains/example.com/recipients", `{"add":["jane"]}`, [7]int{200, 200, 403, 200, 403, 401, 401}},
	{"PATCH", "domains/foreign.example/recipients", `{"add":["jane"]}`, [7]int{200, 200, 403, 404, 404, 401, 401}},

	{"GET", "pause", "", [7]int{200, 200, 200, 200, 200, 401, 401}},
	{"PUT", "pause", "", [7]int{200, 200, 403, 403, 403, 401, 401}},
	{"DELETE", "pause", "", [7]int{200, 200, 403, 403, 403, 401, 401}},
	{"PUT", "domains/example.com/pause", "", [7]int{200, 200, 403, 403, 403, 401, 401}},
	{"DELETE", "domains/example.com/pause", "", [7]int{200, 200, 403, 403, 403, 401, 401}},

	{"GET", "decisions", "", [7]int{200, 200, 200, 200, 200, 401, 401}},
	{"GET", "decisions?domain=foreign.example", "", [7]int{200, 200, 200, 404, 404, 401, 401}},
	{"GET", "status", "", [7]int{200, 200, 200, 200, 200, 401, 401}},
	{"DELETE", "status/hosts/HOST", "", [7]int{200, 200, 403, 403, 403, 401, 401}},
	{"GET", "alerts?past=true", "", [7]int{200, 200, 200, 200, 200, 401, 401}},
	{"GET", "rates", "", [7]int{200, 200, 200, 403, 403, 401, 401}},
	{"GET", "charts/hour", "", [7]int{200, 200, 200, 403, 403, 401, 401}},

	{"GET", "users", "", [7]int{200, 200, 200, 403, 403, 401, 401}},
	{"GET", "users/anna", "", [7]int{200, 200, 200, 403, 403, 401, 401}},
	{"PUT", "users/new", `{"role":"admin","password":"correct horse"}`, [7]int{201, 201, 403, 403, 403, 401, 401}},
	{"PATCH", "users/anna", `{"domains":["foreign.example"]}`, [7]int{200, 200, 403, 403, 403, 401, 401}},
	{"DELETE", "users/anna", "", [7]int{200, 200, 403, 403, 403, 401, 401}},
	{"GET", "tokens", "", [7]int{200, 200, 200, 200, 200, 401, 401}},
	{"POST", "tokens", `{"label":"new","role":"domain","domains":["example.com"]}`, [7]int{201, 201, 403, 403, 403, 401, 401}},
	{"DELETE", "tokens/TOKEN", "", [7]int{200, 200, 403, 404, 404, 401, 401}},
	{"GET", "audit", "", [7]int{200, 200, 200, 403, 403, 401, 401}},
}

// roleTest is a house in which somebody makes requests.
type roleTest struct {
	*fixture
	role, token string
	other       string // ID of a token of somebody else
}

func newRoleTest(t *testing.T, role string) *roleTest {
	t.Helper()
	r := &roleTest{fixture: startWith(t, twoDomains, callout.Options{}), role: role}
	r.steps(t, []step{
		{"PUT", "domains/stored.example", `{"destinations":["HOST"]}`, 201, nil},
		{"PUT", "users/anna", `{"role":"domain","domains":["example.com"],"password":"correct horse"}`, 201, nil},
		{"PATCH", "domains/foreign.example/recipients", `{"add":["there"]}`, 200, nil},
	})
	for _, who := range []string{"john@example.com", "nobody@example.com", "john@foreign.example", "nobody@foreign.example"} {
		r.decide(t, who)
	}
	_, made, err := r.access.CreateToken(context.Background(), access.Token{Label: "other", Role: access.RoleAdmin})
	check(t, err)
	r.other = made.ID
	switch role {
	case "admin", "admin reads":
		r.token = r.fixture.token(t, access.RoleAdmin, role == "admin")
	case "domain", "domain reads":
		r.token = r.fixture.token(t, access.RoleDomain, role == "domain", "example.com")
	case "expired":
		r.token = expired
	}
	return r
}

// try makes a request and sees what comes of it.
func (r *roleTest) try(t *testing.T, q request, want int) {
	t.Helper()
	name := q.method + " " + q.path
	q.path = strings.NewReplacer("HOST", r.host, "TOKEN", r.other).Replace(q.path)
	if q.token = r.token; r.role != "socket" {
		q.path = "/api/v1/" + q.path
	}
	before, refusals := r.state(t), r.refusals(t)
	got := r.send(t, q)
	if got.status != want {
		t.Errorf("%s: %d %s; want %d", name, got.status, got.body, want)
		return
	}
	if want < 400 {
		if strings.HasPrefix(r.role, "domain") && strings.Contains(got.body, "foreign.example") {
			t.Errorf("%s tells of another domain: %s", name, got.body)
		}
		return
	}
	isProblem(t, name, got)
	if after := r.state(t); after != before {
		t.Errorf("%s: refused, and changed\n%s\nto\n%s", name, before, after)
	}
	least := 1
	if r.role == "nobody" { // who shows nothing has tried nothing
		least = 0
	}
	if left := r.refusals(t) - refusals; left != least {
		t.Errorf("%s: %d lines in the audit log; want %d", name, left, least)
	}
}

// state is all that a request could have changed.
func (f *fixture) state(t *testing.T) string {
	t.Helper()
	var all []string
	for _, path := range []string{"domains", "domains/example.com/verdicts", "domains/foreign.example/verdicts", "domains/example.com/recipients",
		"domains/foreign.example/recipients", "pause", "users"} {
		_, _, body := f.do(t, "GET", path, "")
		all = append(all, body)
	}
	var tokens struct{ Tokens []map[string]any }
	_, _, body := f.do(t, "GET", "tokens", "")
	check(t, json.Unmarshal([]byte(body), &tokens))
	for _, one := range tokens.Tokens {
		delete(one, "last_used")
		all = append(all, fmt.Sprint(one))
	}
	return asked.ReplaceAllString(strings.Join(all, "\n"), "")
}

// asked is worked out anew each time, from how long ago it was.
var asked = regexp.MustCompile(`,"asked":"[^"]*"`)

// refusals counts what the audit log has of those.
func (f *fixture) refusals(t *testing.T) int {
	t.Helper()
	yes := true
	page, _, err := f.access.Events(context.Background(), access.EventQuery{Refused: &yes, Limit: 1000})
	check(t, err)
	return len(page)
}
