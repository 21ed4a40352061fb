package web

import (
	"net/http"
	"strings"
	"testing"

	"callout/internal/access"
)

// What a page says was done is so: with an end or without, of a domain or of everything, and of what goes on.
func TestWhatIsSaidOfAPauseIsSo(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.put("loose.test", `{"destinations": ["`+h.At+`"], "enforce": false}`)
	for _, step := range []struct{ path, length, says, not string }{
		{"/domains/example.com/resume", "", "Nothing was paused.", "Resumed"},
		{"/resume", "", "Nothing was paused.", "Resumed"},
		{"/domains/example.com/pause", "1h", "Paused: all recipients of the domain are accepted until 20", "until it is resumed."},
		{"/domains/example.com/pause", "", "Paused: all recipients of the domain are accepted until it is resumed.", "everything"},
		{"/pause", "1h", "Everything is paused: all recipients are accepted until 20", "✓ Paused"},
		{"/domains/other.test/resume", "", "The domain has no pause of its own. Everything is paused, the domain too.", "Resumed"},
		{"/domains/example.com/resume", "", "The domain's own pause has ended. Everything is paused still, the domain too.", "Resumed"},
		{"/domains/example.com/pause", "", "Paused: all recipients", "Resumed"},
		{"/pause", "", "Everything is paused: all recipients are accepted until it is resumed.", "Resumed"},
		{"/resume", "", "Resumed: verdicts count again. 1 domain stays as it is, by a pause of its own.", "Nothing"},
		{"/domains/example.org/resume", "", "Resumed: verdicts count again.", "Nothing"},
		{"/domains/loose.test/pause", "", "Paused: ", "Resumed"},
		{"/domains/loose.test/resume", "", "Resumed. The domain's own settings do not enforce", "verdicts count again"},
	} {
		s := h.Admin.post(step.path, "length", step.length).status(http.StatusOK).shows("✓ " + step.says)
		if contains(flashOf(s), step.not) {
			t.Errorf("%s %q says %q", step.path, step.length, flashOf(s))
		}
	}
}

// flashOf returns what a page says was done.
func flashOf(s *seen) string {
	_, rest, _ := strings.Cut(s.Body, `<p class="flash"`)
	said, _, _ := strings.Cut(rest, "</p>")
	return said
}

func TestNothingSelectedIsSaid(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	const verdicts, locals = "/domains/example.com/verdicts", "/domains/example.com/recipients"
	h.Admin.post("/domains/example.com/clear", "what", "selected", "back", verdicts+"?q=x").at(verdicts + "?q=x").shows("Nothing was selected.")
	h.Admin.post("/domains/example.com/clear", "what", "selected", "sure", "yes").at(verdicts).shows("Nothing was selected.")
	h.Admin.post(locals, "do", "remove").at(locals).shows("Nothing was selected.")
	h.Admin.post(locals, "do", "remove", "sure", "yes").at(locals).shows("Nothing was selected.")
}

// What is cleared from the page of a domain is of that domain or an alias: others are not even named.
func TestOnlyRecipientsOfTheDomainAreCleared(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.know("john@example.com", "john@example.org", "any@other.test")
	const clear = "/domains/example.com/clear"
	for _, form := range [][]string{{"sel", "any@other.test"}, {"sel", "any@other.test", "sure", "yes"}, {"sel", "john@example.com", "sel", "any@other.test"},
		{"one", "any@other.test"}} {
		h.Admin.post(clear, append([]string{"what", "selected"}, form...)...).status(http.StatusNotFound).hides("This clears")
	}
	h.User.post(clear, "what", "selected", "sel", "x@nosuch.test").status(http.StatusNotFound).hides("This clears")
	h.User.post(clear, "what", "selected", "sel", "no address").status(http.StatusUnprocessableEntity).hides("This clears")
	h.User.post(clear, "what", "selected", "sel", "john@example.com", "sel", "john@EXAMPLE.org").status(http.StatusOK).shows("This clears what is known of 2 recipients")
	h.User.post("/domains/example.org/clear", "what", "selected", "sel", "john@example.org", "sure", "yes").shows("Cleared: 1 cached verdict went.")
	if v, err := h.Desk.Verdict(t.Context(), h.Root, "any@other.test"); err != nil || v.Status == "" && !v.CatchAll {
		t.Errorf("%+v, %v", v, err)
	}
}

func TestAllDecisionsAboutARecipientAreOfItAlone(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.know("ann@example.com", "joann@example.com")
	h.unserved("ann@elsewhere.test")
	h.unserved("joann@elsewhere.test")
	for _, at := range []string{"example.com", "elsewhere.test"} {
		page := h.Admin.get("/recipients/ann@" + at).status(http.StatusOK).hides("joann")
		h.Admin.get(page.link("All decisions about it")).shows("ann@" + at).hides("joann")
	}
}

func TestAnAddressMayStandInAngleBrackets(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.Admin.post("/test", "recipient", " <john@example.com> ").status(http.StatusOK).shows("✓ Valid")
	h.Admin.post("/test", "recipient", "<john>", "domain", "example.com").status(http.StatusOK).shows("john@example.com")
	for in, want := range map[string]string{"<a@b>": "a@b", "a@b>": "a@b>", "<a@b": "<a@b", " a ": "a", "<": "<", "<>": "", "": ""} {
		if got := bare(in); got != want {
			t.Errorf("%q: %q", in, got)
		}
	}
}

func TestQueriesThatMakeNoSenseAreSaid(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.know("john@example.com")
	_, _, err := h.Desk.CreateToken(t.Context(), h.Root, access.Token{Label: "a token", Role: access.RoleAdmin})
	check(t, err)
	for _, q := range []string{"before=a", "after=zz", "before=A"} { // places in other lists
		h.Admin.get("/access/tokens?" + q).status(http.StatusBadRequest)
	}
	h.Admin.get("/decisions?source=zz").status(http.StatusBadRequest).shows("is none of cache, callout and none")
	h.Admin.get("/decisions?front=z1").status(http.StatusBadRequest).shows("is no word of a-z")
	h.Admin.get("/decisions?front=zz").status(http.StatusOK).shows("No decision fits")
	h.Admin.get("/decisions?source=callout&front=api").status(http.StatusOK).shows("john@example.com")
}
