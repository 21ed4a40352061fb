package web

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
)

func TestDomainsAreFoundByNameAndByHowTheyStand(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.know("john@other.test", "john@example.com", "nobody@example.com")
	h.Admin.get("/domains").status(http.StatusOK).shows(
		"example.com and example.org ✓ Verifies properly callout "+h.At+" 1 1 no 0 no",
		"other.test ! Accepts everything", "list.test ✕ Deferred list nobody", "file.test i Not asked yet", "4 domains", "Add a domain")
	h.Admin.get("/domains?q=MPLE.org").shows("example.com", "1 domain").hides("other.test")
	h.Admin.get("/domains?standing=accepts_everything").shows("other.test", "1 domain").hides("list.test")
	h.Admin.get("/domains?q=nowhere.test").shows("No domain fits", "Add nowhere.test", "Show all")
	for sort, want := range map[string]string{
		"":         "example.com file.test list.test other.test",
		"-name":    "other.test list.test file.test example.com",
		"trouble":  "list.test other.test example.com file.test",
		"-trouble": "list.test other.test example.com file.test",
	} {
		if got := h.Admin.get("/domains?sort="+sort).order("example.com", "file.test", "list.test", "other.test"); got != want {
			t.Errorf("sorted by %q: %s, want %s", sort, got, want)
		}
	}
	h.User.get("/domains").shows("example.com", "1 domain").hides("Add a domain")
}

// order returns links to domains in the order in which a page has them.
func (s *seen) order(names ...string) string {
	var all []string
	for rest := s.Body; ; {
		i := strings.Index(rest, `class="key"><a href="/domains/`)
		if i < 0 {
			return strings.Join(all, " ")
		}
		rest = rest[i+len(`class="key"><a href="/domains/`):]
		name, _, _ := strings.Cut(rest, `"`)
		all = append(all, name)
	}
}

func TestAPageOfDomainsLeadsToTheNextAndBack(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for i := range 120 {
		_, _, err := h.Desk.PutDomain(t.Context(), h.Root, fmt.Sprintf("d%03d.test", i), []byte(`{"mode": "off"}`))
		check(t, err)
	}
	first := h.Admin.get("/domains?q=d").shows("d000.test", "d098.test", "120 domains").hides("d110.test")
	second := h.Admin.get(first.link("Next →")).shows("d110.test", "120 domains").hides("d050.test")
	h.Admin.get(second.link("← Previous")).shows("d000.test", "d050.test").hides("d110.test")
	h.Admin.get("/domains?after=nonsense").status(http.StatusBadRequest).shows("cursor")
}

// link returns where a link with a text leads, "" where there is none.
func (s *seen) link(text string) string {
	s.t.Helper()
	before, _, ok := strings.Cut(s.Body, ">"+text+"</a>")
	if !ok {
		s.t.Fatalf("%s has no link %q:\n%s", s.what, text, s.text())
	}
	_, url, _ := strings.Cut(before[strings.LastIndex(before, "<a "):], `href="`)
	url, _, _ = strings.Cut(url, `"`)
	return strings.ReplaceAll(url, "&amp;", "&")
}

func TestAnEmptyHouseSaysWhatToDoNext(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for _, name := range []string{"example.com"} {
		_, err := h.Desk.DeleteDomain(t.Context(), h.Root, name)
		check(t, err)
	}
	h.User.get("/domains").status(http.StatusOK).shows("No domain yet", "Ask who runs this server").hides("/domains/new")
}

// TestForeignDomainsAreNowhere has a domain user at every URL of another's domain: it is as if it were not served.
func TestForeignDomainsAreNowhere(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.know("john@other.test")
	for _, path := range []string{"", "/verdicts", "/clear?what=all", "/recipients", "/recipients.csv"} {
		foreign := h.User.get("/domains/other.test" + path).status(http.StatusNotFound)
		unserved := h.User.get("/domains/never.test" + path).status(http.StatusNotFound)
		if strings.ReplaceAll(foreign.timeless(), "other.test", "never.test") != unserved.timeless() {
			t.Errorf("%s of a foreign domain is told from that of none:\n%s\n%s", path, foreign.text(), unserved.text())
		}
		if out := h.Stranger.get("/domains/other.test" + path); out.URL.Path != "/login" {
			t.Errorf("a stranger is at %s", out.URL)
		}
	}
	for path, form := range map[string][]string{
		"/clear":             {"what", "all", "sure", "yes"},
		"/recipients":        {"do", "add", "add", "x"},
		"/recipients/import": nil,
	} {
		code := h.User.post("/domains/other.test"+path, form...).code
		if code != http.StatusNotFound && path != "/recipients/import" || code < 400 {
			t.Errorf("POST %s: %d", path, code)
		}
	}
	h.User.post("/domains/other.test/clear", "one", "john@other.test").status(http.StatusNotFound)
	h.User.post("/domains/example.com/clear", "one", "john@other.test").status(http.StatusNotFound)
	h.User.post("/domains/example.com/clear", "what", "selected", "sel", "john@other.test", "sure", "yes").status(http.StatusNotFound)
	h.User.get("/recipients/john@other.test").status(http.StatusNotFound)
	h.User.post("/recipients/john@other.test/clear").status(http.StatusNotFound)
	h.User.post("/recipients/john@other.test/test").status(http.StatusNotFound)
	h.User.post("/test", "recipient", "john@other.test", "fresh", "on").status(http.StatusNotFound)
	h.Admin.get("/domains/other.test").shows("Cached recipients 1 valid, 0 invalid", "Yes: "+h.At+" took a random address")
	if e := h.events()[0]; !e.Refused || e.Who != "user" || e.Target != "other.test" {
		t.Errorf("the last refusal left %+v", e)
	}
}
