package web

import (
	"fmt"
	"time"

	"callout/internal/operate"
)

func (w *Web) recipientRoutes() map[string]action {
	return map[string]action{
		"GET /recipients/{address}":        (*visit).recipient,
		"POST /recipients/{address}/clear": (*visit).clearRecipient,
		"POST /recipients/{address}/test":  (*visit).testRecipient,
	}
}

// RecipientPage is what the page "recipient" shows.
type RecipientPage struct {
	operate.Verdict
	Domain    operate.Domain
	Strip     Strip
	Said      string
	Left      time.Duration
	Clear     string // URL; "" where there is nothing to clear
	Test      TestForm
	Decisions []operate.Decision
	All       string // URL of all decisions about it
}

// recentDecisions are those that are shown of a recipient.
const recentDecisions = 10

func (v *visit) recipient() error {
	known, err := v.desk.Verdict(v.ctx(), v.who, v.r.PathValue("address"))
	if v.who.Admin() && operate.KindOf(err) == operate.Missing {
		return v.unserved(v.r.PathValue("address"))
	}
	if err != nil {
		return err
	}
	d, err := v.desk.Domain(v.ctx(), v.who, domainOf(known.Recipient))
	if err != nil {
		return err
	}
	recent, err := v.desk.Decisions(v.ctx(), v.who, operate.DecisionQuery{Recipient: known.Recipient, Limit: recentDecisions})
	if err != nil {
		return err
	}
	at := recipientURL(known.Recipient)
	data := RecipientPage{
		Verdict: known, Domain: d, Strip: knownStrip(&known, &d), Said: replyText(&known), Decisions: recent.Decisions,
		Test: TestForm{Title: "Ask the destination", URL: at + "/test", Hidden: [][2]string{{"fresh", "on"}}},
		All:  withQuery("/decisions", "recipient", known.Recipient),
	}
	if !known.Expires.IsZero() {
		data.Left = rounded(max(known.Expires.Sub(v.shell.now()), 0))
	}
	if known.Code != 0 && !known.CatchAll {
		data.Clear = at + "/clear"
	}
	return v.page("recipient", &Page{
		Title: known.Recipient, Mono: true, Active: "domains", Query: known.Recipient,
		Crumbs: []Link{{"Domains", "/domains"}, {d.Name, domainURL(d.Name)}}, Data: data,
	})
}

// knownStrip says in a sentence what is known of a recipient, and why.
func knownStrip(k *operate.Verdict, d *operate.Domain) Strip {
	s := Strip{Kind: "off", Word: "Nothing is known", Text: "The next question for it asks the destination."}
	switch k.Status {
	case "valid":
		s = Strip{Kind: "ok", Word: "Valid", Text: fmt.Sprintf("It exists: %s accepted it.", k.Host)}
	case "invalid":
		s = Strip{Kind: "bad", Word: "Invalid", Text: fmt.Sprintf("It does not exist: %s refused it.", k.Host)}
	}
	switch {
	case k.Local != "":
		s = localStrip(k, d)
	case k.CatchAll:
		s.Word, s.Kind = "Valid: a catch-all", "info"
		s.Text = fmt.Sprintf("Its domain accepts every recipient: %s took a random address.", k.Host)
		s.Link = Link{"Run the doctor", domainURL(d.Name) + "/doctor"}
	}
	if k.Provisional {
		s.Text += " A host of lower priority said so, which counts for a few minutes."
	}
	if k.Stale {
		s.Text += " That is older than verdicts are kept: it counts because nobody could say better since."
	}
	switch {
	case d.Paused != nil:
		s.Do = "The domain is paused: all mail is accepted meanwhile."
	case !d.Enforce:
		s.Do = "The domain is not enforced: all mail is accepted."
	}
	return s
}

// localStrip is that of a recipient for which no destination is asked.
func localStrip(k *operate.Verdict, d *operate.Domain) Strip {
	list := Link{"Local recipients", domainURL(d.Name) + "/recipients"}
	switch k.Local {
	case "listed":
		return Strip{Kind: "ok", Word: "Valid", Text: "It is a local recipient of the domain: nobody is asked.", Link: list}
	case "not_listed":
		return Strip{Kind: "bad", Word: "Invalid", Text: "It is not among the local recipients, and the domain has no others.", Do: "If it exists, add it.", Link: list}
	case "list_empty":
		return Strip{Kind: "warn", Word: "Deferred", Text: "The mode of the domain is list, and its list is empty.", Do: "Add its recipients.", Link: list}
	}
	return Strip{Kind: "off", Word: "Not verified", Text: "The mode of the domain is off: its recipients are not verified."}
}

func domainOf(address string) string {
	for i := len(address) - 1; i >= 0; i-- {
		if address[i] == '@' {
			return address[i+1:]
		}
	}
	return address
}

// clearRecipient forgets one recipient.
func (v *visit) clearRecipient() error {
	address := v.r.PathValue("address")
	cleared, err := v.desk.ClearRecipient(v.ctx(), v.who, address)
	if err != nil {
		return err
	}
	return v.done(DoneCleared, cleared.Stored, recipientURL(address))
}
