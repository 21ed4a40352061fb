package test

import (
	"fmt"
	"net"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"callout/internal/lab"
)

// webHouse is a server whose pages all have something to show: domains that stand in every way, verdicts of each kind,
// alerts that are open and over, users, tokens, events.
type webHouse struct {
	*server
	d      *destination
	admin  *visitor
	gone   string // a host that nobody listens at
	token  string // ID of one
	paused time.Time
}

// standings are the domains of a house, by how they stand.
var standings = map[string]string{
	"good.test": "Verifies properly", "everything.test": "Accepts everything", "suspect.test": "Suspect", "gone.test": "Unreachable",
	"half.test": "Trouble", "paused.test": "Paused", "observed.test": "Not enforced", "empty.test": "Deferred", "listed.test": "Verified by its list",
	"off.test": "Off", "new.test": "Not asked yet",
}

func newWebHouse(t *testing.T) *webHouse {
	t.Helper()
	h := &webHouse{gone: freeAddr(t)}
	long := strings.Repeat("a-very-long-name-", 3) + "indeed"
	h.d = startDestination(t, []string{"good.test", "paused.test", "observed.test", "half.test"}, "good@good.test", long+"@good.test", "good@half.test")
	other := &lab.Destination{Hostname: "mx.lab.test", Domains: map[string]lab.Domain{"everything.test": {CatchAll: true}, "suspect.test": {}}}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go other.Serve(ln)
	t.Cleanup(other.Close)
	at := ln.Addr().String()
	h.server = startPages(t, "[callout]\nconnect_timeout = \"2s\"\n"+domain("good.test", h.d.Callouts)+"aliases = [\"good-too.test\"]\n"+
		domain("paused.test", h.d.Callouts)+domain("observed.test", h.d.Callouts)+"enforce = false\n")
	h.admin = newVisitor(t, h.server, "admin")
	h.does(t, "/domains/new", "name=over.test&mode=list")
	h.does(t, "/domains/over.test/pause", "length=1h")
	h.paused = time.Now()
	for name, form := range map[string]string{
		"everything.test": "destinations=" + at, "suspect.test": "destinations=" + at, "gone.test": "destinations=" + h.gone,
		"half.test": "destinations=" + h.gone + "%0A" + h.d.Callouts, "new.test": "destinations=" + at,
		"empty.test": "mode=list", "listed.test": "mode=list", "off.test": "mode=off",
	} {
		h.does(t, "/domains/new", "name="+name+"&"+form)
	}
	h.does(t, "/domains/paused.test/pause", "length=4h")
	h.does(t, "/domains/listed.test/recipients", "do=add&add=john%0Asales-*%0Amary")
	h.addUser(t, "customer@good.test", "--role", "domain", "--domains", "good.test,gone.test")
	h.post(t, "/access/tokens/new", "label=control+panel&may=write&expires=never&role=admin")
	h.post(t, "/access/tokens/new", "label=monitoring&may=read&expires=30d&role=domain&domains=good.test&owner=customer@good.test")
	m := regexp.MustCompile(`/access/tokens/([^/"]+)/revoke`).FindStringSubmatch(h.admin.get("/access/tokens").body)
	if m == nil {
		t.Fatal("there is no token")
	}
	h.token = m[1]
	h.ask(t, long)
	h.does(t, "/domains/over.test/resume", "")
	return h
}

// ask has decisions of each kind made.
func (h *webHouse) ask(t *testing.T, long string) {
	t.Helper()
	for _, recipient := range []string{"good@good.test", long + "@good.test", "nobody@good.test", "nobody@good-too.test", "any@everything.test",
		"any@paused.test", "any@observed.test", "any@gone.test", "good@half.test", "any@empty.test", "john@listed.test", "any@listed.test", "any@off.test",
		"nobody@good.test", "any@elsewhere.test", "<b>bold</b>@good.test"} {
		askOnce(t, h.policy, recipient)
	}
	for n := range 20 {
		askOnce(t, h.policy, fmt.Sprintf("typo%d@suspect.test", n))
	}
	for name, want := range standings {
		eventually(t, 20*time.Second, name+" stands as "+want, func() bool {
			return strings.Contains(h.admin.get("/domains/"+name).body, `<p class="word">`+want+`</p>`)
		})
	}
	// The server looks for alerts every 10 s: one that was open so long has been seen.
	eventually(t, 30*time.Second, "an alert was seen", func() bool { return time.Since(h.paused) > 11*time.Second })
}

func (h *webHouse) post(t *testing.T, path, form string) answer {
	t.Helper()
	values, err := url.ParseQuery(form)
	if err != nil {
		t.Fatal(err)
	}
	return h.admin.post(path, values)
}

// does posts a form that must be taken.
func (h *webHouse) does(t *testing.T, path, form string) {
	t.Helper()
	if a := h.post(t, path, form); a.status != 303 {
		t.Fatalf("POST %s %s: %s", path, form, a)
	}
}
