package web

import (
	"net/http"
	"strings"
	"testing"

	"callout/internal/address"
	"callout/internal/verify"
)

// unserved has the house decide on a recipient of a domain that it does not serve.
func (h *house) unserved(recipient string) {
	h.t.Helper()
	rcpt, err := address.Parse(recipient)
	check(h.t, err)
	h.Verifier.Decide(h.t.Context(), verify.Question{Recipient: rcpt, Front: "policy", Client: "192.0.2.7", Sender: "someone@sender.test"})
}

func TestARecipientElsewhereLeadsToItsDecisions(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.unserved("someone@elsewhere.test")
	list := h.Admin.get("/decisions").shows("Decisions on recipients. What became of a message is in the log.", "someone@elsewhere.test", "192.0.2.7")
	rows, _, _ := strings.Cut(list.Body, "<template") // what script fills in has all of them
	if strings.Contains(rows, "<dt>Host</dt>") || strings.Contains(rows, "<dt>Its reply</dt>") || !strings.Contains(rows, "<dt>Client</dt>") {
		t.Error("a detail without a value is shown")
	}
	h.Admin.get("/search?q=someone%40elsewhere.test").status(http.StatusOK).shows("someone@elsewhere.test", "no opinion")
	h.Admin.get("/recipients/someone@elsewhere.test").status(http.StatusOK).
		shows("– Not served here The domain elsewhere.test is not one of those served here", "Add elsewhere.test", "no opinion").has(`href="/domains/new?name=elsewhere.test"`)
	h.Admin.get("/recipients/nobody@elsewhere.test").status(http.StatusOK).shows("Not served here", "None yet.")
	foreign := h.User.get("/recipients/someone@other.test").status(http.StatusNotFound)
	not := h.User.get("/recipients/someone@elsewhere.test").status(http.StatusNotFound)
	if a, b := strings.ReplaceAll(foreign.text(), "other.test", "X"), strings.ReplaceAll(not.text(), "elsewhere.test", "X"); a != b {
		t.Errorf("a foreign recipient shows\n%s\none of nobody\n%s", a, b)
	}
}

func TestDomainsOfAUserThatAreNotServedAreNamed(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.Admin.post("/access/users/new", "name", "anna", "role", "domain", "domains", "example.com exampel.com", "password", "a long password").
		shows("Saved.", "exampel.com is not served here yet.", "anna sees nothing of it until it is added under Domains.")
	h.Admin.post("/access/users/anna/edit", "role", "domain", "domains", "r3.tset, r3.tesu").shows("r3.tesu, r3.tset are not served here yet.")
	h.Admin.post("/access/users/anna/edit", "role", "domain", "domains", "example.com").at("/access").hides("not served")
	h.Admin.post("/access/users/new", "name", "bert", "role", "domain", "domains", "r3.tset").shows("Password of bert", "Saved. r3.tset is not served here yet.")
	h.Admin.get("/access?saved=nobody").hides("not served")
}

func TestADomainUserNeedsADomain(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for _, path := range []string{"/access/users/new", "/access/users/user/edit"} {
		page := h.Admin.post(path, "name", "anna", "role", "domain", "domains", " \n", "password", "a long password").status(http.StatusUnprocessableEntity)
		if got := page.wrongField(); got != "domains" {
			t.Errorf("%s: the error stands at %q\n%s", path, got, page.text())
		}
	}
	if _, ok := h.Access.User("anna"); ok {
		t.Error("anna is there")
	}
}

func TestWhatAllIsWrongWithAUserIsSaidAtOnce(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	page := h.Admin.post("/access/users/new", "name", "a b", "role", "domain", "domains", "", "password", "short").status(http.StatusUnprocessableEntity).
		shows("Not saved: 3 fields need another look Name , Domains of a domain user , Password")
	for _, name := range []string{"name", "domains", "password"} {
		if !strings.Contains(page.Body, `id="f-`+name+`-error"`) {
			t.Errorf("nothing stands at %s", name)
		}
	}
}

func TestAReplacingFileWithoutRecipientsChangesNothing(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	const page = "/domains/example.com/recipients"
	h.User.post(page, "do", "add", "add", "john")
	for _, file := range []string{"", "recipient,name\n", "\n\n"} {
		h.User.upload(page+"/import", false, "replace", file).status(http.StatusUnprocessableEntity).shows("The file has no recipients; nothing was changed.")
		h.User.upload(page+"/import", true, "replace", file).status(http.StatusUnprocessableEntity)
	}
	if got := h.stored("example.com"); len(got) != 1 {
		t.Errorf("left: %q", got)
	}
}

func TestAWaitIsSaidOnceInWords(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for range 5 {
		h.Stranger.post("/login", "name", "admin", "password", "wrong password")
	}
	h.Stranger.post("/login", "name", "admin", "password", housePassword).status(http.StatusTooManyRequests).
		shows("Too many failed attempts. Try again in 1 second.").hides("oo many attempts")
}

func TestAnAddressBreaksWhereItsPartsEnd(t *testing.T) {
	for in, want := range map[string]string{
		"john@example.com": `<span class="addr">john@example.com</span>`,
		"192.0.2.1":        `<span class="addr nowrap">192.0.2.1</span>`,
		"192.0.2.1:25":     `<span class="addr nowrap">192.0.2.1:25</span>`,
		"someone.with.a.name@department.example.com": `<span class="addr">someone.<wbr>with.<wbr>a.<wbr>name@<wbr>department.<wbr>example.<wbr>com</span>`,
		strings.Repeat("a", 31) + "@x":               `<span class="addr long">` + strings.Repeat("a", 31) + `@<wbr>x</span>`,
	} {
		if got := string(addr(in)); got != want {
			t.Errorf("%q: %s, want %s", in, got, want)
		}
	}
}
