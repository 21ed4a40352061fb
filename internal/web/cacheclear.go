package web

import (
	"net/http"

	"callout/internal/operate"
)

// everything has to be typed before everything is cleared.
const everything = "everything"

func (v *visit) clearingAll() error { return v.confirmAll(http.StatusOK, "") }

// confirmAll asks whether all verdicts are to go, and says how many there are.
func (v *visit) confirmAll(status int, problem string) error {
	if !v.who.Admin() {
		return &operate.Error{Kind: operate.Forbidden, Detail: "Clearing everything needs the role admin. You may clear each of your domains."}
	}
	held, err := v.desk.HeldAll(v.ctx(), v.who)
	if err != nil {
		return err
	}
	by, err := v.desk.HeldByDomain(v.ctx(), v.who, "")
	if err != nil {
		return err
	}
	n := Plural(int64(held.All()), "cached verdict", "cached verdicts")
	return v.pageAs(status, "cacheclear", &Page{Title: "Clear everything", Active: "cache", Crumbs: []Link{{"Cache", "/cache"}}, Data: Confirm{
		Text: "This clears " + n + " of " + Plural(int64(len(by)), "domain", "domains") + ", and which domains accept everything.",
		Keeps: "Domains, settings and local recipients stay, and what was learned of hosts. Until the cache has filled again every question " +
			"asks a destination, and while one can't be asked its recipients are not known.",
		Word: everything, Error: problem, URL: "/cache/clear", Button: "Clear " + n, Back: "/cache",
	}})
}

// clearEverything clears all verdicts of all domains, once that is confirmed.
func (v *visit) clearEverything() error {
	if err := v.form(); err != nil {
		return err
	}
	if v.who.Admin() && v.r.PostForm.Get(Typed) != everything {
		return v.confirmAll(http.StatusUnprocessableEntity, "That is not "+everything+".")
	}
	cleared, err := v.desk.ClearAll(v.ctx(), v.who)
	if err != nil {
		return err
	}
	return v.done(DoneCleared, cleared.Stored, "/cache")
}
