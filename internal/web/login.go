package web

import (
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"callout/internal/access"
)

// Login is what the page "login" shows.
type Login struct {
	Name, Next, Error string
	Setup             bool // there is no user yet: how to make the first one
}

// entered marks the way from the right password to the page that was asked for, which leads over the login: there is a session by
// then, unless the browser did not keep its cookie.
const entered = "entered"

const notKept = "Your browser did not keep the session. Allow cookies for this address; where it begins with http://, come by https://, " +
	"or on the server itself by http://localhost."

// loginPage asks for name and password.
func (w *Web) loginPage(rw http.ResponseWriter, r *http.Request) {
	next := local(r.URL.Query().Get("next"))
	if _, ok := w.access.Of(r.Context(), w.sessions); ok {
		Redirect(rw, r, next)
		return
	}
	l := Login{Next: next}
	if r.URL.Query().Has(entered) {
		l.Error = notKept
	}
	w.showLogin(rw, r, http.StatusOK, l)
}

func (w *Web) showLogin(rw http.ResponseWriter, r *http.Request, status int, l Login) {
	l.Setup = !w.access.HasUsers()
	title := "Log in"
	if l.Setup {
		title = "Welcome"
	}
	w.shell.Page(rw, r, status, "login", &Page{Title: title, Flash: w.shell.TakeFlash(rw, r), Data: l})
}

// login begins a session.
func (w *Web) login(rw http.ResponseWriter, r *http.Request) {
	if err := readForm(r); err != nil {
		status, text := worded(err)
		w.shell.Error(rw, r, status, text)
		return
	}
	l := Login{Name: r.PostForm.Get("name"), Next: local(r.PostForm.Get("next"))}
	u, err := w.access.Login(r.Context(), l.Name, r.PostForm.Get("password"), clientAddress(r))
	if err == nil {
		if err = w.access.Enter(r.Context(), w.sessions, u); err == nil {
			Redirect(rw, r, withQuery("/login", entered, "1", "next", l.Next))
			return
		}
	}
	status := http.StatusUnauthorized
	switch wait, late := errors.AsType[*access.ThrottledError](err); {
	case errors.Is(err, access.ErrCredentials):
		l.Error = "Name or password is wrong."
	case late:
		status = http.StatusTooManyRequests
		rw.Header().Set("Retry-After", strconv.Itoa(int(wait.Wait().Seconds())))
		l.Error = throttled(wait)
	default:
		w.log.Error("login", "err", err)
		status, l.Error = http.StatusInternalServerError, "The login can't be checked now. The server's log says why."
	}
	w.showLogin(rw, r, status, l)
}

// logout ends the session.
func (w *Web) logout(rw http.ResponseWriter, r *http.Request) {
	if u, ok := w.access.Of(r.Context(), w.sessions); ok {
		w.access.Record(r.Context(), w.access.ActorOf(u, "web", clientAddress(r)), "log out", u.Name, "", false)
	}
	if err := w.access.Leave(r.Context(), w.sessions); err != nil {
		w.log.Error("logout", "err", err)
	}
	w.shell.SetFlash(rw, r, DoneLeft, 0)
	Redirect(rw, r, "/login")
}

// local returns a path of this server, so that a link to the login leads nowhere else: "/" for anything else.
func local(next string) string {
	u, err := url.Parse(next)
	if err != nil || !strings.HasPrefix(next, "/") || strings.HasPrefix(next, "//") || strings.ContainsAny(next, "\\\r\n") || u.Host != "" || u.Scheme != "" {
		return "/"
	}
	return u.RequestURI()
}

// throttled says how long somebody has to wait.
func throttled(err *access.ThrottledError) string {
	return "Too many failed attempts. Try again in " + inFull(err.Wait()) + "."
}

// sentence begins a text with a capital letter, unless it begins with a name or a key, and ends it with a full stop.
func sentence(s string) string {
	if s == "" {
		return ""
	}
	return fullStop(capital(s))
}
