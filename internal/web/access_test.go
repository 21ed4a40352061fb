package web

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"callout/internal/access"
)

// has reports whether the markup of a page has a text.
func (s *seen) has(texts ...string) *seen {
	s.t.Helper()
	for _, want := range texts {
		if !strings.Contains(s.Body, want) {
			s.t.Errorf("%s has no %q:\n%s", s.what, want, s.text())
		}
	}
	return s
}

func TestUsersAreListedAddedChangedAndRemoved(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.Admin.get("/access").status(http.StatusOK).shows("admin (you) admin everything", "user domain user example.com 0", "2 users", "Tokens", "Audit log")
	h.Admin.post("/access/users/new", "name", "New@Example.com", "role", "domain", "domains", "example.com\r\nother.test, list.test", "password", "a long password").
		at("/access").shows("Saved.", "new@example.com domain user example.com", "list.test , other.test")
	h.Admin.get("/access/users/new@example.com/edit").shows("new@example.com", "Make up a new password").has(">example.com\nlist.test\nother.test</textarea>")
	h.Admin.post("/access/users/new@example.com/edit", "role", "domain", "domains", "list.test").at("/access").shows("new@example.com domain user list.test")
	one := h.visitor()
	one.post("/login", "name", "new@example.com", "password", "a long password").at("/").shows("list.test Deferred").hides("/domains/example.com", "other.test")
	h.Admin.get("/access/users/new@example.com/remove").shows("removes the user new@example.com", "0 tokens of theirs", "Type new@example.com to confirm")
	h.Admin.post("/access/users/new@example.com/remove", "typed", "new").status(http.StatusUnprocessableEntity).shows("That is not new@example.com.")
	one.get("/").shows("list.test")
	h.Admin.post("/access/users/new@example.com/remove", "typed", "new@example.com").at("/access").shows("The user was removed", "2 users")
	one.get("/").at("/login")
	h.Admin.get("/access/users/new@example.com/edit").status(http.StatusNotFound)
}

func TestUsersAreFoundAndPaged(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for i := range 120 {
		_, err := h.Access.PutUser(t.Context(), fmt.Sprintf("u%03d", i), access.UserChange{Role: access.RoleDomain, Domains: []string{fmt.Sprintf("d%03d.test", i)}, Password: housePassword})
		check(t, err)
	}
	h.Admin.get("/access?q=U0").shows("u000", "u099", "100 users").hides("u100")
	first := h.Admin.get("/access?role=domain").shows("u098", "121 users").hides("u100")
	second := h.Admin.get(first.link("Next →")).shows("u119", "user").hides("u098")
	h.Admin.get(second.link("← Previous")).shows("u000", "u098").hides("u119")
	h.Admin.get("/access?q=d007.test").shows("u007", "1 user").hides("u008")
	h.Admin.get("/access?q=nowhere").shows("No user fits", "Show all")
}

func TestAFormOfAUserSaysWhatIsWrongAtItsField(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for _, c := range []struct {
		path   string
		form   []string
		status int
		want   []string
	}{
		{"/access/users/new", []string{"name", "spa ced", "role", "domain", "domains", "x.test", "password", "a long password"}, 422, []string{`id="f-name-error"`, `value="spa ced"`, "x.test</textarea>"}},
		{"/access/users/new", []string{"name", "user", "role", "admin", "password", "a long password"}, 409, []string{`id="f-name-error"`, "is there already", `value="admin" selected`}},
		{"/access/users/new", []string{"name", "x", "role", "domain", "password", "short"}, 422, []string{`id="f-password-error"`, "Password is too short"}},
		{"/access/users/new", []string{"name", "x", "role", "root", "password", "a long password"}, 422, []string{`id="f-role-error"`}},
		{"/access/users/new", []string{"name", "x", "role", "admin", "domains", "x.test"}, 422, []string{`id="f-domains-error"`, "leave them out"}},
		{"/access/users/new", []string{"name", "x", "role", "domain", "domains", "example.org"}, 422, []string{`id="f-domains-error"`, "example.org is an alias of example.com"}},
		{"/access/users/new", []string{"name", "x", "role", "domain", "domains", "-"}, 422, []string{`id="f-domains-error"`}},
		{"/access/users/admin/edit", []string{"role", "domain", "domains", "x.test"}, 409, []string{"last admin", "It can&#39;t be saved so"}},
	} {
		page := h.Admin.post(c.path, c.form...).status(c.status).has(c.want...)
		if strings.Contains(page.Body, "a long password") || strings.Contains(page.Body, `value="short"`) {
			t.Errorf("%v: the password is on the page", c.form)
		}
	}
	if users := h.Access.Users(); len(users) != 2 {
		t.Errorf("there are %d users", len(users))
	}
	h.Admin.get("/access/users/admin/remove").status(http.StatusConflict).shows("This is the last admin; make another user an admin first.").hides("to confirm")
	h.Admin.post("/access/users/admin/remove", "typed", "admin").status(http.StatusConflict).shows("last admin")
	h.Admin.post("/access/users/ghost/edit", "role", "domain").status(http.StatusNotFound)
}

func TestAPasswordThatWasMadeUpIsShownOnce(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for _, form := range [][]string{
		{"/access/users/new", "name", "fresh", "role", "domain", "domains", "example.com"},
		{"/access/users/fresh/edit", "role", "domain", "domains", "example.com", "generate", "on"},
	} {
		page := h.Admin.squeezed(form[0], form[1:]...).status(http.StatusOK).shows("Password of fresh", "it is not shown again")
		secret := page.secret()
		if len(secret) < 20 || page.head.Get("Content-Encoding") != "" {
			t.Fatalf("%q is no password", secret)
		}
		one := h.visitor()
		one.post("/login", "name", "fresh", "password", secret).at("/").shows("example.com")
		h.Admin.get("/access").hides(secret)
		for _, e := range h.events() {
			if strings.Contains(fmt.Sprint(e), secret) {
				t.Errorf("the audit log has it: %+v", e)
			}
		}
	}
	h.Admin.post("/access/users/admin/edit", "role", "admin", "generate", "on").status(http.StatusOK)
	h.Admin.get("/access").shows("admin (you)") // whose session goes on
}

// squeezed posts a form as a browser does that takes compressed answers.
func (b *visitor) squeezed(path string, pairs ...string) *seen {
	b.h.t.Helper()
	return b.postAs("Accept-Encoding", "gzip", path, pairs...)
}

// secret is what a page shows once.
func (s *seen) secret() string {
	s.t.Helper()
	_, rest, ok := strings.Cut(s.Body, `<code data-copy tabindex="0">`)
	if !ok {
		s.t.Fatalf("%s shows no secret:\n%s", s.what, s.text())
	}
	secret, _, _ := strings.Cut(rest, "<")
	return secret
}

func TestTokensAreCreatedListedAndRevoked(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.Admin.get("/access/tokens").shows("No token yet", "Create a token")
	h.Admin.get("/access/tokens/new").shows("Label (needed)", "Of what", "Belongs to", "It expires").has(`value="90d" selected`, `value="read" selected`, `value="domain" selected`)
	page := h.Admin.post("/access/tokens/new", "label", "panel <b>", "may", "write", "role", "domain", "domains", "example.com", "owner", "", "expires", "30d").
		status(http.StatusOK).shows("Token panel <b>", "It may read and write, of example.com, until", "only its hash is stored")
	who, err := h.Access.Authenticate(t.Context(), page.secret(), "192.0.2.1")
	check(t, err)
	if who.ReadOnly || !who.Sees("example.com") || who.Sees("other.test") {
		t.Errorf("it makes %+v", who)
	}
	h.Admin.post("/access/tokens/new", "label", "monitor", "may", "read", "role", "admin", "owner", "admin", "expires", "never").shows("It may read, of everything.")
	list := h.Admin.get("/access/tokens").shows("monitor", "admin read everything", "never", "panel <b>", "nobody read and write example.com", "2 tokens").hides(page.secret())
	h.Admin.get("/access/tokens?owner=admin").shows("monitor").hides("panel")
	h.Admin.get("/access/tokens?q=EXAMPLE").shows("panel").hides("monitor")
	_, rest, _ := strings.Cut(list.Body, `aria-label="Revoke monitor"`)
	if rest == "" {
		t.Fatal("nothing revokes it")
	}
	revoke := h.revokeURL("panel <b>")
	h.Admin.get(revoke).shows("This revokes the token panel <b>.", "last used")
	h.Admin.post(revoke).at("/access/tokens").shows("The token was revoked.", "1 token").hides("panel")
	if _, err := h.Access.Authenticate(t.Context(), page.secret(), "192.0.2.1"); err == nil {
		t.Error("it is still let in")
	}
	h.Admin.get(revoke).status(http.StatusNotFound)
	h.Admin.post(revoke).status(http.StatusNotFound)
}

// revokeURL is where a token is revoked.
func (h *house) revokeURL(label string) string {
	h.t.Helper()
	for _, t := range h.Access.Tokens("") {
		if t.Label == label {
			return "/access/tokens/" + t.ID + "/revoke"
		}
	}
	h.t.Fatalf("no token %s", label)
	return ""
}

func TestAFormOfATokenSaysWhatIsWrongAtItsField(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	good := map[string]string{"label": "x", "may": "read", "role": "domain", "domains": "example.com", "owner": "user", "expires": "30d"}
	for field, value := range map[string]string{
		"label": "", "may": "all", "role": "root", "domains": "other.test", "owner": "ghost", "expires": "1000d",
	} {
		var form []string
		for name, v := range good {
			if name == field {
				v = value
			}
			form = append(form, name, v)
		}
		page := h.Admin.post("/access/tokens/new", form...).status(http.StatusUnprocessableEntity).has(`id="f-` + field + `-error"`)
		if field != "label" {
			page.has(`value="x"`)
		}
	}
	if n := len(h.Access.Tokens("")); n != 0 {
		t.Errorf("%d tokens were made", n)
	}
}

func TestADomainUserHasTheirOwnAccountAndTokensAlone(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	_, made, err := h.Access.CreateToken(t.Context(), access.Token{Label: "foreign", Role: access.RoleAdmin, Owner: "admin"})
	check(t, err)
	h.User.get("/access").at("/account").shows("Your account", "domain user", "example.com", "None. A token lets a program in").hides("Audit log", `href="/access"`+">Users", "admin")
	h.User.get("/access/tokens").shows("No token yet").hides("foreign", "admin")
	page := h.User.post("/access/tokens/new", "label", "mine", "may", "write", "domains", "", "expires", "30d").shows("It may read and write, of all domains of user")
	who, err := h.Access.Authenticate(t.Context(), page.secret(), "192.0.2.1")
	check(t, err)
	if who.Admin() || !who.Sees("example.com") || who.Sees("other.test") {
		t.Errorf("it makes %+v", who)
	}
	h.User.get("/account").shows("mine")
	h.Admin.get("/account").shows("foreign").hides("mine")
	h.User.post("/access/tokens/new", "label", "more", "may", "read", "role", "admin", "expires", "30d").status(http.StatusForbidden)
	h.User.post("/access/tokens/new", "label", "more", "may", "read", "domains", "other.test", "expires", "30d").status(http.StatusForbidden).shows("not one of your domains")
	h.User.post("/access/tokens/new", "label", "more", "may", "read", "owner", "admin", "expires", "30d").status(http.StatusOK)
	if all := h.Access.Tokens("admin"); len(all) != 1 {
		t.Errorf("they made one of another: %+v", all)
	}
	h.User.get("/access/tokens/" + made.ID + "/revoke").status(http.StatusNotFound).hides("foreign")
	h.User.post("/access/tokens/" + made.ID + "/revoke").status(http.StatusNotFound)
	h.User.post(h.revokeURL("mine")).at("/access/tokens").shows("The token was revoked.")
	for _, path := range []string{"/access/users/new", "/access/audit", "/access/users/user/edit", "/access/users/user/remove"} {
		h.User.get(path).status(http.StatusForbidden)
	}
	h.User.get("/access/users/admin/edit").status(http.StatusForbidden)
	before := len(h.Access.Users())
	h.User.post("/access/users/new", "name", "x", "role", "admin").status(http.StatusForbidden)
	h.User.post("/access/users/new", "name", "user", "role", "admin").status(http.StatusForbidden)
	h.User.post("/access/users/user/edit", "role", "admin").status(http.StatusForbidden)
	h.User.post("/access/users/admin/remove", "typed", "admin").status(http.StatusForbidden)
	if u, _ := h.Access.User("user"); u.Role != access.RoleDomain || len(h.Access.Users()) != before {
		t.Error("they changed users")
	}
	for _, path := range []string{"/access", "/account", "/access/audit", "/access/tokens"} {
		h.Stranger.get(path).at("/login?next=" + strings.ReplaceAll(path, "/", "%2F"))
	}
}

func TestTheAuditLogIsSearchedAndPaged(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.User.get("/domains/other.test").status(http.StatusNotFound)
	h.Admin.get("/access/audit").shows("root", "set domain", "other.test", "user web 127.0.0.1 see ✕ refused other.test", "log in")
	h.Admin.get("/access/audit?refused=yes").shows("see ✕ refused").hides("log in")
	h.Admin.get("/access/audit?refused=no&q=LOG+IN").shows("log in").hides("✕ refused", "set domain")
	h.Admin.get("/access/audit?q=nothing+such").shows("Nothing fits", "Show all")
	for range 120 {
		h.Access.Record(t.Context(), h.Root, "clear domain", "<b>x</b>", "", false)
	}
	first := h.Admin.get("/access/audit").shows("<b>x</b>", "100 lines on this page")
	if strings.Contains(first.Body, "<b>x") {
		t.Error("markup of a target is markup")
	}
	h.Admin.get(first.link("Next →")).shows("set domain", "log in")
	h.Admin.get("/access/audit?after=nonsense").status(http.StatusBadRequest)
}
