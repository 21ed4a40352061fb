package web

import (
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"
)

// visitor is a browser without script, with cookies.
type visitor struct {
	h      *house
	client *http.Client
}

func (h *house) visitor() *visitor {
	jar, err := cookiejar.New(nil)
	check(h.t, err)
	return &visitor{h, &http.Client{Jar: jar, Timeout: 30 * time.Second}}
}

func (b *visitor) logIn(name string) {
	b.h.t.Helper()
	b.post("/login", "name", name, "password", housePassword, "next", "/domains").status(http.StatusOK)
}

// seen is a page as a visitor got it, redirects followed.
type seen struct {
	t    testing.TB
	what string
	code int
	head http.Header
	URL  *url.URL // where it ended
	Body string
}

func (b *visitor) get(path string) *seen {
	b.h.t.Helper()
	r, err := http.NewRequestWithContext(b.h.t.Context(), http.MethodGet, b.h.URL+path, nil)
	check(b.h.t, err)
	return b.do(r)
}

// post sends a form: "name", "value", …
func (b *visitor) post(path string, pairs ...string) *seen {
	b.h.t.Helper()
	return b.do(b.form(path, pairs))
}

// postAs sends a form with a header.
func (b *visitor) postAs(header, value, path string, pairs ...string) *seen {
	b.h.t.Helper()
	r := b.form(path, pairs)
	r.Header.Set(header, value)
	return b.do(r)
}

func (b *visitor) form(path string, pairs []string) *http.Request {
	b.h.t.Helper()
	f := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		f.Add(pairs[i], pairs[i+1])
	}
	r, err := http.NewRequestWithContext(b.h.t.Context(), http.MethodPost, b.h.URL+path, strings.NewReader(f.Encode()))
	check(b.h.t, err)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return r
}

func (b *visitor) do(r *http.Request) *seen {
	b.h.t.Helper()
	answer, err := b.client.Do(r)
	check(b.h.t, err)
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	check(b.h.t, err)
	return &seen{b.h.t, r.Method + " " + r.URL.RequestURI(), answer.StatusCode, answer.Header, answer.Request.URL, string(body)}
}

// status checks the status.
func (s *seen) status(want int) *seen {
	s.t.Helper()
	if s.code != want {
		s.t.Errorf("%s: status %d, want %d\n%s", s.what, s.code, want, s.text())
	}
	return s
}

var (
	element = regexp.MustCompile(`(?s)<(script|style|head)\b.*?</(script|style|head)>|<[^>]*>`)
	blank   = regexp.MustCompile(`\s+`)
)

var madeAt = regexp.MustCompile(`<time hidden data-now datetime="[^"]*"></time>`)

// timeless is a page without when it was made: what two pages have in common that say the same.
func (s *seen) timeless() string { return madeAt.ReplaceAllString(s.Body, "") }

// text is what a reader sees, on one line.
func (s *seen) text() string {
	text := element.ReplaceAllString(strings.ReplaceAll(s.Body, "<wbr>", ""), " ")
	for from, to := range map[string]string{"&#39;": "'", "&#34;": `"`, "&lt;": "<", "&gt;": ">", "&#43;": "+", "&amp;": "&", thin: " "} {
		text = strings.ReplaceAll(text, from, to)
	}
	return strings.TrimSpace(blank.ReplaceAllString(text, " "))
}

// shows checks that a reader sees texts.
func (s *seen) shows(texts ...string) *seen {
	s.t.Helper()
	for _, want := range texts {
		if !strings.Contains(s.text(), want) {
			s.t.Errorf("%s does not show %q:\n%s", s.what, want, s.text())
		}
	}
	return s
}

// hides checks that the page has texts nowhere, not in its markup either.
func (s *seen) hides(texts ...string) *seen {
	s.t.Helper()
	for _, not := range texts {
		if strings.Contains(s.Body, not) || strings.Contains(s.text(), not) {
			s.t.Errorf("%s has %q:\n%s", s.what, not, s.text())
		}
	}
	return s
}

// at checks where redirects led.
func (s *seen) at(path string) *seen {
	s.t.Helper()
	if s.URL.RequestURI() != path {
		s.t.Errorf("%s led to %s, want %s", s.what, s.URL.RequestURI(), path)
	}
	return s
}
