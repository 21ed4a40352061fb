package web

import (
	"crypto/rand"
	"errors"
	"net/http"
	"strings"

	"callout/internal/access"
	"callout/internal/operate"
)

// AccessForm is what the page "accessform" shows: a form about a user or a token.
type AccessForm struct {
	Problem string // of the form as a whole
	Wrong   []Link // fields that are wrong
	URL     string
	Fields  []Field
	Button  string
	Back    string
}

// userForm is what was typed into the form of a user.
type userForm struct {
	name, role, domains, password string
	generate                      bool
	is                            *access.User // who is changed; nil: one is added
}

func (v *visit) readUserForm(is *access.User) userForm {
	f := v.r.PostForm
	form := userForm{strings.TrimSpace(f.Get("name")), f.Get("role"), f.Get("domains"), f.Get("password"), f.Get("generate") == "on", is}
	if is != nil {
		form.name = is.Name
	}
	return form
}

func (f *userForm) fields() []Field {
	all := []Field{
		{Name: "role", Label: "Role", Type: "select", Options: Choices(f.role, "admin", "admin: everything", "domain", "domain user: their domains only")},
		{Name: "domains", Label: "Domains of a domain user", Type: "textarea", Value: f.domains, Mono: true, Rows: 5, Placeholder: "example.com",
			Help: "One a line. A domain user needs some, an admin none. Their aliases go with them. They may be named before they are served."},
		{Name: "password", Label: "Password", Type: "password", Autocomplete: "new-password", Max: 256,
			Help: "10 to 256 characters. Where there is none, one is made up and shown once."},
	}
	if f.is == nil {
		return append([]Field{{Name: "name", Label: "Name", Value: f.name, Mono: true, Required: true, Marked: true, Max: 64, Autofocus: true,
			Help: "1 to 64 letters, digits and . _ - @; an address is a good one."}}, all...)
	}
	generate := ""
	if f.generate {
		generate = "on"
	}
	all[2].Label, all[2].Help = "New password", "10 to 256 characters; nothing leaves it as it is. A new one ends every session of the user."
	return append(all, Field{Name: "generate", Label: "Make up a new password, and show it once", Type: "checkbox", Value: generate})
}

// change is what the form says that the user is to be.
func (f *userForm) change() access.UserChange {
	return access.UserChange{Role: access.Role(f.role), Domains: domainsOf(f.domains), Password: f.password}
}

// newUser asks who is to be added.
func (v *visit) newUser() error {
	if err := v.mayUsers(); err != nil {
		return err
	}
	return v.showUserForm(&userForm{role: string(access.RoleDomain)}, nil)
}

// showUserForm shows the form, with what is wrong with it.
func (v *visit) showUserForm(f *userForm, wrong error) error {
	data := AccessForm{URL: "/access/users/new", Fields: f.fields(), Button: "Add", Back: "/access"}
	title, status := "Add a user", http.StatusOK
	if f.is != nil {
		data.URL, data.Button, title = userURL(f.is.Name)+"/edit", "Save", f.is.Name
	}
	if wrong != nil {
		status, _ = formFailed(wrong)
		for _, other := range access.UserProblems(f.name, f.change(), f.is == nil && !f.generate) {
			mark(data.Fields, &other)
		}
		data.Problem = mark(data.Fields, wrong)
		data.Wrong = refused(data.Fields)
	}
	p := v.accessPage(title, "users", data)
	p.Crumbs, p.Tabs, p.Mono, p.Refused = []Link{{"Users", "/access"}}, nil, f.is != nil, wrong != nil
	return v.pageAs(status, "accessform", p)
}

func (v *visit) addUser() error {
	if err := v.form(); err != nil {
		return err
	}
	f := v.readUserForm(nil)
	f.generate = f.password == ""
	return v.putUser(&f)
}

// editUser asks what a user is to be.
func (v *visit) editUser() error {
	if err := v.mayUsers(); err != nil {
		return err
	}
	u, err := v.desk.User(v.ctx(), v.who, v.r.PathValue("name"))
	if err != nil {
		return err
	}
	return v.showUserForm(&userForm{role: string(u.Role), domains: strings.Join(u.Domains, "\n"), is: &u}, nil)
}

func (v *visit) saveUser() error {
	if err := v.form(); err != nil {
		return err
	}
	f := v.readUserForm(&access.User{Name: v.r.PathValue("name")})
	f.generate = f.generate && f.password == ""
	return v.putUser(&f)
}

// change makes a user what the form says: a new one, or one who is there at that moment, who is not brought back where they
// are gone.
func (v *visit) change(f *userForm, c access.UserChange) (access.User, error) {
	if f.is == nil {
		u, err := v.desk.AddUser(v.ctx(), v.who, f.name, c)
		if errors.Is(err, access.ErrThere) {
			err = &operate.Error{Kind: operate.Conflict, Field: "name", Detail: f.name + " is there already; change them on the list of users"}
		}
		return u, err
	}
	if c.Domains == nil { // nil would leave them
		c.Domains = []string{}
	}
	if problems := access.UserProblems(f.name, c, false); v.who.Admin() && len(problems) > 0 { // a form leaves nothing out
		if _, err := v.desk.User(v.ctx(), v.who, f.name); err != nil {
			return access.User{}, err
		}
		return access.User{}, &problems[0]
	}
	return v.desk.ChangeUser(v.ctx(), v.who, f.name, c)
}

// putUser makes a user what the form says. A password that was made up is on the answer, and nowhere else.
func (v *visit) putUser(f *userForm) error {
	change := f.change()
	if f.generate {
		change.Password = rand.Text()
	}
	u, err := v.change(f, change)
	if err != nil {
		if _, mendable := formFailed(err); mendable && v.who.Admin() {
			return v.showUserForm(f, err)
		}
		return err
	}
	if change.Password != "" && u.Name == v.who.Name { // whose own session has ended with the old one
		if err := v.access.Enter(v.ctx(), v.sessions, u); err != nil {
			return err
		}
	}
	unserved := v.notServed(u.Domains)
	if f.generate {
		return v.showSecret("Password of "+u.Name, Answer{
			Text: join(" ", "Saved.", notServedText(unserved)) + " " + u.Name + " can log in with it, and change it under their name at the top of every page.",
			Code: Code{Label: "Password", Value: change.Password, Note: "Keep it now: it is not shown again."}, Back: Link{"Users", "/access"},
		})
	}
	if len(unserved) > 0 { // whose names the list says
		return v.done(DoneSaved, 0, withQuery("/access", "saved", u.Name))
	}
	return v.done(DoneSaved, 0, "/access")
}
