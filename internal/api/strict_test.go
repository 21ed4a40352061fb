package api_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"strings"
	"testing"

	"github.com/danielgtaylor/huma/v2"

	"callout/internal/access"
	"callout/internal/callout"
)

// Names in a body are taken by the letter, and each once.
func TestNamesInBodiesAreTakenByTheLetter(t *testing.T) {
	f := startWith(t, listed, callout.Options{})
	f.steps(t, []step{{"PUT", "users/boss", `{"role":"admin","password":"correct horse"}`, 201, nil}})
	before := f.state(t)
	unknown := func(name string) []string {
		return []string{`unknown field \"` + name + `\"`, `"field":"` + name + `"`}
	}
	twice := func(name string) []string { return []string{name + " is there twice", `"field":"` + name + `"`} }
	f.steps(t, []step{
		{"POST", "verify", `{"RECIPIENT":"john@example.com"}`, 422, unknown("RECIPIENT")},
		{"POST", "verify", `{"recipient":"john@example.com","recipient":"jane@example.com"}`, 422, twice("recipient")},
		{"POST", "verify", `{"recipient":"john@example.com","":1}`, 422, unknown("")[:1]},
		{"POST", "verify", `{"recipient":{"a":1,"a":2}}`, 422, []string{"recipient does not take a object", `"field":"recipient"`}},
		{"POST", "verify", `null`, 422, []string{"it is no JSON object"}},
		{"POST", "verify", `{"recipient":"john@example.com"`, 422, []string{"it ends too early"}},
		{"POST", "verify", `{"recipient"`, 422, []string{"it ends too early"}},
		{"POST", "verify", `{"recipient":"john@example.com",}`, 422, []string{"the body can't be used"}},
		{"POST", "verify", `{"recipient":"john@example.com"}{}`, 422, []string{"something follows"}},
		{"POST", "tokens", `{"label":"x","role":"admin","Write":true}`, 422, unknown("Write")},
		{"POST", "tokens", `{"label":"x","role":"domain","role":"admin"}`, 422, twice("role")},
		{"POST", "tokens", `{"label":"x","role":"admin","expires":"tomorrow"}`, 422, []string{`"field":"expires"`}},
		{"POST", "domains/example.com/doctor", `{"Catch_All":true}`, 422, unknown("Catch_All")},
		{"PUT", "pause", `{"For":"1h"}`, 422, unknown("For")},
		{"PUT", "domains/example.com/pause", `{"for":"1h","for":"2h"}`, 422, twice("for")},
		{"PUT", "users/anna", `{"role":"admin","Password":"correct horse"}`, 422, unknown("Password")},
		{"PATCH", "users/boss", `{"password":"another horse","password":"another horse"}`, 422, twice("password")},
		{"PUT", "domains/example.com/recipients", `{"Recipients":[]}`, 422, unknown("Recipients")},
		{"PATCH", "domains/example.com/recipients", `{"add":["zoe"],"add":[]}`, 422, twice("add")},
		{"PUT", "domains/new.example", `{"destinations":["HOST"],"destinations":["192.0.2.1"]}`, 422, []string{"it is there twice"}},
		{"PUT", "domains/new.example", `{"Destinations":["HOST"]}`, 422, []string{`"field":"Destinations"`}},
	})
	if after := f.state(t); after != before {
		t.Errorf("from\n%s\nto\n%s", before, after)
	}
}

// The fields of bodies are plain values and lists of them: in those there are no names to be strict with. The settings of a domain,
// which config reads, aside.
func TestBodiesAreFlat(t *testing.T) {
	f := start(t)
	schemas := f.api.Document().Components.Schemas
	for _, op := range operations(f.api) {
		if op.RequestBody == nil || op.OperationID == "set-domain" {
			continue
		}
		body := op.RequestBody.Content["application/json"].Schema
		if body.Ref != "" {
			body = schemas.SchemaFromRef(body.Ref)
		}
		for name, s := range body.Properties {
			if s.Items != nil {
				s = s.Items
			}
			if s.Ref != "" || s.Type == huma.TypeObject || s.Type == huma.TypeArray {
				t.Errorf("%s: %s has names of its own", op.OperationID, name)
			}
		}
	}
}

// A request whose token is revoked, or may less, while its body comes, changes nothing: the server has looked at the token by then,
// since it asks for the body.
func TestATokenThatEndsWhileItsBodyComesChangesNothing(t *testing.T) {
	for _, c := range []struct{ method, path, contentType, body string }{
		{"POST", "tokens", "", `{"label":"x","role":"admin","write":true}`},
		{"PUT", "domains/new.example", "", `{"destinations":["192.0.2.1"]}`},
		{"PUT", "users/anna", "", `{"role":"admin","password":"correct horse"}`},
		{"PUT", "pause", "", `{}`},
		{"PATCH", "domains/example.com/recipients", "", `{"add":["zoe"]}`},
		{"PUT", "domains/example.com/recipients", "text/csv", "zoe\n"},
		{"PATCH", "domains/example.com/recipients", "text/csv", "zoe\n"},
	} {
		f := startWith(t, twoDomains, callout.Options{})
		f.steps(t, []step{
			{"PUT", "users/boss", `{"role":"admin","password":"correct horse"}`, 201, nil},
			{"PUT", "users/owner", `{"role":"admin","password":"correct horse"}`, 201, nil},
		})
		for _, end := range []struct {
			how    string
			do     func(id string) error
			status int
		}{
			{"revoked", func(id string) error { return f.access.DeleteToken(t.Context(), id) }, 401},
			{"less", func(string) error {
				_, err := f.access.ChangeUser(t.Context(), "owner", access.UserChange{Role: access.RoleDomain, Domains: []string{"foreign.example"}})
				return err
			}, 403},
			{"gone", func(string) error { return f.access.DeleteUser(t.Context(), "owner") }, 401},
		} {
			_, err := f.access.ChangeUser(t.Context(), "owner", access.UserChange{Role: access.RoleAdmin})
			check(t, err)
			secret, made, err := f.access.CreateToken(t.Context(), access.Token{Label: "hers", Owner: "owner", Role: access.RoleAdmin, Write: true})
			check(t, err)
			before, asked := "", false
			req, err := http.NewRequest(c.method, f.open+"/api/v1/"+c.path, strings.NewReader(c.body))
			check(t, err)
			req = req.WithContext(httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{Got100Continue: func() {
				asked = true
				check(t, end.do(made.ID))
				before = f.state(t)
			}}))
			req.Header.Set("Authorization", "Bearer "+secret)
			req.Header.Set("Expect", "100-continue")
			req.Header.Set("Content-Type", c.contentType)
			resp, err := (&http.Transport{ExpectContinueTimeout: 1 << 40, DisableKeepAlives: true}).RoundTrip(req)
			check(t, err)
			text, err := io.ReadAll(resp.Body)
			check(t, err)
			resp.Body.Close()
			name := fmt.Sprintf("%s %s %s, %s", c.method, c.path, c.contentType, end.how)
			want := end.status
			if want == 403 && strings.Contains(c.path, "recipients") { // their domain no more
				want = 404
			}
			if resp.StatusCode != want || !asked || want == 401 && resp.Header.Get("WWW-Authenticate") == "" {
				t.Errorf("%s: %s %s; want %d; the body was asked for: %v", name, resp.Status, text, want, asked)
			}
			if after := f.state(t); after != before {
				t.Errorf("%s: from\n%s\nto\n%s", name, before, after)
			}
		}
	}
}
