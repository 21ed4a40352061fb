package web

import (
	"errors"
	"net/http"
	"strconv"

	"callout/internal/access"
	"callout/internal/operate"
)

// Account is what the page "account" shows: somebody's own.
type Account struct {
	access.User
	RoleWord string
	Problem  string
	Wrong    []Link // fields that are wrong
	Fields   []Field
	Tokens   []tokenRow
}

func passwordFields() []Field {
	return []Field{
		{Name: "old", Label: "Password now", Type: "password", Autocomplete: "current-password", Required: true, Max: 256},
		{Name: "password", Label: "New password", Type: "password", Autocomplete: "new-password", Required: true, Max: 256, Help: "10 to 256 characters."},
		{Name: "again", Label: "The new one once more", Type: "password", Autocomplete: "new-password", Required: true, Max: 256},
	}
}

func (v *visit) account() error { return v.showAccount(http.StatusOK, passwordFields(), "") }

func (v *visit) showAccount(status int, fields []Field, problem string) error {
	u, err := v.desk.User(v.ctx(), v.who, v.who.Name)
	if err != nil {
		return err
	}
	data := Account{User: u, RoleWord: roleWords[u.Role], Problem: problem, Fields: fields, Wrong: refused(fields)}
	var own []access.Token
	for _, t := range v.desk.Tokens(v.who) {
		if t.Owner == u.Name {
			own = append(own, t)
		}
	}
	data.Tokens = v.tokenRows(own)
	p := v.accessPage("Your account", "account", data)
	p.Active, p.Refused = "account", status >= http.StatusBadRequest
	if v.who.Admin() {
		p.Tabs = nil
	}
	return v.pageAs(status, "account", p)
}

// changePassword sets somebody's own password. Their other sessions end; this one goes on under a new name.
func (v *visit) changePassword() error {
	if err := v.form(); err != nil {
		return err
	}
	fields, get := passwordFields(), v.r.PostForm.Get
	if get("password") != get("again") {
		fields[2].Error = "That is not the same as the new password above."
		return v.showAccount(http.StatusUnprocessableEntity, fields, "")
	}
	err := v.desk.ChangePassword(v.ctx(), v.who, get("old"), get("password"))
	if err == nil {
		u, err := v.desk.User(v.ctx(), v.who, v.who.Name)
		if err != nil {
			return err
		}
		if err := v.access.Enter(v.ctx(), v.sessions, u); err != nil {
			return err
		}
		return v.done(DonePassword, 0, "/account")
	}
	status, mendable := formFailed(err)
	if !mendable {
		return err
	}
	if wait, ok := errors.AsType[*access.ThrottledError](err); ok {
		v.Header().Set("Retry-After", strconv.Itoa(int(wait.RetryAfter.Seconds())+1))
	}
	if errors.Is(err, access.ErrCredentials) {
		err = &operate.Error{Kind: operate.Forbidden, Field: "old", Detail: "That is not your password"}
	}
	return v.showAccount(status, fields, mark(fields, err))
}
