package api_test

import (
	"strings"
	"testing"
)

// What is given of a user changes, what is not stays, and the audit log says no more than that.
func TestUsersAreChangedInPart(t *testing.T) {
	f := start(t)
	f.steps(t, []step{
		{"PUT", "users/boss", `{"role":"admin","password":"correct horse"}`, 201, nil},
		{"PATCH", "users/anna", `{"password":"correct horse"}`, 404, []string{`there is no user \"anna\"`}},
		{"GET", "users/anna", "", 404, nil}, // and it makes none
		{"PUT", "users/anna", `{"role":"domain","domains":["example.com"],"password":"correct horse"}`, 201, nil},
		{"PATCH", "users/Anna", `{"domains":["b.example","a.example"]}`, 200, []string{`"name":"anna","role":"domain","domains":["a.example","b.example"]`}},
		{"PATCH", "users/anna", `{"password":"another horse"}`, 200, []string{`"role":"domain","domains":["a.example","b.example"]`}},
		{"PATCH", "users/anna", `{"domains":[]}`, 200, []string{`"role":"domain","created"`}},
		{"PATCH", "users/anna", `{"domains":["example.com"]}`, 200, []string{`"domains":["example.com"]`}},
		{"PATCH", "users/anna", `{"role":"admin"}`, 200, []string{`"role":"admin","created"`}},
		{"PATCH", "users/anna", `{"domains":["example.com"]}`, 422, []string{"anna is an admin", `"field":"domains"`}},
		{"PATCH", "users/anna", `{}`, 422, []string{"nothing to change"}},
		{"PATCH", "users/anna", `{"password":"short"}`, 422, []string{`"field":"password"`}},
		{"PATCH", "users/anna", `{"name":"bert"}`, 422, []string{"unknown field"}},
		{"PATCH", "users/anna", `{"domains":["no domain"]}`, 422, []string{`"field":"domains"`}},
	})
	_, _, body := f.do(t, "GET", "audit", "")
	for _, want := range []string{`"detail":"domains a.example, b.example"`, `"detail":"password set"`, `"detail":"no domains"`, `"detail":"role admin"`} {
		if !strings.Contains(body, want) {
			t.Errorf("the audit log does not have %s: %s", want, body)
		}
	}
	if strings.Contains(body, "horse") {
		t.Errorf("the audit log has a password: %s", body)
	}
}

// With If-None-Match: * one who is there stays as they are.
func TestUsersAreAddedAlone(t *testing.T) {
	f := start(t)
	put := func(match, body string, want int) {
		t.Helper()
		r := f.send(t, request{method: "PUT", path: "users/anna", body: body, header: map[string]string{"If-None-Match": match}})
		if r.status != want {
			t.Errorf("If-None-Match %q: %d %s; want %d", match, r.status, r.body, want)
		}
		if want >= 400 {
			isProblem(t, match, r)
		}
	}
	put("*", `{"role":"admin"}`, 422)
	put("*", `{"role":"admin","password":"correct horse"}`, 201)
	put("*", `{"role":"domain","domains":["example.com"],"password":"another horse"}`, 412)
	f.steps(t, []step{{"GET", "users/anna", "", 200, []string{`"role":"admin"`}}})
	put(`"tag"`, `{"role":"admin"}`, 200) // of those there are none
	put("", `{"role":"admin"}`, 200)
}
