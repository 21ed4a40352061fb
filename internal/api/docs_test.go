package api_test

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

// The page for people has every operation and schema, asks for nothing but its stylesheet and runs nothing.
func TestDocsPage(t *testing.T) {
	f := start(t)
	r := f.send(t, request{method: "GET", path: "/api/docs"})
	if r.status != 200 || r.header.Get("Content-Type") != "text/html; charset=utf-8" {
		t.Fatalf("%d %v", r.status, r.header)
	}
	for _, op := range operations(f.api) {
		if !strings.Contains(r.body, `<article id="`+op.OperationID+`">`) {
			t.Errorf("%s is not there", op.OperationID)
		}
	}
	for name := range f.api.Document().Components.Schemas.Map() {
		if !strings.Contains(r.body, `<article id="schema-`+name+`">`) {
			t.Errorf("the schema %s is not there", name)
		}
	}
	for _, m := range regexp.MustCompile(`href="#([^"]*)"`).FindAllStringSubmatch(r.body, -1) {
		if !strings.Contains(r.body, `id="`+m[1]+`"`) {
			t.Errorf("#%s leads nowhere", m[1])
		}
	}
	if policy := r.header.Get("Content-Security-Policy"); !strings.Contains(policy, "default-src 'none'") || strings.Contains(policy, "unsafe") {
		t.Error(policy)
	}
	if regexp.MustCompile(`(?i)<script|style=| on\w+=|src=`).MatchString(r.body) {
		t.Error("the page has what its policy forbids")
	}
	if style := f.send(t, request{method: "GET", path: "/api/docs.css"}); style.status != 200 || style.header.Get("Content-Type") != "text/css; charset=utf-8" ||
		strings.Contains(style.body, "url(") {
		t.Errorf("%d %v", style.status, style.header)
	}
}

// The guide has every operation and every call, and names none that there is not.
func TestGuide(t *testing.T) {
	b, err := os.ReadFile("../../docs/api.md")
	check(t, err)
	f := start(t)
	known := map[string]bool{}
	for _, op := range operations(f.api) {
		known[op.Method+" "+strings.TrimPrefix(op.Path, "/api/v1/")] = true
	}
	told := map[string]bool{}
	for _, m := range regexp.MustCompile("(?m)^\\| `((?:GET|PUT|POST|PATCH|DELETE) [^`]*)` \\|").FindAllStringSubmatch(string(b), -1) {
		told[m[1]] = true
		if !known[m[1]] {
			t.Errorf("docs/api.md has %s, which there is not", m[1])
		}
	}
	for one := range known {
		if !told[one] {
			t.Errorf("docs/api.md does not have %s", one)
		}
	}
	for _, m := range regexp.MustCompile(`api_\w+`).FindAllString(f.cgi(t, f.token(t, "admin", false), "call=api_help", nil).body, -1) {
		if !strings.Contains(string(b), "`"+m) {
			t.Errorf("docs/api.md does not have %s", m)
		}
	}
}
