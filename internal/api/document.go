package api

import (
	"encoding/json"
	"maps"
	"net/http"
	"reflect"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"
)

const about = `What people and programs do to a running Callout: see, test and clear what is known of recipients, and set up domains.

Every request needs a token: ` + "`Authorization: Bearer TOKEN`" + `, or Basic with the token as the password. A token of the role admin may do everything, one of the role domain only what concerns its domains; the others do not exist for it. A token for reading changes nothing and sends no callout.

Lists come by pages: pass on next, or previous where there is one, as the cursor of another page. Errors are problem details (RFC 9457). PUT and DELETE may be repeated. Bodies and queries are read strictly: what is unknown is refused.`

// newDocument returns what huma makes an API of, without the routes of its own: its pages load from elsewhere.
func newDocument(version string) huma.Config {
	return huma.Config{
		OpenAPI: &huma.OpenAPI{
			OpenAPI: "3.1.0",
			Info:    &huma.Info{Title: "Callout", Version: version, Description: about},
			Servers: []*huma.Server{{URL: "/"}},
			Components: &huma.Components{
				Schemas: huma.NewMapRegistry("#/components/schemas/", nameSchema),
				SecuritySchemes: map[string]*huma.SecurityScheme{
					"bearer": {Type: "http", Scheme: "bearer", Description: "A token"},
					"basic":  {Type: "http", Scheme: "basic", Description: "A token as the password; the user name is not looked at"},
				},
			},
			Security: []map[string][]string{{"bearer": {}}, {"basic": {}}},
			Tags: []*huma.Tag{
				{Name: "Verify", Description: "Test an address."},
				{Name: "Domains", Description: "Which domains there are, how they stand, and their destinations."},
				{Name: "Verdicts", Description: "The cache: what is known of recipients."},
				{Name: "Local recipients", Description: "Recipients that are listed here, and not asked for."},
				{Name: "Pauses", Description: "Times in which nothing is enforced."},
				{Name: "Decisions", Description: "What clients were told, and why."},
				{Name: "Status", Description: "Hosts, alerts, and how much is going on."},
				{Name: "Access", Description: "Users, tokens and the audit log."},
			},
		},
		Formats: huma.DefaultFormats, DefaultFormat: "application/json",
	}
}

// huma makes schemas of its own errors, which are never answered. foreign is how their names begin.
const (
	humaPath = "github.com/danielgtaylor/huma/"
	foreign  = "Huma"
)

// nameSchema names the schema of a type. Two packages have a Host.
func nameSchema(t reflect.Type, hint string) string {
	name := huma.DefaultSchemaNamer(t, hint)
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch {
	case strings.HasSuffix(t.PkgPath(), "/doctor"):
		return "Doctor" + name
	case strings.HasPrefix(t.PkgPath(), humaPath):
		return foreign + name
	}
	return strings.TrimSuffix(name, "Doc")
}

// problemTexts say what a status means here.
var problemTexts = map[int]string{
	http.StatusBadRequest:            "What was asked can't be read: a bad name, query, cursor, or a body where none is taken",
	http.StatusUnauthorized:          "No token, or one that is unknown, expired or revoked",
	http.StatusForbidden:             "Not for this token, or a page of another site has a browser ask",
	http.StatusNotFound:              "There is no such thing, or this token may not know of it",
	http.StatusConflict:              "It can't be changed as it stands",
	http.StatusRequestEntityTooLarge: "More than is taken at a time",
	http.StatusUnprocessableEntity:   "It can be read, and makes no sense",
	http.StatusTooManyRequests:       "Too much at this moment, or too many bad tokens; try again later",
	http.StatusServiceUnavailable:    "The server is shutting down",
	http.StatusInternalServerError:   "The fault is the server's; its log has it",
}

func (a *API) documentProblem(status int) *huma.Response {
	schema := a.huma.OpenAPI().Components.Schemas.Schema(reflect.TypeFor[Problem](), true, "")
	r := &huma.Response{Description: problemTexts[status], Content: map[string]*huma.MediaType{"application/problem+json": {Schema: schema}}}
	header := func(name, what string) {
		r.Headers = map[string]*huma.Param{name: {Description: what, Schema: &huma.Schema{Type: huma.TypeString}}}
	}
	switch status {
	case http.StatusUnauthorized:
		header("WWW-Authenticate", "How to authenticate")
	case http.StatusTooManyRequests, http.StatusServiceUnavailable:
		header("Retry-After", "In how many seconds to try again")
	}
	return r
}

// serveDocument serves the OpenAPI document, to everybody: it says nothing of what is here.
func (a *API) serveDocument() {
	schemas := a.huma.OpenAPI().Components.Schemas.Map()
	maps.DeleteFunc(schemas, func(name string, _ *huma.Schema) bool { return strings.HasPrefix(name, foreign) })
	for _, s := range schemas {
		solid(s)
	}
	var err error
	if a.document, err = json.MarshalIndent(a.huma.OpenAPI(), "", " "); err != nil {
		panic(err) // it is made of types that are known
	}
	a.mux.HandleFunc("GET /api/openapi.json", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Content-Length", strconv.Itoa(len(a.document)))
		_, _ = w.Write(a.document) // who has gone reads nothing
	})
}

// solid says of a schema's lists that they are never null.
func solid(s *huma.Schema) {
	if s == nil {
		return
	}
	if s.Type == huma.TypeArray {
		s.Nullable = false
	}
	solid(s.Items)
	for _, p := range s.Properties {
		solid(p)
	}
	if more, ok := s.AdditionalProperties.(*huma.Schema); ok {
		solid(more)
	}
}
