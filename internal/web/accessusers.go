package web

import (
	"net/http"
	"net/url"
	"slices"

	"callout/internal/access"
)

// Users is what the page "accessusers" shows.
type Users struct {
	List   *List
	Filter Filter
	Rows   []userRow
	Pager  Pager
	None   Empty
	Saved  *Notice // about the user who was just saved; nil for nothing
}

type userRow struct {
	access.User
	RoleWord string
	Few      []string // domains, the first of them
	More     int
	Tokens   int
	URL      string // what is below it: /edit, /remove
	You      bool
}

// fewDomains are those that a row names.
const fewDomains = 4

func userURL(name string) string { return "/access/users/" + url.PathEscape(name) }

// users lists the users for an admin. Others have only their own account.
func (v *visit) users() error {
	if !v.who.Admin() {
		Redirect(v, v.r, "/account")
		return nil
	}
	all, err := v.desk.Users(v.ctx(), v.who)
	if err != nil {
		return err
	}
	l := ReadList(v.r, ListSpec{Filters: []string{"q", "role"}, Columns: []Column{
		{Label: "Name"}, {Label: "Role"}, {Label: "Domains"}, {Label: "Tokens", Num: true}, {Label: "Last login"}, {Label: "Password set"}, {Label: "Change", Quiet: true},
	}})
	data := Users{List: l, None: Empty{Title: "No user fits", Text: "None has this in their name or domains.", Links: []Link{{"Show all", l.Clear()}}}}
	data.Saved = v.savedNotice(v.r.URL.Query().Get("saved"))
	data.Filter = Filter{l, []Field{
		{Name: "q", Label: "Name or domain contains", Type: "search", Value: l.Get("q"), Mono: true},
		{Name: "role", Label: "Role", Type: "select", Options: Choices(l.Get("role"), "", "any", "admin", "admin", "domain", "domain user")},
	}}
	all = slices.DeleteFunc(all, func(u access.User) bool {
		return !has(l.Get("q"), append([]string{u.Name}, u.Domains...)...) || l.Get("role") != "" && l.Get("role") != string(u.Role)
	})
	if all, data.Pager, err = sliceOf(l, all, func(u access.User) string { return u.Name }, "user", "users"); err != nil {
		return err
	}
	tokens := map[string]int{}
	for _, t := range v.desk.Tokens(v.who) {
		tokens[t.Owner]++
	}
	for _, u := range all {
		row := userRow{User: u, RoleWord: roleWords[u.Role], Tokens: tokens[u.Name], URL: userURL(u.Name), You: u.Name == v.who.Name}
		row.Few, row.More = first(u.Domains, fewDomains)
		data.Rows = append(data.Rows, row)
	}
	return v.page("accessusers", v.accessPage("Users", "users", data))
}

// removingUser asks before a user is removed.
func (v *visit) removingUser() error {
	if err := v.mayUsers(); err != nil {
		return err
	}
	return v.confirmUser("")
}

// mayUsers refuses who may not change users, before they fill in a form: one may see oneself, and not change what one may.
func (v *visit) mayUsers() error {
	_, err := v.desk.Users(v.ctx(), v.who)
	return err
}

func (v *visit) confirmUser(problem string) error {
	u, err := v.desk.User(v.ctx(), v.who, v.r.PathValue("name"))
	if err != nil {
		return err
	}
	if v.lastAdmin(&u) {
		return access.ErrLastAdmin
	}
	n := 0
	for _, t := range v.desk.Tokens(v.who) {
		if t.Owner == u.Name {
			n++
		}
	}
	c := Confirm{
		Text:  "This removes the user " + u.Name + ", " + Plural(int64(n), "token", "tokens") + " of theirs, and every session. What uses these tokens is refused from then on.",
		Keeps: "What they did stays in the audit log. Domains stay as they are.",
		Word:  u.Name, Error: problem, URL: userURL(u.Name) + "/remove", Button: "Remove " + u.Name, Back: "/access",
	}
	p := v.accessPage("Remove a user", "users", c)
	p.Crumbs, p.Tabs = []Link{{"Users", "/access"}}, nil
	if problem != "" {
		return v.pageAs(http.StatusUnprocessableEntity, "accessconfirm", p)
	}
	return v.page("accessconfirm", p)
}

// lastAdmin reports whether nobody else is an admin.
func (v *visit) lastAdmin(u *access.User) bool {
	return u.Role == access.RoleAdmin && !slices.ContainsFunc(v.access.Users(), func(o access.User) bool {
		return o.Role == access.RoleAdmin && o.Name != u.Name
	})
}

// removeUser removes a user, with tokens and sessions.
func (v *visit) removeUser() error {
	if err := v.form(); err != nil {
		return err
	}
	name := v.r.PathValue("name")
	if v.who.Admin() && v.r.PostForm.Get(Typed) != name {
		return v.confirmUser("That is not " + name + ".")
	}
	if err := v.desk.DeleteUser(v.ctx(), v.who, name); err != nil {
		return err
	}
	return v.done(DoneUserRemoved, 0, "/access")
}
