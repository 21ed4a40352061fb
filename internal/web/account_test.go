package web

import (
	"net/http"
	"strings"
	"testing"
)

func TestAUserChangesTheirOwnPassword(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	other := h.visitor()
	other.logIn("user")
	const next = "another password"
	h.User.post("/account", "old", "wrong", "password", next, "again", next).status(http.StatusForbidden).has(`id="f-old-error"`)
	h.Admin.get("/access/audit").shows("user", "change password", "the old password is wrong")
	h.User.post("/account", "old", housePassword, "password", next, "again", "else").status(http.StatusUnprocessableEntity).has(`id="f-again-error"`)
	page := h.User.post("/account", "old", housePassword, "password", "short", "again", "short").status(http.StatusUnprocessableEntity).has(`id="f-password-error"`)
	if strings.Contains(page.Body, housePassword) || strings.Contains(page.Body, `value="short"`) {
		t.Error("a password is on the page")
	}
	other.get("/account").status(http.StatusOK).at("/account")
	h.User.post("/account", "old", housePassword, "password", next, "again", next).at("/account").shows("The password was changed.")
	h.User.get("/account").at("/account")
	other.get("/account").at("/login?next=%2Faccount")
	other.post("/login", "name", "user", "password", next).at("/")
}

func TestTheLoginKeepsTheNameAndTellsNothing(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.Stranger.get("/login").status(http.StatusOK).shows("Log in", "Name", "Password").hides("(needed)", "callout user add")
	known := h.Stranger.post("/login", "name", "user", "password", "wrong", "next", "/cache").status(http.StatusUnauthorized).
		shows("Name or password is wrong.").has(`value="user"`, `name="next" value="/cache"`)
	unknown := h.Stranger.post("/login", "name", "ghost", "password", "wrong", "next", "/cache").status(http.StatusUnauthorized)
	if a, b := strings.ReplaceAll(known.Body, "user", "X"), strings.ReplaceAll(unknown.Body, "ghost", "X"); len(a)-len(b) > len(a)/100 || known.text() != unknown.text() {
		t.Errorf("a name that is there looks otherwise:\n%s\n%s", known.text(), unknown.text())
	}
	for next, want := range map[string]string{"/domains?q=x": "/domains?q=x", "https://evil.example/": "/", "//evil.example": "/", `/\evil.example`: "/"} {
		h.visitor().post("/login", "name", "user", "password", housePassword, "next", next).at(want)
	}
}

func TestTheFirstScreenSaysHowToMakeTheFirstUser(t *testing.T) {
	h := &house{t: t}
	h.destination()
	h.open()
	h.visitor().get("/").at("/login").status(http.StatusOK).shows("Welcome", "callout user add admin --role admin -c FILE").hides(`name="password"`)
}
