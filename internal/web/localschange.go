package web

import (
	"net/http"
	"strings"

	"callout/internal/operate"
)

// changeLocals adds local recipients, or removes those that were selected once that is confirmed.
func (v *visit) changeLocals() error {
	if err := v.form(); err != nil {
		return err
	}
	name, f := v.r.PathValue("domain"), v.r.PostForm
	list := domainURL(name) + "/recipients"
	switch f.Get("do") {
	case "add":
		if strings.TrimSpace(f.Get("add")) == "" {
			return v.showLocals(http.StatusUnprocessableEntity, localsForm{addError: "Write at least one."})
		}
		changed, err := v.desk.AddRecipientLines(v.ctx(), v.who, name, f.Get("add"))
		if operate.KindOf(err) == operate.Unusable {
			text, wrong := wrongRows(err)
			return v.showLocals(http.StatusUnprocessableEntity, localsForm{add: f.Get("add"), addError: text, addWrong: wrong})
		}
		if err != nil {
			return err
		}
		return v.done(DoneListed, changed.Added, list)
	case "remove":
		if len(f["sel"]) == 0 {
			return v.done(DoneNothing, 0, list)
		}
		if f.Get("sure") == "" {
			return v.confirmUnlist(f["sel"], list)
		}
		changed, err := v.desk.ChangeRecipients(v.ctx(), v.who, name, nil, f["sel"])
		if err != nil {
			return err
		}
		return v.done(DoneUnlisted, changed.Removed, list)
	}
	return &operate.Error{Kind: operate.Malformed, Detail: "There is no such change. Go back and use one of the buttons there."}
}

// confirmUnlist asks whether local recipients are to be removed.
func (v *visit) confirmUnlist(selected []string, list string) error {
	d, err := v.desk.Domain(v.ctx(), v.who, v.r.PathValue("domain"))
	if err != nil {
		return err
	}
	n := Plural(int64(len(selected)), "local recipient", "local recipients")
	c := Confirm{
		Text: "This removes " + n + " of " + d.Name + ": " + firstFew(selected) + ".", Button: "Remove " + n, URL: list, Back: list,
		Hidden: [][2]string{{"do", "remove"}, {"sure", "yes"}},
	}
	if d.Mode == "list" {
		c.Keeps = "The mode is list: mail to them is refused from then on."
	}
	for _, one := range selected {
		c.Hidden = append(c.Hidden, [2]string{"sel", one})
	}
	return v.page("domainconfirm", &Page{
		Title: "Remove local recipients", Active: "domains", Data: c,
		Crumbs: []Link{{"Domains", "/domains"}, {d.Name, domainURL(d.Name)}, {"Local recipients", list}},
	})
}

// exportLocals sends all local recipients of a domain as CSV.
func (v *visit) exportLocals() error {
	name := v.r.PathValue("domain")
	d, err := v.desk.Domain(v.ctx(), v.who, name)
	if err != nil {
		return err
	}
	v.Header().Set("Content-Type", "text/csv; charset=utf-8")
	v.Header().Set("Content-Disposition", `attachment; filename="recipients-`+d.Name+`.csv"`)
	err = v.desk.ExportRecipients(v.ctx(), v.who, name, &patientWriter{v.ResponseWriter, http.NewResponseController(v.ResponseWriter)})
	if err != nil { // the status is sent: cut it off, so that half a list is not taken for all of it
		v.log.Info("export of local recipients ended early", "domain", d.Name, "err", err)
		panic(http.ErrAbortHandler)
	}
	return nil
}
