package web

import (
	"strings"

	"callout/internal/operate"
)

// alertWords are a kind of alert in words: what it means while it lasts, what to do, and what it meant once it is over. The
// alert's own text is for a terminal: it names commands.
type alertWords struct{ title, means, do, meant string }

var alertKinds = map[string]alertWords{
	"paused": {"Paused", "Every recipient of it is accepted, and decisions say what would have become of it.", "",
		"Every recipient of it was accepted."},
	"turned": {"Turned into a catch-all", "Its destination accepts every recipient now, and refused some not long before: unknown recipients are let through.",
		"See whether the destination still knows its recipients, then clear the domain.",
		"Its destination had begun to accept every recipient: unknown recipients were let through."},
	"list_empty": {"Empty list", "Its mode is list, and there are no local recipients: all its mail is deferred.",
		"Add its recipients, or choose another mode.", "Its mode was list, and there were no local recipients: all its mail was deferred."},
	"loop": {"A destination is this server itself", "Nobody is asked there, and no mail goes there.",
		"Name the server that holds the mailboxes, or that mail is to go to.", "Nobody was asked there, and no mail went there."},
	"host_trouble": {"A destination can't be asked", "The other hosts of its domains are asked; where there are none, recipients that are not known are deferred.",
		"See whether it is up and lets this server in, and run the doctor for a domain of it.",
		"The other hosts of its domains were asked; where there were none, recipients that were not known were deferred."},
	"hop_unreachable": {"A next hop can't be reached", "Mail that goes there is put off: its senders keep it and try again.",
		"See whether the server is up, and its port open from here.", "Mail that goes there was put off."},
	"hop_refuses": {"A next hop takes no mail from here", "Mail that goes there is put off: its senders keep it and try again.",
		"Its log says why.", "Mail that goes there was put off."},
}

// alertNotice words an alert that is open or over.
func alertNotice(a *operate.Alert) Notice {
	words, known := alertKinds[a.Kind]
	if !known {
		words = alertWords{title: a.Kind, means: fullStop(capital(a.Text)), meant: fullStop(capital(a.Text))}
	}
	n := Notice{Kind: "warn", Title: words.title, Text: words.means, Do: words.do, Since: a.Since, Until: a.Until}
	switch about := a.Domain + a.Host; {
	case about != "":
		n.Title += ": " + about
	case a.Kind == "paused":
		n.Title, n.Text, words.meant = "Everything is paused", strings.Replace(n.Text, " of it ", " ", 1), strings.Replace(words.meant, " of it", "", 1)
		if !a.Until.IsZero() {
			n.Title = "Everything was paused"
		}
	}
	if a.Domain != "" && strings.HasPrefix(a.Kind, "hop_") { // to whom the host is not named
		n.Do = "Who runs this server can see why."
	}
	if !a.Until.IsZero() {
		n.Kind, n.Text, n.Do = "off", words.meant, ""
	}
	return n
}

// pastAlert is one that is over.
func pastAlert(a *operate.Alert) Notice { return alertNotice(a) }

// openAlert is one that lasts, with where something can be done about it, for who may do it, and when it ends where it is one of
// pauses.
func (v *visit) openAlert(a *operate.Alert, pauses []operate.Pause) Notice {
	n := alertNotice(a)
	switch {
	case a.Kind == "host_trouble" && a.Domain != "":
		n.Do, n.Link = "Run the doctor, or ask who runs this server.", Link{Text: "Run the doctor", URL: domainURL(a.Domain) + "/doctor"}
	case a.Domain != "":
		n.Link = Link{Text: "Open the domain", URL: domainURL(a.Domain)}
	case strings.HasPrefix(a.Kind, "hop_"):
		n.Link = Link{Text: "See the next hops", URL: "/destinations"}
	case a.Host != "":
		n.Link = Link{Text: "Open the destination", URL: hostURL(a.Host)}
		if h, err := v.desk.Host(v.ctx(), v.who, a.Host); err == nil && len(h.Names) > 0 {
			n.Text = "What leads there is " + strings.Join(h.Names, ", ") + ". " + n.Text
		}
	}
	if a.Kind == "paused" {
		for _, p := range pauses {
			if p.Domain == a.Domain {
				n.Ends = p.Until
			}
		}
		if v.who.Admin() {
			n.Press = v.resuming(a.Domain)
		}
	}
	return n
}

// resuming is a button that ends a pause, "" for that of everything, and comes back to this page.
func (v *visit) resuming(domain string) Press {
	if domain == "" {
		return Press{Text: "Resume everything", URL: "/resume", Back: v.r.URL.Path}
	}
	return Press{Text: "Resume", URL: domainURL(domain) + "/resume", Back: v.r.URL.Path}
}
