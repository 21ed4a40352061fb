package web

import (
	"net/http"
	"strings"
	"testing"
)

// A form that was refused says so in the window's title and on top, leads to the fields that are wrong, and has the focus on the
// first of them: without script.
func TestARefusedFormLeadsToWhatIsWrong(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for path, c := range map[string]struct {
		form         []string
		title, first string
		others       []string
	}{
		"/domains/new": {[]string{"name", "new.test", "destinations", "mx.test:99999", "more", `{"valid_ttl": "soon"}`}, "Not saved: Add a domain", "destinations", []string{"more"}},
		"/domains/example.com/edit": {append([]string{"more", `{"valid_ttl": "soon"}`}, h.Admin.get("/domains/example.com/edit").fields()...),
			"Not saved: Settings of example.com", "more", nil},
		"/access/users/new":  {[]string{"name", "a b", "role", "domain", "password", "short"}, "Not saved: Add a user", "name", []string{"domains", "password"}},
		"/access/tokens/new": {[]string{"label", "x", "may", "all", "role", "admin", "expires", "never"}, "Not saved: Create a token", "may", nil},
		"/account":           {[]string{"old", "wrong", "password", "another password", "again", "another password"}, "Not saved: Your account", "old", nil},
	} {
		page := h.Admin.post(path, c.form...)
		if page.code < 400 {
			t.Errorf("%s: status %d", path, page.code)
		}
		if want := "<title>" + c.title + " · Callout</title>"; !strings.Contains(page.Body, want) {
			t.Errorf("%s: no %s", path, want)
		}
		for _, name := range append(c.others, c.first) {
			if !strings.Contains(page.Body, `<a href="#f-`+name+`">`) {
				t.Errorf("%s: nothing leads to %s\n%s", path, name, page.text())
			}
		}
		if got := page.focused(); len(got) != 1 || got[0] != c.first {
			t.Errorf("%s: the focus is on %q, want %q", path, got, c.first)
		}
	}
	if body := h.Admin.get("/domains/new").Body; strings.Contains(body, "Not saved") {
		t.Error("a new form was not saved")
	}
}

// focused returns the names of the fields that have the focus when a page is loaded.
func (s *seen) focused() []string {
	var all []string
	for piece := range strings.SplitSeq(s.Body, "<") {
		if tag, _, _ := strings.Cut(piece, ">"); strings.Contains(tag, " autofocus") {
			all = append(all, attribute(tag, "name"))
		}
	}
	return all
}

// Where a form has one field that can be wrong, it has the focus.
func TestTheFieldThatIsWrongHasTheFocus(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for want, page := range map[string]*seen{
		"recipient": h.Admin.post("/test", "recipient", "@"),
		"add":       h.Admin.post("/domains/list.test/recipients", "do", "add", "add", "a b@@"),
		"good":      h.Admin.post("/domains/example.com/doctor", "good", "john@other.test"),
		"typed":     h.Admin.post("/cache/clear", "typed", "all"),
	} {
		if got := page.focused(); page.code < 400 || len(got) != 1 || got[0] != want {
			t.Errorf("status %d, the focus is on %q, want %q", page.code, got, want)
		}
	}
}

func TestKeysBehindAnObjectOrTwiceInItAreRefused(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for more, says := range map[string]string{
		`{"valid_ttl":"48h"} ] zzz`:                  "after top-level value",
		`{"valid_ttl":"48h"} {"invalid_ttl":"1h"}`:   "after top-level value",
		`{"valid_ttl":"48h","valid_ttl":"1h"}`:       `"valid_ttl" is there twice; write it once.`,
		"{\"recipients\":[\"a\"],\n\"a\":1,\"a\":2}": `"a" is there twice`,
		"null": "it is something else",
	} {
		page := h.Admin.post("/domains/new", "name", "new.test", "destinations", h.At, "more", more).status(http.StatusUnprocessableEntity).shows(says)
		if got := page.wrongField(); got != "more" {
			t.Errorf("%s: the error stands at %q", more, got)
		}
	}
	h.Admin.post("/domains/new", "name", "new.test", "destinations", h.At, "more", "{\"valid_ttl\":\"48h\",\n \"recipients\": [\"a\", \"b\"]} \n").
		at("/domains/new.test")
}
