package web

import (
	"bytes"
	"compress/gzip"
	"embed"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"path"
	"strconv"
	"strings"
)

//go:embed templates
var templateFiles embed.FS

// pages are the parsed templates by the name of their file, without .html.
type pages map[string]*template.Template

// parsePages reads templates/layout.html and templates/blocks/*.html, which every page shares, and templates/pages/*.html,
// of which each defines "content".
func parsePages(files fs.FS, functions template.FuncMap) (pages, error) {
	shared, err := template.New("layout.html").Funcs(functions).ParseFS(files, "templates/layout.html", "templates/blocks/*.html")
	if err != nil {
		return nil, fmt.Errorf("templates: %w", err)
	}
	names, err := fs.Glob(files, "templates/pages/*.html")
	if err != nil {
		return nil, fmt.Errorf("templates: %w", err)
	}
	all := pages{}
	for _, name := range names {
		own, err := shared.Clone()
		if err != nil {
			return nil, fmt.Errorf("templates: %w", err)
		}
		if own, err = own.ParseFS(files, name); err != nil {
			return nil, fmt.Errorf("templates: %w", err)
		}
		all[strings.TrimSuffix(path.Base(name), ".html")] = own
	}
	return all, nil
}

// Viewer is who looks at a page.
type Viewer struct {
	Name  string
	Admin bool
}

// Page is what the layout shows around a page's content, and what the content shows.
type Page struct {
	Title   string  // of the window and the heading; plain text
	Refused bool    // the form on it was not saved, which the window's title says first
	Sub     string  // a line below the heading; "" for none
	Mono    bool    // the title is an address, domain or host
	Active  string  // the entry of the navigation: "overview", "domains", "destinations", "cache", "decisions", "alerts", "access"
	User    *Viewer // nil: nobody has logged in, there is no navigation and no search
	Query   string  // what stands in the search box
	Flash   string  // what was just done; from TakeFlash
	Open    int     // alerts that are open, shown beside the navigation's Alerts
	Charts  bool    // loads what draws charts
	Secret  bool    // shows a secret: not compressed, so that its length says nothing of it
	Crumbs  []Link  // the way down to this page, without the page itself
	Tabs    []Tab   // the pages of the same thing
	Version string  // of the program, at the foot; "": nothing there
	Data    any     // what "content" shows, as .Data
}

// Link is a place to go to.
type Link struct{ Text, URL string }

// Tab is one of several views of one thing.
type Tab struct {
	Text, URL string
	Active    bool
}

// Page renders a page and sends it with the status. What can't be rendered is logged and answered with a plain 500:
// half a page is never sent.
func (s *Shell) Page(w http.ResponseWriter, r *http.Request, status int, name string, p *Page) {
	body, err := s.render(name, p)
	if err != nil {
		s.log.Error("page failed", "page", name, "path", r.URL.Path, "error", err)
		http.Error(w, "This page can't be shown: there is a fault in it. The server's log says more.", http.StatusInternalServerError)
		return
	}
	s.send(w, r, status, body, p.Secret)
}

func (s *Shell) render(name string, p *Page) ([]byte, error) {
	t, ok := s.pages[name]
	if !ok {
		return nil, fmt.Errorf("no page %q", name)
	}
	var b bytes.Buffer
	if err := t.ExecuteTemplate(&b, "layout.html", p); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// send writes a whole page, compressed where the client takes that and it is worth it.
func (s *Shell) send(w http.ResponseWriter, r *http.Request, status int, body []byte, secret bool) {
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Add("Vary", "Accept-Encoding")
	if !secret && len(body) > 1400 && takesGzip(r) {
		if zipped, err := zip(body, gzip.BestSpeed); err == nil {
			h.Set("Content-Encoding", "gzip")
			body = zipped
		}
	}
	h.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	if r.Method != http.MethodHead {
		w.Write(body)
	}
}

// Redirect sends the browser to another page with GET, a request made by script too.
func Redirect(w http.ResponseWriter, r *http.Request, url string) {
	if r.Header.Get("HX-Request") == "true" {
		// A fetch would follow a 3xx by itself and take the other page for the list that it asked for.
		w.Header().Set("HX-Redirect", url)
		w.WriteHeader(http.StatusNoContent)
		return
	}
	http.Redirect(w, r, url, http.StatusSeeOther)
}
