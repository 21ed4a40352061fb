package web

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
)

func TestDecisionsAreListedWithWhyTheyWereMade(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.know("john@example.com", "nobody@example.com", "one@other.test")
	_, err := h.Desk.Verify(t.Context(), h.Root, "any@other.test", false, nil)
	check(t, err)
	page := h.Admin.get("/decisions").status(http.StatusOK).shows(
		"john@example.com ✓ accept ✓ valid asked", "nobody@example.com ✕ reject ✕ invalid asked", "any@other.test ✓ accept ✓ valid ∗ catch-all cached",
		h.At+` answered "550 5.1.1`, "(just asked)", " took a random address with ", "Asked by test", "Told 550 5.1.1")
	if strings.Index(page.text(), "any@other.test") > strings.Index(page.text(), "john@example.com") {
		t.Error("the last decision is not the first")
	}
	_, err = h.Desk.Verify(t.Context(), h.Root, "john@example.com", false, nil)
	check(t, err)
	h.Admin.get("/decisions").shows("✓ valid cached", "from the cache, asked")
	_, err = h.Desk.Pause(t.Context(), h.Root, "example.com", "1h")
	check(t, err)
	h.know("nobody@example.com")
	h.Admin.get("/decisions").shows("✓ accept would be ✕ reject", "Would be refused, and is accepted because it is paused or not enforced")
}

func TestDecisionsAreFilteredByTheURL(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.know("john@example.com", "nobody@example.com", "any@other.test")
	for query, want := range map[string]string{
		"q=OBOD":                     "nobody@example.com",
		"domain=other.test":          "any@other.test",
		"action=reject":              "nobody@example.com",
		"verdict=invalid":            "nobody@example.com",
		"recipient=john@example.com": "john@example.com",
		"front=policy":               "",
		"source=cache":               "",
	} {
		page := h.Admin.get("/decisions?" + query).status(http.StatusOK)
		for _, one := range []string{"john@example.com", "nobody@example.com", "any@other.test"} {
			row := strings.Contains(page.Body, `href="/search?q=`+strings.Replace(one, "@", "%40", 1)+`"`)
			if row != (one == want) {
				t.Errorf("%s: %s is shown: %v", query, one, row)
			}
		}
		page.shows("Clear filter")
		if want == "" {
			page.shows("No decision fits", "Show all")
		}
		name, value, _ := strings.Cut(query, "=")
		if !strings.Contains(page.Body, `value="`+value+`"`) && !strings.Contains(page.Body, `value="`+value+`" selected`) {
			t.Errorf("%s: the form does not have what %s was", query, name)
		}
	}
	h.Admin.get("/decisions?domain=unserved.test").status(http.StatusOK).shows("No decision fits")
}

func TestWhatCantBeUsedInAFilterIsSaidAtItsField(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	page := h.Admin.get("/decisions?domain=exa%20mple&q=john").status(http.StatusBadRequest).shows("is not a domain name")
	for _, want := range []string{`id="f-domain-error"`, `value="exa mple"`, `value="john"`} {
		if !strings.Contains(page.Body, want) {
			t.Errorf("the form has no %s", want)
		}
	}
	if page := h.Admin.get("/decisions?action=explode").status(http.StatusBadRequest); !strings.Contains(page.Body, `id="f-action-error"`) {
		t.Error("the error is not at its field")
	}
	h.Admin.get("/decisions?after=nonsense").status(http.StatusBadRequest).shows("cursor")
}

func TestOlderDecisionsAreOnPagesOfTheirOwn(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for i := range 120 {
		_, err := h.Desk.Verify(t.Context(), h.Root, fmt.Sprintf("r%03d@list.test", i), false, nil)
		check(t, err)
	}
	newest := h.Admin.get("/decisions?domain=list.test").shows("r119@list.test", "r020@list.test").hides("r019@list.test", "Newest")
	if !strings.Contains(newest.Body, "data-tail=") {
		t.Error("the newest page has no tail")
	}
	older := h.Admin.get(newest.link("Older →")).shows("r019@list.test", "r000@list.test").hides("r020@list.test", "data-tail=")
	h.Admin.get(older.link("Newest")).shows("r119@list.test").at("/decisions?domain=list.test")
}

func TestADomainUserSeesDecisionsOfTheirDomainsAlone(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.know("john@example.com", "mary@example.org", "secret@other.test")
	h.User.get("/decisions").shows("john@example.com", "mary@example.org").hides("other.test", "secret")
	h.User.get("/decisions?q=secret").shows("No decision fits").hides("other.test")
	h.User.get("/decisions?recipient=secret@other.test").shows("No decision fits").hides(`"key"><a href="/search`)
	served := h.User.get("/decisions?domain=other.test").status(http.StatusNotFound)
	not := h.User.get("/decisions?domain=unserved.test").status(http.StatusNotFound)
	if a, b := strings.ReplaceAll(served.timeless(), "other.test", "X"), strings.ReplaceAll(not.timeless(), "unserved.test", "X"); a != b {
		t.Errorf("a foreign domain looks otherwise than one that is not served:\n%s\n%s", a, b)
	}
	h.Stranger.get("/decisions").at("/login?next=%2Fdecisions")
}

func TestWhatStrangersSaidIsTextInDecisions(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.know(`"<img src=x onerror=alert(1)>"@example.com`)
	for _, path := range []string{"/decisions", "/", "/decisions?q=%22%3E%3Cimg+src%3Dx%3E"} {
		if body := h.Admin.get(path).status(http.StatusOK).Body; strings.Contains(body, "<img") {
			t.Errorf("%s has an element of a stranger", path)
		}
	}
	h.Admin.get("/decisions").shows("<img src=x onerror=alert(1)>")
}
