package web

import (
	"log/slog"
	"net"
	"net/http"
	"strings"

	"github.com/alexedwards/scs/v2"

	"callout/internal/access"
	"callout/internal/operate"
)

// Options are what the pages need. All but Secure and Version are needed.
type Options struct {
	Shell   *Shell
	Desk    *operate.Desk
	Access  *access.Access
	Log     *slog.Logger
	Secure  bool   // cookies only within TLS, but those of this machine's own browser: everywhere but where plain HTTP is allowed from other machines
	Version string // of the program, at the foot of a page
}

// Web is the pages. Its methods may be called from any goroutine.
type Web struct {
	shell    *Shell
	desk     *operate.Desk
	access   *access.Access
	sessions *scs.SessionManager
	log      *slog.Logger
	version  string
}

// New returns the pages.
func New(o Options) *Web {
	w := &Web{
		shell: o.Shell, desk: o.Desk, access: o.Access, sessions: o.Access.Sessions(o.Secure), log: o.Log, version: o.Version,
	}
	w.shell.who = w.viewerOf
	return w
}

// viewerOf returns who sends a request whose session is not loaded; nil for who has not logged in.
func (w *Web) viewerOf(r *http.Request) *Viewer {
	c, err := r.Cookie(w.sessions.Cookie.Name)
	if err != nil {
		return nil
	}
	ctx, err := w.sessions.Load(r.Context(), c.Value)
	if err != nil {
		return nil
	}
	u, ok := w.access.Of(ctx, w.sessions)
	if !ok {
		return nil
	}
	return &Viewer{Name: u.Name, Admin: u.Role == access.RoleAdmin}
}

// Handler serves all pages and what they need. Whoever has not logged in sees the login, or while there is no user, how to
// make the first one.
func (w *Web) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /login", w.loginPage)
	mux.HandleFunc("POST /login", w.login)
	mux.HandleFunc("POST /logout", w.logout)
	mux.HandleFunc("/", w.in(func(v *visit) error { return v.missing() }))
	for pattern, do := range w.routes() {
		mux.HandleFunc(pattern, w.in(do))
	}
	outer := http.NewServeMux()
	outer.Handle("/static/", w.shell.Static())
	outer.Handle("/", w.remembered(mux))
	return w.shell.Guard(outer, isUpload)
}

// remembered keeps sessions, in a cookie as secureCookie has it.
func (w *Web) remembered(next http.Handler) http.Handler {
	within, without := *w.sessions, *w.sessions // the same sessions with other cookies
	within.Cookie.Secure, without.Cookie.Secure = true, false
	secure, open := within.LoadAndSave(next), without.LoadAndSave(next)
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if secureCookie(r, w.sessions.Cookie.Secure) {
			secure.ServeHTTP(rw, r)
			return
		}
		open.ServeHTTP(rw, r)
	})
}

// routes are the pages by their pattern, for whoever has logged in.
func (w *Web) routes() map[string]action {
	all := map[string]action{}
	for _, some := range []map[string]action{
		w.overviewRoutes(), w.domainRoutes(), w.recipientRoutes(), w.testRoutes(), w.destinationRoutes(), w.cacheRoutes(),
		w.decisionRoutes(), w.alertRoutes(), w.accessRoutes(), w.doctorRoutes(), w.searchRoutes(),
	} {
		for pattern, do := range some {
			all[pattern] = do
		}
	}
	return all
}

// isUpload reports whether a request may carry a file.
func isUpload(r *http.Request) bool {
	return r.Method == http.MethodPost && strings.HasSuffix(r.URL.Path, "/import")
}

// clientAddress returns the IP address that a request came from.
func clientAddress(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}
