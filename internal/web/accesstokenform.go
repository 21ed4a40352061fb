package web

import (
	"net/http"
	"strings"
	"time"

	"callout/internal/access"
	"callout/internal/operate"
)

// tokenForm is what was typed into the form of a token.
type tokenForm struct {
	label, owner, role, domains, may, expires string
}

const day = 24 * time.Hour

// tokenLives are how long a token may be told to live.
var tokenLives = []struct {
	value, text string
	life        time.Duration // 0: for ever
}{
	{"30d", "in 30 days", 30 * day}, {"90d", "in 90 days", 90 * day}, {"365d", "in a year", 365 * day}, {"never", "never", 0},
}

func (f *tokenForm) fields(admin bool) []Field {
	var lives []string
	for _, l := range tokenLives {
		lives = append(lives, l.value, l.text)
	}
	all := []Field{
		{Name: "label", Label: "Label", Value: f.label, Required: true, Marked: true, Max: 100, Autofocus: true, Help: "What uses it: “control panel”, “monitoring”."},
		{Name: "may", Label: "It may", Type: "select", Options: Choices(f.may, "read", "read: see, and test with what is known",
			"write", "read and write: also clear, send callouts, and change")},
	}
	domains := Field{Name: "domains", Label: "Domains", Type: "textarea", Value: f.domains, Mono: true, Rows: 4, Help: "One a line, of yours. None: all of yours, also those to come."}
	if admin {
		domains.Label, domains.Placeholder, domains.Help = "Domains, where not everything", "example.com", "One a line. Their aliases go with them."
		all = append(all, Field{Name: "role", Label: "Of what", Type: "select", Options: Choices(f.role, "domain", "the domains below", "admin", "everything")})
	}
	all = append(all, domains)
	if admin {
		all = append(all, Field{Name: "owner", Label: "Belongs to", Value: f.owner, Mono: true, Max: 64,
			Help: "A user: it may no more than they, and goes when they go. None: it stands by itself."})
	}
	return append(all, Field{Name: "expires", Label: "It expires", Type: "select", Options: Choices(f.expires, lives...)})
}

// newToken asks what a token is to be for.
func (v *visit) newToken() error {
	return v.showTokenForm(&tokenForm{role: string(access.RoleDomain), owner: v.who.Name, may: "read", expires: "90d"}, nil)
}

// showTokenForm shows the form, with what is wrong with it.
func (v *visit) showTokenForm(f *tokenForm, wrong error) error {
	data := AccessForm{URL: "/access/tokens/new", Fields: f.fields(v.who.Admin()), Button: "Create", Back: "/access/tokens"}
	status := http.StatusOK
	if wrong != nil {
		status, _ = formFailed(wrong)
		data.Problem = mark(data.Fields, wrong)
		data.Wrong = refused(data.Fields)
	}
	p := v.accessPage("Create a token", "tokens", data)
	p.Crumbs, p.Tabs, p.Refused = []Link{{"Tokens", "/access/tokens"}}, nil, wrong != nil
	return v.pageAs(status, "accessform", p)
}

// addToken makes a token, and shows its secret on the answer, once.
func (v *visit) addToken() error {
	if err := v.form(); err != nil {
		return err
	}
	get := v.r.PostForm.Get
	f := tokenForm{strings.TrimSpace(get("label")), strings.TrimSpace(get("owner")), get("role"), get("domains"), get("may"), get("expires")}
	if !v.who.Admin() && f.role == "" { // the form has none for them
		f.role = string(access.RoleDomain)
	}
	t, err := f.token(v.shell.now())
	if err != nil {
		return v.showTokenForm(&f, err)
	}
	secret, made, err := v.desk.CreateToken(v.ctx(), v.who, t)
	if err != nil {
		if _, mendable := formFailed(err); mendable {
			return v.showTokenForm(&f, err)
		}
		return err
	}
	row := v.tokenRows([]access.Token{made})[0]
	text := "Created. It may " + row.May + ", of " + row.Scope + strings.Join(made.Domains, ", ")
	if !made.Expires.IsZero() {
		text += ", until " + made.Expires.UTC().Format("2006-01-02 15:04") + " UTC"
	}
	return v.showSecret("Token "+made.Label, Answer{
		Text: text + ".", How: "A program shows it as Authorization: Bearer, or as the password of Basic authentication.",
		Code: Code{Label: "Token", Value: secret, Note: "Keep it now: only its hash is stored, and it is not shown again."},
		Back: Link{"Tokens", "/access/tokens"},
	})
}

// token is the token that the form says.
func (f *tokenForm) token(now time.Time) (access.Token, error) {
	t := access.Token{Label: f.label, Owner: f.owner, Role: access.Role(f.role), Domains: domainsOf(f.domains), Write: f.may == "write"}
	if f.may != "read" && f.may != "write" {
		return t, &operate.Error{Kind: operate.Unusable, Field: "may", Detail: "Choose one of the two"}
	}
	for _, l := range tokenLives {
		if l.value == f.expires {
			if l.life > 0 {
				t.Expires = now.Add(l.life)
			}
			return t, nil
		}
	}
	return t, &operate.Error{Kind: operate.Unusable, Field: "expires", Detail: "Choose one of the times"}
}
