package web

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"callout/internal/access"
	"callout/internal/operate"
)

// action answers a request of who has logged in. What it returns is worded for them.
type action func(v *visit) error

// visit is one request of somebody who has logged in.
type visit struct {
	*Web
	http.ResponseWriter
	r   *http.Request
	who *access.Actor
}

// ctx is the request's context.
func (v *visit) ctx() context.Context { return v.r.Context() }

// in lets those in who have logged in, and sends others to the login.
func (w *Web) in(do action) http.HandlerFunc {
	return func(rw http.ResponseWriter, r *http.Request) {
		u, ok := w.access.Of(r.Context(), w.sessions)
		if !ok {
			w.turnAway(rw, r)
			return
		}
		who := w.access.InSession(r.Context(), w.sessions, w.access.ActorOf(u, "web", clientAddress(r)))
		v := &visit{w, rw, r, who}
		if err := do(v); err != nil {
			v.fail(err)
		}
	}
}

// turnAway sends somebody to the login, and back here afterwards where that makes sense.
func (w *Web) turnAway(rw http.ResponseWriter, r *http.Request) {
	to := "/login"
	if next := pageOf(r); next != "/" && !strings.HasPrefix(next, "/login") {
		to += "?next=" + url.QueryEscape(next)
	}
	if r.Header.Get("Accept") == "text/event-stream" || r.Header.Get("Accept") == "application/json" {
		http.Error(rw, "log in again", http.StatusUnauthorized) // a script would take the login for what it asked for
		return
	}
	Redirect(rw, r, to)
}

// pageOf returns the page of this server that somebody looks at: the one that is asked for, or where a form was sent or a script
// fetched a part, the one that it stands on; "/" where that is not said.
func pageOf(r *http.Request) string {
	if r.Method == http.MethodGet && r.Header.Get("HX-Request") == "" {
		return local(r.URL.RequestURI())
	}
	for _, name := range []string{"HX-Current-URL", "Referer"} {
		if u, err := url.Parse(r.Header.Get(name)); err == nil && u.Host != "" && u.Host == r.Host {
			return local(u.RequestURI())
		}
	}
	return "/"
}

// page sends a page with what the layout needs.
func (v *visit) page(name string, p *Page) error { return v.pageAs(http.StatusOK, name, p) }

// pageAs sends a page with a status other than 200.
func (v *visit) pageAs(status int, name string, p *Page) error {
	p.User = v.viewer()
	p.Open, p.Version = v.desk.CountAlerts(v.who), v.version
	if p.Flash == "" {
		p.Flash = v.shell.TakeFlash(v, v.r)
	}
	v.shell.Page(v, v.r, status, name, p)
	return nil
}

func (v *visit) viewer() *Viewer { return &Viewer{Name: v.who.Name, Admin: v.who.Admin()} }

// done sends the browser on to a page that says what was done, and to how many.
func (v *visit) done(what Done, n int, url string) error {
	v.shell.SetFlash(v, v.r, what, int64(n))
	Redirect(v, v.r, url)
	return nil
}

// statuses are the HTTP statuses of the kinds of errors.
var statuses = map[operate.Kind]int{
	operate.Malformed: http.StatusBadRequest, operate.Unusable: http.StatusUnprocessableEntity, operate.Forbidden: http.StatusForbidden,
	operate.Missing: http.StatusNotFound, operate.Conflict: http.StatusConflict, operate.TooLarge: http.StatusRequestEntityTooLarge,
	operate.Busy: http.StatusTooManyRequests,
}

// fail shows an error as a page.
func (v *visit) fail(err error) {
	if v.left(err) {
		return
	}
	if errors.Is(err, operate.ErrEnded) {
		v.turnAway(v, v.r)
		return
	}
	status, text := v.worded(err)
	if wait, ok := errors.AsType[*access.ThrottledError](err); ok {
		v.Header().Set("Retry-After", strconv.Itoa(int(wait.Wait().Seconds())))
	}
	v.shell.ErrorFor(v, v.r, v.viewer(), status, text)
}

// left reports whether an error came of the browser's going away: nobody is there any more.
func (v *visit) left(err error) bool { return errors.Is(err, context.Canceled) && v.ctx().Err() != nil }

// worded is worded for whoever looks. What is wrong with the server itself is logged, and may speak of others.
func (v *visit) worded(err error) (status int, text string) {
	status, text = worded(err)
	if status >= 500 {
		v.log.Error("page: "+v.r.Method+" "+v.r.URL.Path, "user", v.who.Name, "err", err)
		if !v.who.Admin() {
			text = "Something went wrong here. Try again in a while; the server's log says more."
		}
	}
	return status, text
}

// worded returns the status and the text of an error. What it quotes of others is made visible.
func worded(err error) (status int, text string) {
	if tooLong, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return http.StatusRequestEntityTooLarge, tooLarge(tooLong.Limit)
	}
	if wait, ok := errors.AsType[*access.ThrottledError](err); ok {
		return http.StatusTooManyRequests, throttled(wait)
	}
	if errors.Is(err, operate.ErrEnded) {
		return http.StatusUnauthorized, "Your login has ended meanwhile. Log in again."
	}
	status = statuses[operate.KindOf(err)]
	if status == 0 {
		status = http.StatusInternalServerError
	}
	text = Visible(err.Error())
	if errors.Is(err, access.ErrLastAdmin) {
		text = sentence(text)
	}
	return status, text
}

// missing is the error of a page that there is not.
func (v *visit) missing() error {
	return &operate.Error{Kind: operate.Missing, Detail: "There is no such page. The search box above finds addresses and domains."}
}
