package web

import (
	"errors"
	"net/http"
	"strings"

	"callout/internal/access"
	"callout/internal/operate"
)

func (w *Web) accessRoutes() map[string]action {
	return map[string]action{
		"GET /access":                      (*visit).users,
		"GET /access/users/new":            (*visit).newUser,
		"POST /access/users/new":           (*visit).addUser,
		"GET /access/users/{name}/edit":    (*visit).editUser,
		"POST /access/users/{name}/edit":   (*visit).saveUser,
		"GET /access/users/{name}/remove":  (*visit).removingUser,
		"POST /access/users/{name}/remove": (*visit).removeUser,

		"GET /access/tokens":              (*visit).tokens,
		"GET /access/tokens/new":          (*visit).newToken,
		"POST /access/tokens/new":         (*visit).addToken,
		"GET /access/tokens/{id}/revoke":  (*visit).revokingToken,
		"POST /access/tokens/{id}/revoke": (*visit).revokeToken,

		"GET /access/audit": (*visit).audit,

		"GET /account":  (*visit).account,
		"POST /account": (*visit).changePassword,
	}
}

// accessPage is a page about access with its tabs, of which one is active: those of an admin, or of a domain user, who has
// only their own account and tokens.
func (v *visit) accessPage(title, active string, data any) *Page {
	p := &Page{Title: title, Active: "access", Data: data, Tabs: []Tab{
		{"Users", "/access", active == "users"},
		{"Tokens", "/access/tokens", active == "tokens"},
		{"Audit log", "/access/audit", active == "audit"},
	}}
	if !v.who.Admin() {
		p.Tabs = []Tab{{"Your account", "/account", active == "account"}, {"Your tokens", "/access/tokens", active == "tokens"}}
	}
	return p
}

// Answer is what the page "accesssecret" shows: a password or a token, once.
type Answer struct {
	Text string
	Code Code
	How  string // how it is used
	Back Link
}

// showSecret shows a secret on the answer to the form that made it, which is kept nowhere and never compressed.
func (v *visit) showSecret(title string, a Answer) error {
	return v.page("accesssecret", &Page{Title: title, Active: "access", Secret: true, Data: a, Crumbs: []Link{a.Back}})
}

// fieldProblem returns which field of a form an error is about, and what is wrong with it; "" for none.
func fieldProblem(err error) (field, text string) {
	if e, ok := errors.AsType[*access.FieldError](err); ok {
		return e.Field, sentence(e.Field + " " + e.Reason)
	}
	if e, ok := errors.AsType[*operate.Error](err); ok && e.Field != "" {
		return e.Field, fullStop(e.Detail)
	}
	return "", ""
}

// fullStop ends a text that may begin with a name, which is left as it is.
func fullStop(s string) string {
	if s == "" || strings.ContainsAny(s[len(s)-1:], ".?!") {
		return s
	}
	return s + "."
}

// mark puts an error at its field. Where the form has no such field it is returned, for the top of the form.
func mark(fields []Field, err error) (problem string) {
	name, text := fieldProblem(err)
	for i := range fields {
		if text != "" && fields[i].Name == name {
			fields[i].Error = text
			return ""
		}
	}
	if text == "" {
		_, text = worded(err)
		text = sentence(text)
	}
	return text
}

// formFailed reports whether an error is one that whoever filled in a form can mend, and its status.
func formFailed(err error) (status int, mendable bool) {
	status, _ = worded(err)
	return status, status < http.StatusInternalServerError && status != http.StatusNotFound
}

// accessRows are the rows of a page.
const accessRows = 100

// sliceOf returns the part of all that a list's page has. All is in the order of its keys; name is that of the list, "users".
func sliceOf[T any](l *List, all []T, key func(T) string, one, name string) ([]T, Pager, error) {
	at := func(i int) string { return key(all[i]) }
	cursor, _ := l.Cursor()
	from, to, previous, next, err := operate.Span(name, len(all), at, false, cursor, accessRows)
	if err == nil && from == to { // nothing is there any more: what there is begins at the first
		from, to, previous, next, err = operate.Span(name, len(all), at, false, "", accessRows)
	}
	return all[from:to], pagerOf(l, previous, next, Plural(int64(len(all)), one, name)), err
}

// domainsOf reads a field that names domains, one a line or with blanks or commas between.
func domainsOf(text string) []string {
	return strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(" \t\r\n,;", r) })
}

// has reports whether any of texts contains a text, upper and lower case alike.
func has(text string, in ...string) bool {
	text = strings.ToLower(strings.TrimSpace(text))
	for _, s := range in {
		if strings.Contains(strings.ToLower(s), text) {
			return true
		}
	}
	return false
}

// roleWords are the roles in words.
var roleWords = map[access.Role]string{access.RoleAdmin: "admin", access.RoleDomain: "domain user"}
