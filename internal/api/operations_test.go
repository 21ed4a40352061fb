package api_test

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"testing"

	"callout/internal/operate"
)

// A session of requests in order.
func TestOperations(t *testing.T) {
	f := start(t)
	f.decide(t, "john@example.com")
	f.decide(t, "nobody@example.com")
	f.decide(t, "o'neil/2@example.com")
	f.steps(t, []step{
		{"GET", "domains", "", 200, []string{`{"domains":[{"name":"example.com","origin":"file","destinations":[["HOST"]],"on_unknown":"defer","mode":"callout","enforce":true,"recipients":0,"catch_all":{"accepts":false`,
			`"total":1}`, `"standing":[{"word":"verifies"`}},
		{"GET", "domains/EXAMPLE.com.", "", 200, []string{`"name":"example.com"`}},
		{"GET", "domains/elsewhere.example", "", 404, []string{"domain elsewhere.example is not served"}},
		{"GET", "domains/-", "", 400, []string{"is not a domain name"}},
		{"PUT", "domains/catchall.example", `{"destinations":["HOST"],"on_unknown":"accept"}`, 201, []string{`"origin":"store"`, `"on_unknown":"accept"`, `"spec":{"destinations":["HOST"],"on_unknown":"accept"}`}},
		{"PUT", "domains/catchall.example", `{"destinations":["HOST"]}`, 200, []string{`"on_unknown":"defer"`}},
		{"PUT", "domains/catchall.example", `{"destination":["HOST"]}`, 422, []string{"destination", "did you mean destinations?", `"errors":[{"field":"destination"`}},
		{"PUT", "domains/catchall.example", `{"destinations":`, 422, []string{"catchall.example"}},
		{"PUT", "domains/catchall.example", strings.Repeat(" ", 1<<20) + "{}", 413, []string{"longer than 1 MiB", "too large"}},
		{"PUT", "domains/example.com", `{"destinations":["HOST"]}`, 409, []string{"in the configuration file"}},
		{"DELETE", "domains/example.com", "", 409, []string{"in the configuration file"}},
		{"DELETE", "domains/catchall.example", "", 200, []string{`"removed":"catchall.example"`}},
		{"DELETE", "domains/catchall.example", "", 404, []string{"there is no such domain"}},

		{"GET", "verdicts/nobody@example.com", "", 200, []string{`"status":"invalid","code":550,"enhanced":"5.1.1"`, `"host":"HOST"`}},
		{"GET", "verdicts/" + url.PathEscape("o'neil/2@example.com"), "", 200, []string{`"status":"valid"`}},
		{"GET", "verdicts/never@example.com", "", 200, []string{`{"recipient":"never@example.com","status":"unknown"}`}},
		{"GET", "verdicts/john@elsewhere.example", "", 404, []string{"is not served"}},
		{"GET", "verdicts/john", "", 400, []string{"address without a domain"}},
		{"GET", "domains/example.com/verdicts", "", 200, []string{"john@example.com", "nobody@example.com", "o'neil/2@example.com"}},
		{"GET", "domains/example.com/verdicts?status=invalid", "", 200, []string{`{"verdicts":[{"recipient":"nobody@example.com"`}},
		{"GET", "domains/example.com/verdicts?query=NEIL", "", 200, []string{`{"verdicts":[{"recipient":"o'neil/2@example.com"`}},
		{"GET", "domains/example.com/verdicts?prefix=JO", "", 200, []string{`{"verdicts":[{"recipient":"john@example.com"`}},
		{"GET", "domains/example.com/verdicts?status=maybe", "", 400, []string{"status", "maybe", "none of valid, invalid", `"field":"status"`}},
		{"GET", "domains/example.com/verdicts?limit=0", "", 400, []string{"limit"}},
		{"GET", "domains/example.com/verdicts?limit=1001", "", 400, []string{"limit", "from 1 to 1000"}},
		{"GET", "domains/example.com/verdicts?limit=many", "", 400, []string{"limit"}},
		{"GET", "domains/example.com/verdicts?cursor=junk", "", 400, []string{"cursor"}},
		{"DELETE", "verdicts/NOBODY@example.com", "", 200, []string{`{"cleared":"NOBODY@example.com","stored":1}`}},
		{"GET", "verdicts/nobody@example.com", "", 200, []string{`"status":"unknown"`}},
		{"DELETE", "domains/example.com/verdicts", "", 200, []string{`{"cleared":"example.com","stored":2}`}},
		{"GET", "domains/example.com/verdicts", "", 200, []string{`{"verdicts":[]}`}},
		{"DELETE", "verdicts", "", 200, []string{`{"cleared":"everything","stored":`}},
	})
}

// A clear of the invalid ones leaves the others.
func TestClearInvalid(t *testing.T) {
	f := start(t)
	f.decide(t, "john@example.com")
	f.decide(t, "nobody@example.com")
	f.steps(t, []step{
		{"DELETE", "domains/example.com/verdicts?status=valid", "", 400, []string{"none of invalid"}},
		{"DELETE", "domains/example.com/verdicts?status=invalid", "", 200, []string{`{"cleared":"example.com","stored":1}`}},
		{"GET", "verdicts/nobody@example.com", "", 200, []string{`"status":"unknown"`}},
		{"GET", "verdicts/john@example.com", "", 200, []string{`"status":"valid"`}},
	})
}

// Pages join into the whole list, without a gap or a repeat, and each leads back to the one before.
func TestPages(t *testing.T) {
	f := start(t)
	for n := range 25 {
		f.decide(t, fmt.Sprintf("user%02d@example.com", n))
	}
	read := func(cursor string) operate.VerdictPage {
		t.Helper()
		_, _, body := f.do(t, "GET", "domains/example.com/verdicts?limit=10&cursor="+url.QueryEscape(cursor), "")
		var page operate.VerdictPage
		check(t, json.Unmarshal([]byte(body), &page))
		return page
	}
	var got []string
	page := read("")
	for range 10 {
		for _, v := range page.Verdicts {
			got = append(got, v.Recipient)
		}
		if page.Next == "" {
			break
		}
		page = read(page.Next)
	}
	if len(got) != 25 {
		t.Errorf("%d verdicts: %v", len(got), got)
	}
	for n, r := range got {
		if want := fmt.Sprintf("user%02d@example.com", n); r != want {
			t.Errorf("verdict %d is %s; want %s", n, r, want)
		}
	}
	if back := read(page.Previous); len(back.Verdicts) != 10 || back.Verdicts[0].Recipient != "user10@example.com" {
		t.Errorf("the page before the last: %+v", back)
	}
}

// Domains page too, and are found by a part of a name or of an alias.
func TestDomainPages(t *testing.T) {
	f := start(t)
	for n := range 5 {
		f.steps(t, []step{{"PUT", fmt.Sprintf("domains/d%d.example", n), fmt.Sprintf(`{"destinations":["HOST"],"aliases":["alias%d.example"]}`, n), 201, nil}})
	}
	read := func(query string) operate.DomainPage {
		t.Helper()
		status, _, body := f.do(t, "GET", "domains?"+query, "")
		var page operate.DomainPage
		if err := json.Unmarshal([]byte(body), &page); err != nil || status != 200 {
			t.Fatalf("%d %s", status, body)
		}
		return page
	}
	names := func(p operate.DomainPage) string {
		var all []string
		for _, d := range p.Domains {
			all = append(all, d.Name)
		}
		return strings.Join(all, " ")
	}
	first := read("limit=4")
	if names(first) != "d0.example d1.example d2.example d3.example" || first.Total != 6 || first.Previous != "" || first.Next == "" {
		t.Errorf("%s %+v", names(first), first)
	}
	second := read("limit=4&cursor=" + first.Next)
	if names(second) != "d4.example example.com" || second.Next != "" || names(read("limit=4&cursor="+second.Previous)) != names(first) {
		t.Errorf("%s", names(second))
	}
	if got := names(read("query=ALIAS3")); got != "d3.example" {
		t.Error(got)
	}
	if got := names(read("sort=-name&limit=1")); got != "example.com" {
		t.Error(got)
	}
}

// A store that can't be written refuses clears and changes: they could not be made durable. Who is admin reads why, others
// a number that the log has.
func TestStoreThatFails(t *testing.T) {
	f := start(t)
	f.decide(t, "john@example.com")
	token := f.token(t, "domain", true, "example.com")
	f.db.Close()
	for _, step := range [][2]string{{"DELETE", "verdicts/john@example.com"}, {"DELETE", "domains/example.com/verdicts"}, {"DELETE", "verdicts"}} {
		if status, _, body := f.do(t, step[0], step[1], ""); status != 500 || !strings.Contains(body, "closed") || !strings.Contains(body, "in the log") {
			t.Errorf("%v: %d %s", step, status, body)
		}
	}
	if status, _, body := f.do(t, "PUT", "domains/new.example", fmt.Sprintf(`{"destinations":[%q]}`, f.host)); status != 500 {
		t.Errorf("PUT: %d %s", status, body)
	}
	if status, _, _ := f.do(t, "GET", "domains/new.example", ""); status != 404 {
		t.Error("a domain that could not be stored is served")
	}
	r := f.send(t, request{method: "DELETE", path: "/api/v1/verdicts/john@example.com", token: token})
	p := isProblem(t, "a domain user", r)
	words := strings.Fields(p.Detail) // "internal error 1a2b3c4d; ..."
	if r.status != 500 || strings.Contains(r.body, "closed") || !strings.Contains(f.log.String(), "error_id="+strings.TrimSuffix(words[2], ";")) {
		t.Errorf("%d %s, log %s", r.status, r.body, f.log.String())
	}
}
