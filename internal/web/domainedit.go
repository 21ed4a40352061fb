package web

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/http"
	"net/url"

	"callout/internal/domains"
	"callout/internal/operate"
)

// form reads the form of a POST, and then looks again at who sends it, since it may have taken long to come.
func (v *visit) form() error {
	if err := readForm(v.r); err != nil {
		return err
	}
	who, err := v.desk.Still(v.who)
	if err != nil {
		return err
	}
	v.who = who
	return nil
}

// readForm reads the form of a POST. What it returns is worded for people.
func readForm(r *http.Request) error {
	err := r.ParseForm()
	if err == nil {
		return nil
	}
	if tooLong, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return tooLong
	}
	return &operate.Error{Kind: operate.Malformed, Detail: "The form can't be read. Go back and try again."}
}

// adminOnly refuses who can't change domains, before they fill in a form.
func (v *visit) adminOnly() error {
	if v.who.Admin() {
		return nil
	}
	return &operate.Error{Kind: operate.Forbidden, Detail: "Adding and changing domains needs the role admin. Ask who runs this server."}
}

func (v *visit) newDomain() error {
	if err := v.adminOnly(); err != nil {
		return err
	}
	return v.showNewDomain(http.StatusOK, url.Values{"name": {v.r.URL.Query().Get("name")}}, nil)
}

// showNewDomain shows the form for a new domain with what was typed, after fault has marked what is wrong.
func (v *visit) showNewDomain(status int, f url.Values, fault func(*DomainForm)) error {
	d := DomainForm{URL: "/domains/new", Back: "/domains", Button: "Add the domain"}
	d.Fields, d.More = domainFields(f, true)
	if fault != nil {
		fault(&d)
		d.Wrong = refused(d.Fields, d.More)
	}
	return v.pageAs(status, "domainform", &Page{
		Title: "Add a domain", Refused: fault != nil, Active: "domains", Crumbs: []Link{{"Domains", "/domains"}}, Data: d,
	})
}

const servedAlready = "it is served already; open it under Domains to change it"

func (v *visit) addDomain() error {
	if err := v.form(); err != nil {
		return err
	}
	f := v.r.PostForm
	if !v.who.Admin() {
		_, _, err := v.desk.PutDomain(v.ctx(), v.who, f.Get("name"), nil) // refuses it, and notes that
		return err
	}
	s, bad := specOf(f)
	wrong := func(name, text string) error {
		return v.showNewDomain(http.StatusUnprocessableEntity, f, func(d *DomainForm) {
			d.fault(name, text)
			if bad != nil && name != "more" {
				d.fault("more", bad.Error())
			}
		})
	}
	switch there, missing := v.desk.Domain(v.ctx(), v.who, f.Get("name")); {
	case missing == nil && there.AliasOf != "":
		return wrong("name", "it is an alias of "+there.AliasOf+"; take it out of the aliases there first")
	case missing == nil:
		return wrong("name", servedAlready)
	case operate.KindOf(missing) == operate.Malformed:
		return wrong("name", missing.Error())
	case bad != nil:
		return wrong("more", bad.Error())
	}
	view, err := v.desk.AddDomain(v.ctx(), v.who, f.Get("name"), s.text())
	if errors.Is(err, domains.ErrThere) { // added meanwhile
		return wrong("name", servedAlready)
	}
	if problems := operate.SpecProblems(err); problems != nil {
		return v.showNewDomain(http.StatusUnprocessableEntity, f, func(d *DomainForm) { d.place(problems) })
	}
	if err != nil {
		return err
	}
	return v.done(DoneAdded, 0, domainURL(view.Name))
}

// editable returns a domain whose settings can be changed by whoever asks. For one of the file, and for an alias, it has shown
// where they can, and ok is false.
func (v *visit) editable() (d operate.Domain, ok bool, err error) {
	if err := v.adminOnly(); err != nil {
		return d, false, err
	}
	if d, err = v.desk.Domain(v.ctx(), v.who, v.r.PathValue("domain")); err != nil {
		return d, false, err
	}
	switch {
	case d.AliasOf != "":
		Redirect(v, v.r, domainURL(d.AliasOf)+"/edit")
		return d, false, nil
	case d.Origin == domains.FromFile.String():
		return d, false, v.page("domainfile", &Page{
			Title: "Settings of " + d.Name, Active: "domains", Crumbs: []Link{{"Domains", "/domains"}, {d.Name, domainURL(d.Name)}}, Data: d,
		})
	}
	return d, true, nil
}

func (v *visit) editDomain() error {
	d, ok, err := v.editable()
	if !ok || err != nil {
		return err
	}
	s, err := parseSpec(d.Spec)
	if err != nil {
		return err
	}
	return v.showDomainForm(http.StatusOK, &d, valuesOf(s), digest(d.Spec), nil)
}

// showDomainForm shows the form for a domain that is there.
func (v *visit) showDomainForm(status int, d *operate.Domain, f url.Values, was string, fault func(*DomainForm)) error {
	at := domainURL(d.Name)
	form := DomainForm{URL: at + "/edit", Back: at, Button: "Save", Was: was}
	form.Fields, form.More = domainFields(f, false)
	if fault != nil {
		fault(&form)
		form.Wrong = refused(form.Fields, form.More)
	}
	return v.pageAs(status, "domainform", &Page{
		Title: "Settings of " + d.Name, Refused: fault != nil, Active: "domains", Crumbs: []Link{{"Domains", "/domains"}, {d.Name, at}}, Data: form,
	})
}

// saveDomain replaces the settings of a domain, unless somebody else has changed them since the form was shown.
func (v *visit) saveDomain() error {
	if err := v.form(); err != nil {
		return err
	}
	if !v.who.Admin() {
		_, _, err := v.desk.PutDomain(v.ctx(), v.who, v.r.PathValue("domain"), nil) // refuses it, and notes that
		return err
	}
	d, ok, err := v.editable()
	if !ok || err != nil {
		return err
	}
	f, was := v.r.PostForm, digest(d.Spec)
	wrong := func(status int, fault func(*DomainForm)) error { return v.showDomainForm(status, &d, f, was, fault) }
	if f.Get("was") != was {
		return wrong(http.StatusConflict, func(form *DomainForm) {
			form.Problems = []string{"Somebody changed this domain while you had its form open. Look at its page, and save again where yours is right."}
		})
	}
	s, err := specOf(f)
	if err != nil {
		return wrong(http.StatusUnprocessableEntity, func(form *DomainForm) { form.fault("more", err.Error()) })
	}
	_, _, err = v.desk.PutDomain(v.ctx(), v.who, d.Name, s.text())
	if problems := operate.SpecProblems(err); problems != nil {
		return wrong(http.StatusUnprocessableEntity, func(form *DomainForm) { form.place(problems) })
	}
	if err != nil {
		return err
	}
	return v.done(DoneSaved, 0, domainURL(d.Name))
}

func digest(text []byte) string {
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:8])
}

// removingDomain asks before a domain is removed.
func (v *visit) removingDomain() error {
	d, ok, err := v.editable()
	if !ok || err != nil {
		return err
	}
	c := Confirm{
		Text: "This removes " + d.Name + removedWith(&d) + ". From then on Callout has no opinion on its recipients, which most mail servers accept.",
		URL:  domainURL(d.Name) + "/remove", Button: "Remove the domain", Back: domainURL(d.Name),
	}
	return v.page("domainconfirm", &Page{Title: "Remove " + d.Name, Active: "domains", Crumbs: []Link{{"Domains", "/domains"}, {d.Name, domainURL(d.Name)}}, Data: c})
}

// removedWith says what goes with a domain.
func removedWith(d *operate.Domain) string {
	parts := []string{Plural(int64(d.Verdicts.All()), "cached verdict", "cached verdicts"), Plural(int64(d.Recipients), "local recipient", "local recipients")}
	if n := len(d.Aliases); n > 0 {
		parts = append(parts, Plural(int64(n), "alias", "aliases"))
	}
	if d.Paused != nil && d.Paused.Domain != "" {
		parts = append(parts, "its pause")
	}
	text := " with " + parts[0]
	for i, p := range parts[1:] {
		if i == len(parts)-2 {
			text += " and " + p
			continue
		}
		text += ", " + p
	}
	return text
}

func (v *visit) removeDomain() error {
	if !v.who.Admin() {
		_, err := v.desk.DeleteDomain(v.ctx(), v.who, v.r.PathValue("domain")) // refuses it, and notes that
		return err
	}
	d, ok, err := v.editable()
	if !ok || err != nil {
		return err
	}
	if _, err := v.desk.DeleteDomain(v.ctx(), v.who, d.Name); err != nil {
		return err
	}
	return v.done(DoneRemoved, d.Verdicts.All(), "/domains")
}
