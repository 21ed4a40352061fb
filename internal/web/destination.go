package web

import (
	"callout/internal/operate"
)

// Destination is what the page "destination" shows: one host.
type Destination struct {
	hostRow
	Strip   Strip
	More    bool   // it is a destination of more domains than are shown
	Forget  string // URL; "" for who may not
	Problem string // of the last one, what to look at
	Over    bool   // the last problem is over
}

// domainsShown are those that a host is shown with, at most.
const domainsShown = 100

func (v *visit) destination() error {
	h, err := v.desk.Host(v.ctx(), v.who, v.r.PathValue("host"))
	if err != nil {
		return err
	}
	data := Destination{hostRow: v.hostRow(h), Strip: hostStrip(&h), More: len(h.Domains) >= domainsShown, Over: h.State == "up"}
	if v.who.Admin() {
		data.Forget = hostURL(h.Address) + "/forget"
	}
	if h.Problem != nil {
		data.Problem = lookAt[h.Problem.Kind]
	}
	p := &Page{Title: h.Address, Mono: true, Active: "destinations", Data: data, Crumbs: []Link{{"Destinations", "/destinations"}}}
	if !v.who.Admin() { // they come from a domain, and the list is not in their navigation
		p.Active, p.Crumbs = "domains", []Link{{"Domains", "/domains"}}
	}
	return v.page("destination", p)
}

// hostStrip says in a sentence how a host stands.
func hostStrip(h *operate.Host) Strip {
	s := Strip{Kind: "off", Word: "Not asked yet", Text: "The first question to it shows how it answers."}
	switch h.State {
	case "up":
		s = Strip{Kind: "ok", Word: "Up", Text: "It answers as it should."}
	case "trouble":
		s = Strip{Kind: "warn", Word: "Trouble", Text: "The last questions to it were not answered. It goes on being asked."}
	case "back_off":
		s = Strip{Kind: "bad", Word: "Left alone", Text: "It did not answer several times, so that it is asked again only after a while. " +
			"Known recipients are accepted meanwhile; for others its domains' settings say what becomes of them."}
	}
	if len(h.Domains) > 0 && (h.State == "trouble" || h.State == "back_off") {
		s.Do = "The doctor looks at every step of the dialogue with it."
		s.Link = Link{"Run the doctor", domainURL(h.Domains[0]) + "/doctor"}
	}
	return s
}

// lookAt says of the kinds of problems what to look at.
var lookAt = map[string]string{
	"temporary":     "It put the recipient off (4xx): greylisting, or a mailbox that is busy. Put this server on its allow list where it greylists.",
	"no_connection": "There was no connection. Look at the host and its port, and at the firewalls at both ends.",
	"refused":       "It refused the dialogue before any recipient was named. Its words say why; often this server's address has to be allowed there.",
	"about_us":      "It refused who asks, not the recipient. Allow this server's address and the null sender (MAIL FROM:<>) there.",
	"closed":        "It closed the connection early. Its limits for sessions and recipients, and its log, say why.",
	"garbage":       "What it said is no SMTP. Does the port belong to a mail server?",
	"timeout":       "It did not answer in time. Look at its load, at tarpits, and at pauses before its greeting.",
	"queue_full":    "More questions came than it answers. It may allow more sessions at a time, or more hosts may be named as destinations.",
	"no_smtputf8":   "It takes addresses in ASCII only (no SMTPUTF8), and the recipient's is not.",
	"tls":           "There was no encryption as the domain's settings want it. Look at its certificate, or at the setting tls of the domain.",
	"loop":          "It is this server itself. Name the server that holds the mailboxes.",
	"no_host":       "DNS has no address for it, or does not answer. Look at its records.",
}

// forgetHost drops what was learned of a host; the next question tries it at once.
func (v *visit) forgetHost() error {
	forgotten, err := v.desk.ForgetHost(v.ctx(), v.who, v.r.PathValue("host"))
	if err != nil {
		return err
	}
	return v.done(DoneForgotten, len(forgotten.Forgotten), hostURL(v.r.PathValue("host")))
}
