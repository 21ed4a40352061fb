package test

import (
	"net/url"
	"testing"

	"callout/test/browser"
)

// webPage is a page to be looked at.
type webPage struct {
	name, path string
	user       string                              // "": admin; "-": nobody
	do         func(t *testing.T, p *browser.Page) // there, first; nil: nothing
	costly     bool                                // it is looked at light and wide, and dark and narrow, alone
}

// pages are all pages of a house.
func (h *webHouse) pages() []webPage {
	all := []webPage{
		{name: "login", path: "/login", user: "-"},
		{name: "overview", path: "/"},
		{name: "overview-day", path: "/?span=day", costly: true},
		{name: "my-domains", path: "/", user: "customer@good.test"},
		{name: "domains", path: "/domains"},
		{name: "domains-none", path: "/domains?q=nowhere.test"},
		{name: "domain-add", path: "/domains/new"},
		{name: "domain-edit", path: "/domains/half.test/edit", costly: true},
		{name: "domain-edit-file", path: "/domains/good.test/edit"},
		{name: "domain-remove", path: "/domains/half.test/remove"},
		{name: "verdicts", path: "/domains/good.test/verdicts"},
		{name: "verdicts-none", path: "/domains/new.test/verdicts"},
		{name: "verdicts-clear", path: "/domains/good.test/clear?what=all"},
		{name: "locals", path: "/domains/listed.test/recipients"},
		{name: "locals-none", path: "/domains/empty.test/recipients", costly: true},
		{name: "recipient-valid", path: "/recipients/good@good.test"},
		{name: "recipient-invalid", path: "/recipients/nobody@good.test"},
		{name: "recipient-unknown", path: "/recipients/stranger@good.test", costly: true},
		{name: "test", path: "/test"},
		{name: "tested", path: "/domains/good.test", do: testNow, costly: true},
		{name: "destinations", path: "/destinations"},
		{name: "destination-good", path: "/destinations/" + url.PathEscape(h.d.Callouts)},
		{name: "destination-gone", path: "/destinations/" + url.PathEscape(h.gone)},
		{name: "cache", path: "/cache"},
		{name: "cache-clear", path: "/cache/clear"},
		{name: "decisions", path: "/decisions"},
		{name: "decisions-older", path: "/decisions?action=reject", costly: true},
		{name: "alerts", path: "/alerts", do: alertOver},
		{name: "users", path: "/access"},
		{name: "user-add", path: "/access/users/new"},
		{name: "user-edit", path: "/access/users/customer@good.test/edit", costly: true},
		{name: "user-remove", path: "/access/users/customer@good.test/remove", costly: true},
		{name: "tokens", path: "/access/tokens"},
		{name: "token-add", path: "/access/tokens/new"},
		{name: "token-shown", path: "/access/tokens/new", do: createToken, costly: true},
		{name: "token-revoke", path: "/access/tokens/" + h.token + "/revoke", costly: true},
		{name: "audit", path: "/access/audit"},
		{name: "account", path: "/account", user: "customer@good.test"},
		{name: "missing", path: "/nowhere"},
	}
	for name := range standings {
		all = append(all, webPage{name: "domain-" + name, path: "/domains/" + name, costly: name != "good.test" && name != "gone.test"})
	}
	return all
}

func testNow(t *testing.T, p *browser.Page) {
	p.Fill("Address", "nobody")
	p.Click("Test now")
	p.In("[data-outcome]").WaitText("Invalid.")
}

func createToken(t *testing.T, p *browser.Page) {
	p.Fill("Label", "picture")
	p.Fill("Domains, where not everything", "good.test")
	p.Click("Create")
	p.WaitText("callout_")
}

// alertOver loads the page until the server has seen that an alert is over.
func alertOver(t *testing.T, p *browser.Page) {
	eventually(t, browserPatience, "an alert is over", func() bool {
		p.Go("/alerts")
		return p.In("#list").Shows("over.test")
	})
}

// visit opens a page and does what is to be done there.
func (w *webPage) visit(t *testing.T, p *browser.Page) {
	t.Helper()
	p.Go(w.path)
	if w.do != nil {
		w.do(t, p)
	}
}

// visitors are browsers that have logged in, by user, opened as they are needed.
type visitors struct {
	t    *testing.T
	addr string
	o    browser.Options
	open map[string]*browser.Page
}

func (v *visitors) of(user string) *browser.Page {
	v.t.Helper()
	if user == "" {
		user = "admin"
	}
	if p, ok := v.open[user]; ok {
		return p
	}
	if v.open == nil {
		v.open = make(map[string]*browser.Page)
	}
	if user == "-" {
		v.open[user] = browser.Open(v.t, "http://"+v.addr, v.o)
	} else {
		v.open[user] = logIn(v.t, v.addr, user, v.o)
	}
	return v.open[user]
}
