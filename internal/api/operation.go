package api

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"callout/internal/access"
)

// operation is what the OpenAPI document says of one, and what is read for it.
type operation struct {
	method, path string // the path below /api/v1
	id           string
	tag          string
	summary      string
	description  string

	example  string       // of its body, "" for one that takes none
	hint     string       // what to write instead of one that does not fit; "": example
	optional bool         // the body may be left out
	most     int64        // octets of its body; 0: maxBody
	bodyType reflect.Type // what the document says of the body, where that is not what it is read into
	csvIn    string       // what a body of text/csv does, "" where none is taken

	created string   // what status 201 says, "" where there is none
	csvOut  string   // what it answers who accepts text/csv, "" for nothing
	events  []string // what it tells as server-sent events, nil for nothing

	errors []int // statuses of its problems, beside those that every operation has
}

// always are the statuses that every operation has: a query that can't be read, no token, a page of another site that asks,
// and too many bad tokens.
var always = []int{http.StatusBadRequest, http.StatusUnauthorized, http.StatusForbidden, http.StatusTooManyRequests}

// call is one request, with who makes it.
type call struct {
	api *API
	who *access.Actor
	w   http.ResponseWriter
	r   *http.Request

	status   int  // of a success
	answered bool // the operation has written its answer itself
}

func (c *call) Context() context.Context { return c.r.Context() }

// accepts reports whether a client asks for a media type by name.
func (c *call) accepts(media string) bool { return mentions(c.r.Header.Values("Accept"), media) }

// sends reports whether a body is of a media type.
func (c *call) sends(media string) bool { return mentions(c.r.Header.Values("Content-Type"), media) }

type callKey struct{}

// enter establishes who makes a request, and refuses a query that can't be used, before anything of it is read.
func (a *API) enter(ctx huma.Context, next func(huma.Context)) {
	op := ctx.Operation()
	r, w := unwrap(ctx)
	who, err := a.actor(r)
	if err != nil {
		a.refuse(w, r, nil, err)
		return
	}
	if p := checkQuery(op, r.URL.RawQuery); p != nil {
		writeProblem(w, p)
		return
	}
	next(huma.WithValue(ctx, callKey{}, &call{api: a, who: who, w: w, r: r, status: http.StatusOK}))
}

// refuse answers with the problem that an error is.
func (a *API) refuse(w http.ResponseWriter, r *http.Request, who *access.Actor, err error) {
	p := a.problem(r, who, err)
	if p.Status == http.StatusUnauthorized {
		challenge(w.Header(), false)
	}
	writeProblem(w, p)
}

// answer is what huma writes of an operation: nothing but what the call does itself.
type answer struct{ Body func(huma.Context) }

// register adds an operation. I has the parameters of its path, query and header, B is its body, O what it answers.
func register[I, B, O any](a *API, op operation, do func(c *call, in *I, body *B) (O, error)) {
	h := a.describe(op, reflect.TypeFor[B](), reflect.TypeFor[O]())
	most := op.most
	if most == 0 {
		most = maxBody
	}
	huma.Register(a.huma, h, func(ctx context.Context, in *I) (*answer, error) {
		c := ctx.Value(callKey{}).(*call)
		return &answer{func(huma.Context) {
			out, err := carryOut(c, op, most, in, do)
			switch {
			case c.answered:
			case err != nil:
				a.refuse(c.w, c.r, c.who, err)
			default:
				c.write(out)
			}
		}}, nil
	})
	a.documentBody(op, reflect.TypeFor[B]())
}

func carryOut[I, B, O any](c *call, op operation, most int64, in *I, do func(*call, *I, *B) (O, error)) (out O, err error) {
	var body B
	if op.csvIn == "" || !c.sends("text/csv") {
		leave := func() {}
		if most > maxBody {
			if leave, err = c.api.desk.AdmitImport(c.who); err != nil {
				return out, err
			}
		}
		err = readBody(c.w, c.r, &body, most, cmp.Or(op.hint, op.example))
		leave()
		if err != nil {
			return out, err
		}
	}
	who, err := c.api.desk.Still(c.who) // the body may have taken long to come
	if err != nil {
		return out, err
	}
	c.who = who
	c.longer()
	return do(c, in, &body)
}

// longer lifts the bounds on time that the server has for reading a request: it has been read, and what it asks for may
// take a while. The one for writing is lifted too, though write sets another: HTTP/2 ends a stream when it has passed, whether or
// not something was to be written.
func (c *call) longer() {
	wire := http.NewResponseController(c.w)
	_ = wire.SetReadDeadline(time.Time{}) // where there is none there is none to lift
	_ = wire.SetWriteDeadline(time.Time{})
}

// toWrite is how long a client may take for what it is told.
const toWrite = time.Minute

func (c *call) write(out any) {
	b, err := json.Marshal(out)
	if err != nil {
		c.api.refuse(c.w, c.r, c.who, fmt.Errorf("word the answer: %w", err))
		return
	}
	_ = http.NewResponseController(c.w).SetWriteDeadline(time.Now().Add(toWrite))
	c.w.Header().Set("Content-Type", "application/json")
	c.w.WriteHeader(c.status)
	_, _ = c.w.Write(append(b, '\n')) // who has gone reads nothing
}

// describe makes what huma registers of an operation.
func (a *API) describe(op operation, body, out reflect.Type) huma.Operation {
	h := huma.Operation{
		Method: op.method, Path: prefix + op.path, OperationID: op.id, Tags: []string{op.tag}, Summary: op.summary,
		Description: op.description, SkipValidateParams: true, Responses: map[string]*huma.Response{},
	}
	schemas := a.huma.OpenAPI().Components.Schemas
	content := map[string]*huma.MediaType{"application/json": {Schema: schemas.Schema(out, true, op.id)}}
	if op.csvOut != "" {
		content["text/csv"] = &huma.MediaType{Schema: &huma.Schema{Type: huma.TypeString, Description: op.csvOut}}
	}
	if op.events != nil {
		content["text/event-stream"] = &huma.MediaType{Schema: &huma.Schema{Type: huma.TypeString, Description: eventText(op.events)}}
	}
	h.Responses["200"] = &huma.Response{Description: "Done", Content: content}
	if op.created != "" {
		h.Responses["201"] = &huma.Response{Description: op.created, Content: content}
	}
	for _, list := range [][]int{always, op.errors} {
		for _, status := range list {
			h.Responses[strconv.Itoa(status)] = a.documentProblem(status)
		}
	}
	return h
}

// documentBody says in the document what body an operation takes. It comes behind the registration, since huma reads
// the bodies that it knows of as a whole.
func (a *API) documentBody(op operation, body reflect.Type) {
	if op.example == "" {
		return
	}
	if op.bodyType != nil {
		body = op.bodyType
	}
	doc := a.huma.OpenAPI()
	media := &huma.MediaType{Schema: doc.Components.Schemas.Schema(body, true, op.id+"Body"), Example: json.RawMessage(op.example)}
	b := &huma.RequestBody{Required: !op.optional, Content: map[string]*huma.MediaType{"application/json": media}}
	if op.csvIn != "" {
		b.Content["text/csv"] = &huma.MediaType{Schema: &huma.Schema{Type: huma.TypeString, Description: op.csvIn},
			Example: "recipient,name\njohn,John Doe\njane@example.com,\nsales-*,\n"}
	}
	path := doc.Paths[prefix+op.path]
	switch op.method {
	case http.MethodPut:
		path.Put.RequestBody = b
	case http.MethodPost:
		path.Post.RequestBody = b
	case http.MethodPatch:
		path.Patch.RequestBody = b
	}
}
