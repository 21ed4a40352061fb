package web

import (
	"fmt"
	"slices"
	"strings"

	"callout/internal/address"
	"callout/internal/operate"
)

// What a clear takes.
const (
	clearSelected = "selected"
	clearInvalid  = "invalid"
	clearAll      = "all"
)

// clearing asks before verdicts are cleared.
func (v *visit) clearing() error {
	return v.confirmClear(v.r.URL.Query().Get("what"), nil, v.listOf(v.r.URL.Query().Get("back")))
}

// clear clears verdicts of a domain: one at once, others once they are confirmed.
func (v *visit) clear() error {
	if err := v.form(); err != nil {
		return err
	}
	f := v.r.PostForm
	name, what, back := v.r.PathValue("domain"), f.Get("what"), v.listOf(f.Get("back"))
	if one := f.Get("one"); one != "" {
		return v.clearRecipients([]string{one}, back)
	}
	if what == clearSelected && len(f["sel"]) == 0 {
		return v.done(DoneNothing, 0, back)
	}
	if f.Get("sure") == "" {
		return v.confirmClear(what, f["sel"], back)
	}
	status := ""
	switch what {
	case clearSelected:
		return v.clearRecipients(f["sel"], back)
	case clearInvalid:
		status = "invalid"
	case clearAll:
	default:
		return unknownClear()
	}
	cleared, err := v.desk.ClearDomain(v.ctx(), v.who, name, status)
	if err != nil {
		return err
	}
	return v.done(DoneCleared, cleared.Stored, back)
}

func (v *visit) clearRecipients(all []string, back string) error {
	d, err := v.desk.Domain(v.ctx(), v.who, v.r.PathValue("domain"))
	if err != nil {
		return err
	}
	if err := ofDomain(&d, all); err != nil {
		return err
	}
	cleared, err := v.desk.ClearRecipients(v.ctx(), v.who, all)
	if err != nil {
		return err
	}
	return v.done(DoneCleared, cleared.Stored, back)
}

// ofDomain refuses recipients that are not of a domain or its aliases: what is cleared is what its page has shown.
func ofDomain(d *operate.Domain, recipients []string) error {
	names := append([]string{d.Name, d.AliasOf}, d.Aliases...)
	for _, one := range recipients {
		rcpt, err := address.Parse(one)
		if err != nil {
			return &operate.Error{Kind: operate.Unusable, Detail: fmt.Sprintf("%.300q is no address. Go back and select again.", one)}
		}
		if !slices.Contains(names, rcpt.Domain()) {
			return &operate.Error{Kind: operate.Missing, Detail: fmt.Sprintf("%.300q is no recipient of %s. Go back and select again.", one, d.Name)}
		}
	}
	return nil
}

func unknownClear() error {
	return &operate.Error{Kind: operate.Malformed, Detail: "There is no such clear. Go back and use one of the buttons there."}
}

// listOf returns where the list is that somebody came from: the same domain's, or its first page.
func (v *visit) listOf(back string) string {
	list := domainURL(v.r.PathValue("domain")) + "/verdicts"
	if back == list || strings.HasPrefix(back, list+"?") {
		return local(back)
	}
	return list
}

// confirmClear asks whether verdicts are to go, and says how many.
func (v *visit) confirmClear(what string, selected []string, back string) error {
	name := v.r.PathValue("domain")
	d, err := v.desk.Domain(v.ctx(), v.who, name)
	if err != nil {
		return err
	}
	c := Confirm{URL: domainURL(d.Name) + "/clear", Back: back, Hidden: [][2]string{{"what", what}, {"sure", "yes"}, {"back", back}}}
	of := d.Name + aliasesToo(&d)
	switch what {
	case clearSelected:
		if err := ofDomain(&d, selected); err != nil {
			return err
		}
		c.Text = "This clears what is known of " + Plural(int64(len(selected)), "recipient", "recipients") + " of " + d.Name + ": " + firstFew(selected) + "."
		c.Button = "Clear " + Plural(int64(len(selected)), "recipient", "recipients")
		for _, one := range selected {
			c.Hidden = append(c.Hidden, [2]string{"sel", one})
		}
	case clearInvalid:
		n := Plural(int64(d.Verdicts.Invalid), "verdict", "verdicts")
		c.Text = "This clears " + n + " of " + of + " that say that a recipient does not exist, and that the domain was no catch-all."
		c.Keeps = "The " + Number(int64(d.Verdicts.Valid)) + " valid ones stay."
		c.Button = "Clear " + n
	case clearAll:
		n := Plural(int64(d.Verdicts.All()), "verdict", "verdicts")
		c.Text = "This clears " + n + " of " + of + ", and what is known of it being a catch-all."
		c.Keeps = "Settings and local recipients stay."
		c.Button = "Clear " + n
	default:
		return unknownClear()
	}
	c.Keeps = join(" ", c.Keeps, "The next question for each recipient asks the destination again.")
	return v.page("domainconfirm", &Page{
		Title: "Clear cached recipients", Active: "domains", Data: c,
		Crumbs: []Link{{"Domains", "/domains"}, {d.Name, domainURL(d.Name)}, {"Cached recipients", domainURL(d.Name) + "/verdicts"}},
	})
}

func aliasesToo(d *operate.Domain) string {
	switch n := len(d.Aliases); {
	case n == 0, d.AliasOf != "":
		return ""
	case n == 1:
		return " and its alias"
	default:
		return " and its " + Plural(int64(n), "alias", "aliases")
	}
}

// firstFew lists the first few of many.
func firstFew(all []string) string {
	const most = 5
	if len(all) <= most {
		return strings.Join(all, ", ")
	}
	return strings.Join(all[:most], ", ") + " and " + Number(int64(len(all)-most)) + " more"
}
