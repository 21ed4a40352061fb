package web

import (
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"

	"golang.org/x/net/html"
)

func body(t *testing.T, r *http.Response) string {
	t.Helper()
	b, err := io.ReadAll(r.Body)
	check(t, err)
	return string(b)
}

func page(s *Shell, name string, p *Page) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { s.Page(w, r, http.StatusOK, name, p) })
}

func TestAPageThatFailsIsAPlain500AndNoHalfPage(t *testing.T) {
	s := newTestShell(t, fstest.MapFS{"templates/pages/broken.html": {Data: []byte(`{{define "content"}}<p>first half</p>{{.Data.Nothing.There}}{{end}}`)}})
	for name, p := range map[string]*Page{"broken": {Title: "A", Data: "text"}, "no such page": {}} {
		answer := get(t, s.Guard(page(s, name, p), nil), "/")
		got := body(t, answer)
		if answer.StatusCode != http.StatusInternalServerError || strings.Contains(got, "<") || !strings.HasPrefix(answer.Header.Get("Content-Type"), "text/plain") {
			t.Errorf("%s: %d %s: %q", name, answer.StatusCode, answer.Header.Get("Content-Type"), got)
		}
	}
}

func TestATemplateThatDoesNotParseIsFoundAtStart(t *testing.T) {
	_, err := newShell(ShellOptions{}, withGallery(t, fstest.MapFS{"templates/pages/bad.html": {Data: []byte(`{{define "content"}}{{nofunction}}{{end}}`)}}))
	if err == nil {
		t.Error("no error")
	}
}

func TestPagesAreCompressedUnlessTheyShowASecret(t *testing.T) {
	s := newTestShell(t, nil)
	for _, secret := range []bool{false, true} {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		p := galleryPage(r, "x")
		p.Secret = secret
		answer := get(t, page(s, "gallery", p), "/", "Accept-Encoding", "gzip")
		if got := answer.Header.Get("Content-Encoding") == "gzip"; got == secret {
			t.Errorf("secret %v, gzipped %v", secret, got)
		}
		var in io.Reader = answer.Body
		if !secret {
			z, err := gzip.NewReader(in)
			check(t, err)
			in = z
		}
		b, err := io.ReadAll(in)
		if err != nil || !strings.HasSuffix(string(b), "</html>\n") {
			t.Errorf("secret %v: %v, not a whole page", secret, err)
		}
	}
}

// TestHostileTextIsTextInEveryBlock parses the gallery as a browser does, with hostile text wherever a stranger's may be, and looks
// for what no template wrote.
func TestHostileTextIsTextInEveryBlock(t *testing.T) {
	s := newTestShell(t, nil)
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	p := galleryPage(r, hostile)
	p.Title, p.Sub, p.Query, p.User.Name = hostile, hostile, hostile, hostile
	p.Crumbs = []Link{{hostile, "/domains/" + hostile}}
	g := p.Data.(gallery)
	g.Strip.Text, g.Strip.Do = hostile, hostile
	g.Notices[0] = Notice{Kind: "bad", Title: hostile, Text: hostile, Do: hostile}
	g.Confirm.Word, g.Confirm.Error, g.Confirm.Text = hostile, hostile, hostile
	g.Confirm.Hidden = [][2]string{{"x", hostile}}
	g.Empty = Empty{hostile, hostile, nil}
	g.Fields[0].Error = hostile
	g.Upload.Error = hostile
	g.Dialogue.Label = hostile
	g.Code.Value = hostile
	g.Tiles[0].Note = hostile
	p.Data = g
	text := body(t, get(t, page(s, "gallery", p), "/"))
	doc, err := html.Parse(strings.NewReader(text))
	check(t, err)
	for n := range doc.Descendants() {
		if n.Type == html.ElementNode && n.Data == "img" {
			t.Errorf("markup of a stranger became an element in <%s class=%q>", n.Parent.Data, n.Parent.Attr)
		}
		for _, a := range n.Attr {
			if strings.HasPrefix(a.Key, "on") || a.Key == "style" {
				t.Errorf("<%s> has an attribute %s", n.Data, a.Key)
			}
		}
		if n.Type == html.TextNode && strings.ContainsAny(n.Data, "\u202e\u200b\x1b") && n.Parent.Data != "code" {
			t.Errorf("odd characters are not written out in <%s %v>: %q", n.Parent.Data, n.Parent.Attr, n.Data)
		}
	}
	if n := strings.Count(text, `<span class="odd">⟨U+202E⟩</span>`); n < 15 {
		t.Errorf("the override is written out %d times", n)
	}
}

func TestAPageForNobodyHasNoNavigation(t *testing.T) {
	s := newTestShell(t, nil)
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	w := httptest.NewRecorder()
	s.Error(w, r, http.StatusNotFound, "There is no such page.")
	got := w.Body.String()
	if w.Code != 404 || strings.Contains(got, `<nav class="main"`) || strings.Contains(got, `name="q"`) || !strings.Contains(got, "There is no such page.") {
		t.Errorf("%d\n%s", w.Code, got)
	}
}

func TestADomainUserIsNotShownDestinations(t *testing.T) {
	for _, admin := range []bool{true, false} {
		var keys []string
		for _, p := range navigation(&Viewer{Admin: admin}) {
			keys = append(keys, p.Key)
		}
		if got := strings.Contains(strings.Join(keys, " "), "destinations"); got != admin || len(keys) < 6 {
			t.Errorf("admin %v: %v", admin, keys)
		}
	}
}

func TestARedirectOfAScriptIsForTheWholePage(t *testing.T) {
	w := httptest.NewRecorder()
	r := httptest.NewRequest(http.MethodGet, "/list", nil)
	r.Header.Set("HX-Request", "true")
	Redirect(w, r, "/login")
	if w.Code != http.StatusNoContent || w.Header().Get("HX-Redirect") != "/login" {
		t.Error(w.Code, w.Header())
	}
	w = httptest.NewRecorder()
	Redirect(w, httptest.NewRequest(http.MethodPost, "/x", nil), "/login")
	if w.Code != http.StatusSeeOther || w.Header().Get("Location") != "/login" {
		t.Error(w.Code, w.Header())
	}
}
