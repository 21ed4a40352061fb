package api_test

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"callout/internal/access"
	"callout/internal/api"
	"callout/internal/callout"
	"callout/internal/config"
	"callout/internal/store"
)

// promised is what the requests of TestPromises are about: a domain of the file with an alias, one of the store, one that is
// not asked; an admin and a domain user with a token each.
func promised(t *testing.T) (f *fixture, tokens map[string]string) {
	f = startStored(t, strings.Replace(plain, "destinations", "aliases = [\"example.org\"]\ndestinations", 1), callout.Options{},
		store.Verdict{Domain: "example.com", Local: "stored", Status: store.Valid, Asked: time.Now(), Expires: time.Now().Add(time.Hour), Code: 250})
	f.steps(t, []step{
		{"PUT", "domains/stored.example", `{"destinations":["HOST"]}`, 201, nil},
		{"PUT", "domains/off.example", `{"mode":"off"}`, 201, nil},
		{"PUT", "users/boss", `{"role":"admin","password":"correct horse"}`, 201, nil},
		{"PUT", "users/anna", `{"role":"domain","domains":["example.com"],"password":"correct horse"}`, 201, nil},
	})
	f.decide(t, "john@example.com")
	f.decide(t, "nobody@example.com")
	tokens = map[string]string{
		"admin": f.token(t, access.RoleAdmin, true), "reads": f.token(t, access.RoleAdmin, false),
		"domain": f.token(t, access.RoleDomain, true, "example.com"), "foreign": f.token(t, access.RoleDomain, true, "off.example"),
	}
	_, made, err := f.access.CreateToken(context.Background(), access.Token{Label: "old", Role: access.RoleAdmin})
	check(t, err)
	tokens["ID"] = made.ID
	return f, tokens
}

// promise is a request of an operation, in place of its usual one where fields are set, that is answered with a status.
type promise struct {
	status  int
	path    string // what the path's parameter is; a query behind "?"
	body    string
	token   string // whose; "": an admin's
	header  map[string]string
	prepare func(*testing.T, *fixture)
}

// usual is the request of each operation that succeeds, with its path's parameter and its body.
var usual = map[string][2]string{
	"verify": {"", `{"recipient":"john@example.com"}`}, "doctor": {"example.com", `{"good":"john@example.com"}`},
	"list-domains": {}, "show-domain": {"example.com"}, "set-domain": {"stored.example", `{"destinations":["HOST"]}`},
	"remove-domain": {"stored.example"}, "list-hosts": {"example.com"},
	"list-verdicts": {"example.com"}, "clear-domain": {"example.com"}, "clear-everything": {}, "show-verdict": {"stored@example.com"},
	"clear-recipient": {"john@example.com"},
	"list-recipients": {"example.com"}, "set-recipients": {"example.com", `{"recipients":["jane"]}`},
	"change-recipients": {"example.com", `{"add":["jane"]}`},
	"list-pauses":       {}, "pause-everything": {"", `{"for":"1h"}`}, "resume-everything": {}, "pause-domain": {"example.com", `{}`},
	"resume-domain": {"example.com"}, "list-decisions": {},
	"show-status": {}, "forget-host": {"HOST"}, "list-alerts": {"?past=true"}, "show-rates": {}, "show-chart": {"hour"},
	"list-users": {}, "show-user": {"anna"}, "set-user": {"anna", `{"role":"domain","domains":["example.com"]}`},
	"change-user": {"anna", `{"domains":["example.com"]}`}, "remove-user": {"anna"},
	"list-tokens": {}, "create-token": {"", `{"label":"new","role":"admin"}`}, "revoke-token": {"TOKEN"}, "list-audit": {},
}

var (
	tooLong     = strings.Repeat(" ", 1<<20) + "{}"
	muchTooLong = strings.Repeat(" ", 16<<20) + "{}"
)

// promises are the requests for every other status, but those that every operation has.
var promises = map[string][]promise{
	"verify": {{status: 403, body: `{"recipient":"never@example.com"}`, token: "reads"}, {status: 404, body: `{"recipient":"a@elsewhere.example"}`},
		{status: 413, body: tooLong}, {status: 422, body: `{}`}},
	"doctor": {{status: 403, token: "reads"}, {status: 404, path: "elsewhere.example"}, {status: 409, path: "off.example", body: `{}`},
		{status: 413, body: tooLong}, {status: 422, body: `{"good":"john@example.org"}`},
		{status: 503, prepare: func(_ *testing.T, f *fixture) { f.desk.Close() }}},
	"show-domain": {{status: 404, path: "elsewhere.example"}},
	"set-domain": {{status: 201, path: "new.example"}, {status: 403, token: "domain"}, {status: 409, path: "example.com"},
		{status: 412, header: map[string]string{"If-None-Match": "*"}}, {status: 413, body: tooLong}, {status: 422, body: `{"destinations":[]}`}},
	"remove-domain":    {{status: 403, token: "domain"}, {status: 404, path: "elsewhere.example"}, {status: 409, path: "example.com"}},
	"list-hosts":       {{status: 404, path: "elsewhere.example"}},
	"list-verdicts":    {{status: 404, path: "elsewhere.example"}},
	"clear-domain":     {{status: 403, token: "reads"}, {status: 404, path: "elsewhere.example"}},
	"clear-everything": {{status: 403, token: "domain"}},
	"show-verdict":     {{status: 404, path: "a@elsewhere.example"}},
	"clear-recipient":  {{status: 403, token: "reads"}, {status: 404, path: "a@elsewhere.example"}},
	"list-recipients":  {{status: 404, path: "elsewhere.example"}},
	"set-recipients": {{status: 403, token: "reads"}, {status: 404, path: "elsewhere.example"}, {status: 413, body: muchTooLong},
		{status: 422, body: `{}`}},
	"change-recipients": {{status: 403, token: "reads"}, {status: 404, path: "elsewhere.example"}, {status: 413, body: muchTooLong},
		{status: 422, body: `{"added":[]}`}},
	"pause-everything":  {{status: 403, token: "domain"}, {status: 413, body: tooLong}, {status: 422, body: `{"for":"soon"}`}},
	"resume-everything": {{status: 403, token: "domain"}},
	"pause-domain": {{status: 403, token: "domain"}, {status: 404, path: "elsewhere.example"}, {status: 413, body: tooLong},
		{status: 422, body: `{"for":"soon"}`}},
	"resume-domain":  {{status: 403, token: "domain"}, {status: 404, path: "elsewhere.example"}},
	"list-decisions": {{status: 404, path: "?domain=elsewhere.example", token: "domain"}},
	"forget-host":    {{status: 403, token: "domain"}, {status: 404, path: "elsewhere.example"}},
	"show-rates":     {{status: 403, token: "domain"}},
	"show-chart":     {{status: 403, token: "domain"}},
	"list-users":     {{status: 403, token: "domain"}},
	"show-user":      {{status: 403, token: "domain"}, {status: 404, path: "nobody"}},
	"set-user": {{status: 403, token: "domain"}, {status: 409, path: "boss"}, {status: 413, body: tooLong},
		{status: 412, header: map[string]string{"If-None-Match": "*"}, body: `{"role":"admin","password":"correct horse"}`},
		{status: 422, body: `{"role":"admin","password":"short"}`}, {status: 201, path: "new", body: `{"role":"admin","password":"correct horse"}`}},
	"change-user": {{status: 403, token: "domain"}, {status: 404, path: "nobody"}, {status: 409, path: "boss", body: `{"role":"domain"}`},
		{status: 413, body: tooLong}, {status: 422, body: `{}`}},
	"remove-user": {{status: 403, token: "domain"}, {status: 404, path: "nobody"}, {status: 409, path: "boss"}},
	"create-token": {{status: 201}, {status: 403, token: "domain"}, {status: 413, body: tooLong},
		{status: 422, body: `{"label":"new","role":"king"}`}},
	"revoke-token": {{status: 403, token: "reads"}, {status: 404, path: "nothing"}},
	"list-audit":   {{status: 403, token: "domain"}},
}

// operations returns every operation of the document.
func operations(a *api.API) []*huma.Operation {
	var all []*huma.Operation
	for _, path := range slices.Sorted(maps.Keys(a.Document().Paths)) {
		p := a.Document().Paths[path]
		for _, op := range []*huma.Operation{p.Get, p.Put, p.Post, p.Delete, p.Patch, p.Head, p.Options, p.Trace} {
			if op != nil {
				all = append(all, op)
			}
		}
	}
	return all
}

// requestOf makes the request of a promise.
func requestOf(f *fixture, op *huma.Operation, p promise, tokens map[string]string) request {
	parameter, body := usual[op.OperationID][0], usual[op.OperationID][1]
	if p.path != "" {
		parameter = p.path
	}
	if p.body != "" {
		body = p.body
	}
	parameter = strings.NewReplacer("HOST", f.host, "TOKEN", tokens["ID"]).Replace(parameter)
	path := op.Path
	if i, j := strings.IndexByte(path, '{'), strings.IndexByte(path, '}'); i > 0 {
		path = path[:i] + parameter + path[j+1:]
	} else {
		path += parameter
	}
	token := p.token
	if token == "" {
		token = "admin"
	}
	return request{method: op.Method, path: path, body: body, token: tokens[token], header: p.header}
}

// promiseTest is the houses that the requests of TestPromises are made in: what changes nothing in one for all operations, what
// changes something in one of its own.
type promiseTest struct {
	same, throttled, broken *fixture // the second sees bad tokens, the third has lost its store
	tokens                  map[*fixture]map[string]string
}

func newPromiseTest(t *testing.T) *promiseTest {
	p := &promiseTest{tokens: map[*fixture]map[string]string{}}
	p.same, p.throttled, p.broken = p.house(t), p.house(t), p.house(t)
	p.broken.db.Close()
	return p
}

func (p *promiseTest) house(t *testing.T) *fixture {
	f, tokens := promised(t)
	p.tokens[f] = tokens
	return f
}

// Every status that the document promises is what some request is answered with, every request of the tables is answered
// with what it says, and what is answered fits the schema that the document has for it.
func TestPromises(t *testing.T) {
	houses := newPromiseTest(t)
	var ids []string
	for _, op := range operations(houses.same.api) {
		ids = append(ids, op.OperationID)
		t.Run(op.OperationID, func(t *testing.T) { houses.test(t, op) })
	}
	for _, table := range []any{usual, promises} {
		for _, id := range reflect.ValueOf(table).MapKeys() {
			if !slices.Contains(ids, id.String()) {
				t.Errorf("there is no operation %s", id)
			}
		}
	}
}

func (h *promiseTest) test(t *testing.T, op *huma.Operation) {
	if _, ok := usual[op.OperationID]; !ok {
		t.Fatal("it has no usual request")
	}
	kept := map[string]bool{}
	answered := func(f *fixture, status int, r reply) {
		t.Helper()
		kept[fmt.Sprint(status)] = true
		if r.status != status {
			t.Errorf("%d %.300s; want %d", r.status, r.body, status)
			return
		}
		fits(t, f, op, r)
	}
	usually := func(f *fixture, change func(*request)) reply {
		r := requestOf(f, op, promise{}, h.tokens[f])
		change(&r)
		return f.send(t, r)
	}
	answered(h.same, 401, usually(h.same, func(r *request) { r.token = "" }))
	answered(h.same, 403, usually(h.same, func(r *request) { r.header = map[string]string{"Sec-Fetch-Site": "cross-site"} }))
	answered(h.same, 400, usually(h.same, func(r *request) {
		r.path += map[bool]string{true: "&", false: "?"}[strings.Contains(r.path, "?")] + "nonsense=1"
	}))
	all := promises[op.OperationID]
	if op.OperationID != "create-token" { // which is always 201
		all = append(slices.Clone(all), promise{status: 200})
	}
	for _, p := range all {
		f := h.same
		if p.prepare != nil || p.status < 400 && op.Method != "GET" {
			f = h.house(t)
		}
		if p.prepare != nil {
			p.prepare(t, f)
		}
		answered(f, p.status, f.send(t, requestOf(f, op, p, h.tokens[f])))
	}
	throttle(t, h.throttled)
	got := usually(h.throttled, func(r *request) { r.token = "callout_wrong" })
	answered(h.throttled, 429, got)
	if got.header.Get("Retry-After") == "" {
		t.Error("429 without Retry-After")
	}
	if got := usually(h.broken, func(*request) {}); got.status == 500 {
		answered(h.broken, 500, got)
	}
	h.documented(t, op, kept)
}

// documented compares the statuses that there were with those that the document has.
func (h *promiseTest) documented(t *testing.T, op *huma.Operation, kept map[string]bool) {
	for status := range op.Responses {
		if !kept[status] && !(op.OperationID == "create-token" && status == "200") {
			t.Errorf("no request is answered %s", status)
		}
	}
	for status := range kept {
		if op.Responses[status] == nil {
			t.Errorf("the document does not say %s", status)
		}
	}
}

// throttle shows bad tokens until no more are taken.
func throttle(t *testing.T, f *fixture) {
	t.Helper()
	for range 20 {
		if r := f.send(t, request{method: "GET", path: "/api/v1/pause", token: "callout_wrong"}); r.status == 429 {
			return
		}
	}
	t.Fatal("bad tokens are taken without end")
}

// fits checks an answer against the schema that the document has for its status and media type.
func fits(t *testing.T, f *fixture, op *huma.Operation, r reply) {
	t.Helper()
	response := op.Responses[fmt.Sprint(r.status)]
	if response == nil {
		return // which is found elsewhere
	}
	for name := range response.Headers {
		if r.header.Get(name) == "" {
			t.Errorf("%d without %s", r.status, name)
		}
	}
	media := response.Content[r.header.Get("Content-Type")]
	if media == nil {
		t.Errorf("%d: the document does not say %s", r.status, r.header.Get("Content-Type"))
		return
	}
	var v any
	check(t, json.Unmarshal([]byte(r.body), &v))
	var found huma.ValidateResult
	huma.Validate(f.api.Document().Components.Schemas, media.Schema, huma.NewPathBuffer(nil, 0), huma.ModeReadFromServer, v, &found)
	for _, err := range found.Errors {
		t.Errorf("%d %.300s: %v", r.status, r.body, err)
	}
}

// The document is there for everybody, complete and without what huma would add.
func TestDocument(t *testing.T) {
	f := start(t)
	r := f.send(t, request{method: "GET", path: "/api/openapi.json"})
	var doc map[string]any
	check(t, json.Unmarshal([]byte(r.body), &doc))
	if r.status != 200 || doc["openapi"] != "3.1.0" || strings.Contains(r.body, "$schema") || strings.Contains(r.body, "Huma") {
		t.Errorf("%d %.200s", r.status, r.body)
	}
	for _, ref := range strings.Split(r.body, `"$ref": "#/components/schemas/`)[1:] {
		name, _, _ := strings.Cut(ref, `"`)
		if f.api.Document().Components.Schemas.Map()[name] == nil {
			t.Errorf("there is no schema %s", name)
		}
	}
	for _, op := range operations(f.api) {
		if op.Summary == "" || len(op.Tags) != 1 {
			t.Errorf("%s: %+v", op.OperationID, op)
		}
		for _, p := range op.Parameters {
			if p.Description == "" && p.Schema.Enum == nil {
				t.Errorf("%s: the document does not say what %s is", op.OperationID, p.Name)
			}
		}
		if takes := op.RequestBody != nil; takes != (usual[op.OperationID][1] != "") {
			t.Errorf("%s: takes a body: %v", op.OperationID, takes)
		}
	}
}

// What the document says of a domain's settings is what the configuration takes.
func TestDomainSpec(t *testing.T) {
	documented := start(t).api.Document().Components.Schemas.Map()["DomainSpec"]
	var keys []string
	for _, k := range config.SpecKeys() {
		keys = append(keys, k.Name)
		if s := documented.Properties[k.Name]; s == nil || s.Description == "" {
			t.Errorf("the document does not have %s: %s", k.Name, k.About)
		}
	}
	for name := range documented.Properties {
		if !slices.Contains(keys, name) {
			t.Errorf("the configuration does not take %s", name)
		}
	}
}

// Every example of a body can be used.
func TestExamples(t *testing.T) {
	f := start(t)
	for _, op := range operations(f.api) {
		if op.RequestBody == nil {
			continue
		}
		media := op.RequestBody.Content["application/json"]
		var v any
		check(t, json.Unmarshal(media.Example.(json.RawMessage), &v))
		var found huma.ValidateResult
		huma.Validate(f.api.Document().Components.Schemas, media.Schema, huma.NewPathBuffer(nil, 0), huma.ModeWriteToServer, v, &found)
		for _, err := range found.Errors {
			t.Errorf("%s: %v", op.OperationID, err)
		}
	}
}

// Where there is nothing, and where a method is not taken, is a problem too.
func TestNowhere(t *testing.T) {
	f := start(t)
	for _, c := range []struct {
		method, path string
		status       int
		allow        string
	}{
		{"GET", "nothing", 404, ""}, {"GET", "domains/", 400, ""}, {"GET", "domains/a//b", 400, ""}, {"GET", "domains/a/../b", 400, ""}, {"GET", "domains/%ff", 400, ""}, {"DELETE", "domains/a%c3.example", 400, ""},
		{"POST", "domains", 405, "GET, HEAD"}, {"PATCH", "pause", 405, "DELETE, GET, HEAD, PUT"}, {"BREW", "status", 405, "GET, HEAD"},
	} {
		r := f.send(t, request{method: c.method, path: c.path})
		isProblem(t, c.path, r)
		if r.status != c.status || r.header.Get("Allow") != c.allow {
			t.Errorf("%s %s: %d, Allow %q", c.method, c.path, r.status, r.header.Get("Allow"))
		}
	}
}
