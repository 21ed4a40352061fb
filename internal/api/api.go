package api

import (
	"fmt"
	"log/slog"
	"net/http"
	"path"
	"time"
	"unicode/utf8"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"callout/internal/access"
	"callout/internal/operate"
)

// prefix is where the operations are.
const prefix = "/api/v1"

// Options are what an API works with. All are needed.
type Options struct {
	Desk    *operate.Desk
	Access  *access.Access
	Log     *slog.Logger
	Version string // of the program, for the OpenAPI document
}

// API serves /api and /cgi-bin/api. Streams that are under way end with the Desk, or with their clients.
type API struct {
	desk   *operate.Desk
	access *access.Access
	log    *slog.Logger

	huma     huma.API
	mux      *http.ServeMux
	document []byte // the OpenAPI document

	streams operate.Crowd // server-sent events under way
	beat    time.Duration // between comments that keep a stream open
	toTell  time.Duration // that a client may take for an event
}

// Bounds on streams under way, in all and of one user or token.
const maxStreams, maxStreamsEach = 200, 20

// New returns an API.
func New(o Options) *API {
	a := &API{
		desk: o.Desk, access: o.Access, log: o.Log, mux: http.NewServeMux(), beat: 15 * time.Second, toTell: 10 * time.Second,
		streams: operate.Crowd{Most: maxStreams, Each: maxStreamsEach, What: "streams"},
	}
	a.huma = humago.New(a.mux, newDocument(o.Version))
	a.huma.UseMiddleware(a.enter)
	for _, add := range []func(){
		a.verifyOperations, a.domainOperations, a.verdictOperations, a.recipientOperations, a.doctorOperations,
		a.pauseOperations, a.decisionOperations, a.statusOperations, a.userOperations, a.tokenOperations, a.auditOperations,
	} {
		add()
	}
	a.serveDocument()
	a.serveDocs()
	a.mux.HandleFunc("/cgi-bin/api", a.serveCGI)
	return a
}

// Handler returns the handler of /api and /cgi-bin/api.
func (a *API) Handler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Cache-Control", "no-store")
		h.Set("X-Content-Type-Options", "nosniff")
		// ServeMux would redirect an unclean path to a clean one, which is another operation. What is escaped in a
		// segment, "smtps:%2F%2Fmx.example.com", stays in it. What is no UTF-8 would be taken for another name.
		if p := r.URL.EscapedPath(); path.Clean(p) != p || !utf8.ValidString(r.URL.Path) {
			writeProblem(w, newProblem(http.StatusBadRequest, fmt.Sprintf("the path %.100q is not a clean one", p)))
			return
		}
		if handler, pattern := a.mux.Handler(r); pattern == "" {
			a.nothing(w, r, handler)
			return
		}
		a.mux.ServeHTTP(w, r)
	})
}

// nothing words what ServeMux says of a path, or a method, that leads nowhere.
func (a *API) nothing(w http.ResponseWriter, r *http.Request, handler http.Handler) {
	said := &silent{header: http.Header{}}
	handler.ServeHTTP(said, r)
	allow := said.header.Get("Allow")
	if said.status != http.StatusMethodNotAllowed || allow == "" {
		writeProblem(w, newProblem(http.StatusNotFound, fmt.Sprintf("there is nothing at %.100q; /api/docs shows what there is", r.URL.Path)))
		return
	}
	w.Header().Set("Allow", allow)
	writeProblem(w, newProblem(http.StatusMethodNotAllowed, fmt.Sprintf("%.20q is no method of %.100q; it takes %s", r.Method, r.URL.Path, allow)))
}

// silent keeps the status and the header of an answer.
type silent struct {
	header http.Header
	status int
}

func (s *silent) Header() http.Header         { return s.header }
func (s *silent) Write(b []byte) (int, error) { return len(b), nil }
func (s *silent) WriteHeader(status int)      { s.status = status }
