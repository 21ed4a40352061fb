package api

import (
	"bytes"
	"cmp"
	_ "embed"
	"encoding/json"
	"html/template"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"
)

//go:embed docs.html
var docsPage string

//go:embed docs.css
var docsStyle []byte

// docsPolicy lets the page show nothing but itself and its stylesheet.
const docsPolicy = "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// serveDocs serves the OpenAPI document for people. The page is made once: it says nothing of what is here.
func (a *API) serveDocs() {
	doc := a.huma.OpenAPI()
	var page bytes.Buffer
	t := template.Must(template.New("docs").Funcs(template.FuncMap{"parts": parts}).Parse(docsPage))
	if err := t.Execute(&page, &docs{doc, docGroups(doc), docSchemas(doc), strings.Split(doc.Info.Description, "\n\n")}); err != nil {
		panic(err) // it is made of what is known
	}
	serve := func(pattern, contentType string, body []byte) {
		a.mux.HandleFunc(pattern, func(w http.ResponseWriter, _ *http.Request) {
			h := w.Header()
			h.Set("Content-Type", contentType)
			h.Set("Content-Security-Policy", docsPolicy)
			h.Set("Referrer-Policy", "no-referrer")
			_, _ = w.Write(body) // who has gone reads nothing
		})
	}
	serve("GET /api/docs", "text/html; charset=utf-8", page.Bytes())
	serve("GET /api/docs.css", "text/css; charset=utf-8", docsStyle)
}

// docs is what the page shows.
type docs struct {
	Doc     *huma.OpenAPI
	Groups  []docGroup
	Schemas []docSchema
	About   []string // paragraphs
}

// parts splits a text at its backquotes: every second part is code.
func parts(text string) []string { return strings.Split(text, "`") }

type docGroup struct {
	*huma.Tag
	ID         string
	Operations []docOperation
}

type docOperation struct {
	*huma.Operation
	Method  string
	Bodies  []docContent
	Answers []docAnswer
}

type docAnswer struct {
	Status, Text string
	Contents     []docContent
}

// docContent is one form that a body may have.
type docContent struct {
	Media, Schema, Text, Example string
}

type docSchema struct {
	Name   string
	Fields []docField
}

type docField struct {
	Name, Type, Schema, Text string // Schema is the one that its type refers to
	Required                 bool
}

// docGroups returns the operations by their tags, in the order of their paths.
func docGroups(doc *huma.OpenAPI) []docGroup {
	var groups []docGroup
	for _, tag := range doc.Tags {
		g := docGroup{Tag: tag, ID: strings.ToLower(strings.ReplaceAll(tag.Name, " ", "-"))}
		for _, path := range slices.Sorted(maps.Keys(doc.Paths)) {
			item := doc.Paths[path]
			for _, op := range []*huma.Operation{item.Get, item.Post, item.Put, item.Patch, item.Delete} {
				if op != nil && op.Tags[0] == tag.Name {
					g.Operations = append(g.Operations, docOperationOf(op))
				}
			}
		}
		groups = append(groups, g)
	}
	return groups
}

func docOperationOf(op *huma.Operation) docOperation {
	d := docOperation{Operation: op, Method: op.Method}
	if op.RequestBody != nil {
		d.Bodies = docContents(op.RequestBody.Content)
	}
	for _, status := range slices.Sorted(maps.Keys(op.Responses)) {
		r := op.Responses[status]
		answer := docAnswer{Status: status, Text: r.Description}
		if status < "300" {
			answer.Contents = docContents(r.Content)
		}
		d.Answers = append(d.Answers, answer)
	}
	return d
}

func docContents(content map[string]*huma.MediaType) []docContent {
	var all []docContent
	for _, media := range slices.Sorted(maps.Keys(content)) {
		m := content[media]
		c := docContent{Media: media, Schema: refOf(m.Schema), Text: m.Schema.Description}
		switch example := m.Example.(type) {
		case string:
			c.Example = example
		case json.RawMessage:
			c.Example = string(example)
		}
		all = append(all, c)
	}
	return all
}

func docSchemas(doc *huma.OpenAPI) []docSchema {
	var all []docSchema
	schemas := doc.Components.Schemas.Map()
	for _, name := range slices.Sorted(maps.Keys(schemas)) {
		s := docSchema{Name: name}
		for _, field := range slices.Sorted(maps.Keys(schemas[name].Properties)) {
			p := schemas[name].Properties[field]
			s.Fields = append(s.Fields, docField{
				Name: field, Type: typeOf(p), Schema: refOf(p), Text: docText(p), Required: slices.Contains(schemas[name].Required, field)})
		}
		all = append(all, s)
	}
	return all
}

// docText is what is said of a field, with the values that it may have.
func docText(s *huma.Schema) string {
	text := s.Description
	if len(s.Enum) > 0 {
		words := make([]string, len(s.Enum))
		for i, one := range s.Enum {
			words[i], _ = one.(string)
		}
		text = strings.TrimSuffix(strings.Join(words, ", ")+". "+text, ". ")
	}
	return text
}

// refOf returns the name of the schema that one leads to, through lists and maps; "" for none.
func refOf(s *huma.Schema) string {
	for s != nil {
		if s.Ref != "" {
			return s.Ref[strings.LastIndexByte(s.Ref, '/')+1:]
		}
		next, _ := s.AdditionalProperties.(*huma.Schema)
		s = cmp.Or(s.Items, next)
	}
	return ""
}

// typeOf words the type of a field.
func typeOf(s *huma.Schema) string {
	switch {
	case s.Ref != "":
		return refOf(s)
	case s.Type == huma.TypeArray:
		return "list of " + typeOf(s.Items)
	case s.Type == huma.TypeObject:
		if more, ok := s.AdditionalProperties.(*huma.Schema); ok {
			return "map of " + typeOf(more)
		}
	case s.Format == "date-time":
		return "time"
	case s.Type == "":
		return "any"
	}
	return s.Type
}
