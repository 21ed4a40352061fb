package web

import (
	"net/http"
	"strings"
	"testing"
)

func TestTheCacheIsSearched(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.know("john@example.com")
	h.Admin.get("/cache?q=john%40example.com").status(http.StatusOK).at("/recipients/john@example.com")
	h.Admin.get("/cache?q=nobody%40example.com").status(http.StatusOK).at("/recipients/nobody@example.com")
	h.Admin.get("/cache?q=Example.COM").status(http.StatusOK).at("/domains/example.com/verdicts")
	h.Admin.get("/cache?q=exam").status(http.StatusOK).shows("these domains", "example.com")
	h.Admin.get("/cache?q=zzz").status(http.StatusOK).shows("Nothing cached of such a domain", "Show all")
	s := h.Admin.get("/cache?q=%3Cb%3E%40nowhere.test").status(http.StatusNotFound).shows("There is no domain nowhere.test here.").hides("<b>")
	if !contains(s.Body, `value="&lt;b&gt;@nowhere.test"`) {
		t.Error("what was typed is gone")
	}
	h.Admin.get("/cache?q=a%20b%40%40").status(http.StatusBadRequest).shows("write local-part@domain")
}

func TestTheCacheCountsVerdictsByDomain(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.Admin.get("/cache").status(http.StatusOK).shows("Nothing is cached", "Test an address").hides("Clear everything")
	h.know("john@example.com", "mary@example.com", "nobody@example.org", "boss2@file.test")
	s := h.Admin.get("/cache").status(http.StatusOK).shows("example.com", "and 1 alias", "file.test", "Cached recipients 4", "Domains 2", "Clear everything")
	if !contains(s.Body, `href="/domains/example.com/verdicts"`) {
		t.Error("no link to the verdicts")
	}
	if strings.Index(s.Body, "/example.com/verdicts") > strings.Index(s.Body, "/file.test/verdicts") {
		t.Error("the domain with most is not first")
	}
	h.User.get("/cache").status(http.StatusOK).shows("example.com", "Cached recipients 3", "of your domains").hides("file.test", "Clear everything", "/cache/clear")
	h.User.get("/cache?q=test").status(http.StatusOK).shows("Nothing cached").hides("file.test")
	h.User.get("/cache?q=boss2%40file.test").status(http.StatusNotFound).shows("There is no domain file.test here.")
	h.Stranger.get("/cache").at("/login?next=%2Fcache")
}

func TestEverythingIsClearedOnceItIsConfirmed(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.know("john@example.com", "nobody@example.org", "boss2@file.test")
	h.Admin.get("/cache/clear").status(http.StatusOK).shows("This clears 3 cached verdicts of 2 domains", "Type everything to confirm")
	for _, typed := range []string{"", "Everything", "example.com"} {
		h.Admin.post("/cache/clear", "typed", typed).status(http.StatusUnprocessableEntity).shows("That is not everything.", "3 cached verdicts of 2 domains")
	}
	h.Admin.get("/cache").shows("Cached recipients 3")
	h.Admin.post("/cache/clear", "typed", "everything").status(http.StatusOK).at("/cache").shows("Cleared: 3 cached verdicts went.", "Nothing is cached")
	if e := h.events()[0]; e.Action != "clear everything" || e.Detail != "3 verdicts" {
		t.Errorf("audit: %+v", e)
	}
}

func TestADomainUserCanNotClearEverything(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.know("john@example.com", "boss2@file.test")
	h.User.get("/cache/clear").status(http.StatusForbidden).shows("You may clear each of your domains.")
	h.User.post("/cache/clear", "typed", "everything").status(http.StatusForbidden)
	h.Stranger.post("/cache/clear", "typed", "everything").at("/login")
	h.Admin.get("/cache").shows("Cached recipients 2")
	if e := h.events()[0]; e.Action != "clear everything" || e.Who != "user" || !e.Refused {
		t.Errorf("audit: %+v", e)
	}
}
