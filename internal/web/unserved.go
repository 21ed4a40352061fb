package web

import (
	"callout/internal/address"
	"callout/internal/operate"
)

// Unserved is what the page "unserved" shows to an admin: an address of a domain that is not served.
type Unserved struct {
	Strip Strip
	Last  []operate.Decision
	All   string // URL of all decisions about it
}

// unserved shows what was decided on an address nothing else is known of.
func (v *visit) unserved(text string) error {
	rcpt, err := address.Parse(text)
	if err != nil { // what was asked of it before has read it
		return v.missing()
	}
	at, domain := rcpt.String(), rcpt.Domain()
	last, err := v.desk.Decisions(v.ctx(), v.who, operate.DecisionQuery{Recipient: at, Limit: recentDecisions})
	if err != nil {
		return err
	}
	data := Unserved{Last: last.Decisions, All: withQuery("/decisions", "recipient", at), Strip: Strip{
		Kind: "off", Word: "Not served here", Text: "The domain " + domain + " is not one of those served here: there is no opinion on its recipients, and nothing is kept of them.",
		Do: "If its mail comes through this server, add it.", Link: Link{"Add " + domain, withQuery("/domains/new", "name", domain)},
	}}
	return v.page("unserved", &Page{
		Title: at, Mono: true, Active: "domains", Query: at, Crumbs: []Link{{"Domains", "/domains"}}, Data: data,
	})
}
