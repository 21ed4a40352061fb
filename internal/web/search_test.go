package web

import (
	"net/http"
	"net/url"
	"testing"
)

func TestSearchGoesToTheAnswer(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for _, c := range []struct {
		who      *visitor
		typed    string
		at       string
		statuses int
	}{
		{h.Admin, "john@example.com", "/recipients/john@example.com", 200},
		{h.Admin, " <John@EXAMPLE.com> ", "/recipients/John@example.com", 200},
		{h.Admin, "a/b@example.com", "/recipients/a%2Fb@example.com", 200},
		{h.Admin, "john@example.org", "/recipients/john@example.org", 200},
		{h.Admin, "Other.Test", "/domains/other.test", 200},
		{h.Admin, "@other.test", "/domains/other.test", 200},
		{h.Admin, "exam", "/domains?q=exam", 200},
		{h.Admin, "john@exam", "/decisions?q=john%40exam", 200},
		{h.Admin, "a b c@@x", "/decisions?q=a+b+c%40%40x", 200},
		{h.Admin, "someone@elsewhere.test", "/decisions?q=someone%40elsewhere.test", 200},
		{h.Admin, "192.0.2.7", "/decisions?q=192.0.2.7", 200},
		{h.Admin, "[2001:db8::1]", "/decisions?q=2001%3Adb8%3A%3A1", 200},
		{h.Admin, "", "/domains", 200},
		{h.User, "john@example.com", "/recipients/john@example.com", 200},
		{h.User, "example.org", "/domains/example.org", 200},
		{h.User, "other.test", "/domains?q=other.test", 200},
		{h.User, "john@other.test", "/decisions?q=john%40other.test", 200},
		{h.User, "192.0.2.7", "/decisions?q=192.0.2.7", 200},
	} {
		c.who.get("/search?q=" + url.QueryEscape(c.typed)).status(c.statuses).at(c.at)
	}
	h.Stranger.get("/search?q=example.com").at("/login?next=%2Fsearch%3Fq%3Dexample.com")
}

// A domain of others and one that is not served look the same, also for who searches.
func TestSearchTellsNothingOfForeignDomains(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	foreign := h.User.get("/search?q=other.test").status(http.StatusOK).text()
	unserved := h.User.get("/search?q=other.tesu").status(http.StatusOK).text()
	if foreign != unserved {
		t.Errorf("a foreign domain shows\n%s\nan unserved one\n%s", foreign, unserved)
	}
}

// A part of a name is not offered to be added, nor what was meant as an address.
func TestOnlyAWholeNameIsOfferedToBeAdded(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for q, want := range map[string]bool{"new.test": true, "New.Test": true, "new": false, "a b.test": false, ".test": false, "new..test": false, "192.0.2.7": false} {
		page := h.Admin.get("/domains?q=" + url.QueryEscape(q)).status(http.StatusOK)
		if got := contains(page.Body, `href="/domains/new?name=`); got != want {
			t.Errorf("%q: offered to be added: %v, want %v\n%s", q, got, want, page.text())
		}
	}
	h.User.get("/domains?q=new.test").shows("No domain fits").hides("/domains/new")
}
