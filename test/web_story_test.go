package test

import (
	"fmt"
	"strings"
	"testing"

	"callout/test/browser"
)

// story is somebody who looks after a domain, in a browser.
type story struct {
	t      *testing.T
	s      *server
	p      *browser.Page
	domain string
	gate   *gate // between the server and the domain's destination
	script bool
}

func (y *story) address(local string) string { return local + "@" + y.domain }

// decided asks as a mail server does.
func (y *story) decided(local, want string) {
	y.t.Helper()
	if got := askOnce(y.t, y.s.policy, y.address(local)); !strings.HasPrefix(got, want) {
		y.t.Errorf("the policy front end says %q of %s, want %s", got, y.address(local), want)
	}
}

// A mailbox is missing, is made, and the wrong verdict is cleared: by an admin, who adds the domain first, and by a domain
// user, whom the admin lets see it.
func TestAPersonSeesWhyAnAddressIsRefusedAndClearsIt(t *testing.T) {
	t.Parallel()
	domains := []string{"admin-script.test", "admin-noscript.test", "user-script.test", "user-noscript.test"}
	var mailboxes []string
	for _, name := range domains {
		mailboxes = append(mailboxes, "good@"+name)
	}
	d := startDestination(t, domains, mailboxes...)
	s := startPages(t, plainTTLs)
	bothWays(t, func(t *testing.T, o browser.Options) {
		way := "script"
		if o.NoScript {
			way = "noscript"
		}
		admin := logIn(t, s.http, "admin", o)
		for _, role := range []string{"admin", "user"} {
			g := &gate{}
			y := &story{t: t, s: s, p: admin, domain: role + "-" + way + ".test", gate: g, script: !o.NoScript}
			y.addDomain(startRelay(t, d.Callouts, g.pass).addr)
			if role == "user" {
				name := "user-" + way
				y.addUser(name)
				y.p = logIn(t, s.http, name, o)
			}
			y.test("good", "Valid", "250 2.1.5")
			y.test("new", "Invalid", "550 5.1.1")
			y.decided("new", "550 5.1.1 ")
			d.Add(t, y.address("new"))
			y.decided("new", "550 5.1.1 ") // it is in the cache
			y.find("new")
			y.clear("new")
			y.decided("new", "DUNNO")
			y.test("new", "Valid", "250 2.1.5")
		}
	})
}

// addDomain adds the domain on its page.
func (y *story) addDomain(destination string) {
	y.t.Helper()
	y.p.Click("Domains")
	y.p.Click("Add a domain")
	y.p.Fill("Domain", y.domain)
	y.p.Fill("Destinations", destination)
	y.p.Click("Add the domain")
	y.p.WaitText("The domain was added.")
	y.p.WaitText("Not asked yet")
}

// addUser has an admin make a domain user.
func (y *story) addUser(name string) {
	y.t.Helper()
	y.p.Click("Access")
	y.p.Click("Add a user")
	y.p.Fill("Name", name)
	y.p.Choose("Role", "domain user: their domains only")
	y.p.Fill("Domains of a domain user", y.domain)
	y.p.Fill("Password", webPassword)
	y.p.Click("Add")
	y.p.WaitText("Saved.")
	y.p.Row(name).WaitText(y.domain)
}

// test asks the destination about an address, from the domain's page, and sees what it says.
func (y *story) test(local, word, reply string) {
	y.t.Helper()
	y.p.Go("/domains/" + y.domain)
	y.p.Fill("Address", y.address(local))
	rcpt := fmt.Sprintf("RCPT TO:<%s>", y.address(local))
	if y.script {
		y.watch(rcpt, reply)
		y.p.In("[data-outcome]").WaitText(word + ".")
		return
	}
	y.p.Click("Test now")
	y.p.In(".strip").WaitText(word)
	y.p.In("main .dialogue").WaitText(rcpt)
	y.p.In("main .dialogue").WaitText(reply)
}

// watch sees the question appear while its reply is still held back, and then the reply.
func (y *story) watch(rcpt, reply string) {
	y.t.Helper()
	open := y.gate.hold(y.t, rcpt)
	y.p.Click("Test now")
	said := y.p.In("#said")
	said.WaitText(rcpt)
	if said.Shows(reply) || y.p.In("[data-outcome]").Shows(".") {
		y.t.Errorf("the page knows the reply before the destination has been asked: %q", said.Text(""))
	}
	open()
	said.WaitText(reply)
}

// find finds an address in the list of what is cached of the domain, and by the search box that is on every page.
func (y *story) find(local string) {
	y.t.Helper()
	y.p.Go("/domains/" + y.domain)
	y.p.Click("Cached recipients")
	y.p.Choose("Verdict", "invalid")
	if !y.script {
		y.p.Click("Filter")
	}
	y.p.In("#list").WaitNoText(y.address("good"))
	row := y.p.Row(y.address(local))
	row.WaitText("invalid")
	row.WaitText("550 5.1.1")
	if !strings.Contains(y.p.URL(), "verdict=invalid") {
		y.t.Errorf("the filter is not in the URL: %s", y.p.URL())
	}
	y.p.Fill("Search an address or a domain", y.address(local))
	y.p.Press("Enter")
	y.p.WaitText("It does not exist")
	y.p.WaitText("550 5.1.1")
}

// clear clears the address whose page is open.
func (y *story) clear(local string) {
	y.t.Helper()
	y.p.Click("Clear it")
	y.p.WaitText("Cleared: 1 cached verdict went.")
	y.p.WaitText("Nothing is known")
	y.p.Go("/domains/" + y.domain + "/verdicts")
	y.p.In("#list").WaitText(y.address("good"))
	y.p.In("#list").WaitNoText(y.address(local))
}
