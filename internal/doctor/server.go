package doctor

import (
	"strings"

	"callout/internal/callout"
	"callout/internal/smtpwire"
)

// server is a kind of mail server, "" for one that was not recognised.
type server string

const (
	exchange     server = "Exchange"
	microsoft365 server = "Microsoft 365"
	postfix      server = "Postfix"
	cPanel       server = "cPanel (Exim)"
	exim         server = "Exim"
	sendmail     server = "Sendmail"
	google       server = "Google Workspace"
	openSMTPD    server = "OpenSMTPD"
	dovecot      server = "Dovecot"
)

// recognise tells a server by its greeting, what it announces and its name. Servers that hide who they are may show
// it by their replies (recogniseReply).
func recognise(h callout.Host, greeting smtpwire.Reply, extensions map[string]string) server {
	said := strings.ToLower(greeting.Text())
	name := strings.ToLower(h.Name + " " + said)
	has := func(text string) bool { return strings.Contains(said, text) }
	_, xexps := extensions["X-EXPS"]
	_, anonymous := extensions["X-ANONYMOUSTLS"]
	switch {
	case strings.Contains(name, ".mail.protection.outlook.com"), strings.Contains(name, ".mx.microsoft"):
		return microsoft365
	case has("microsoft esmtp mail service"), xexps, anonymous:
		return exchange
	case has("postfix"):
		return postfix
	case has("exim") && has("we do not authorize the use of this system"): // the greeting that cPanel sets up
		return cPanel
	case has("exim"):
		return exim
	case has("sendmail"):
		return sendmail
	case strings.Contains(name, "mx.google.com"), strings.Contains(name, "aspmx.l.google.com"):
		return google
	case has("opensmtpd"):
		return openSMTPD
	case has("dovecot"):
		return dovecot
	}
	return ""
}

// replySigns are words that only one kind of server says to a recipient.
var replySigns = []struct {
	sign string
	server
}{
	{"RESOLVER.ADR.", exchange},
	{"protection.outlook.com", microsoft365},
	{"Recipient address rejected: Access denied", microsoft365},
	{"in virtual mailbox table", postfix},
	{"in local recipient table", postfix},
	{"in relay recipient table", postfix},
	{"No Such User Here", cPanel},
}

// recogniseReply tells a server by what it said to a recipient, where its greeting did not.
func (e *exam) recogniseReply(r smtpwire.Reply) {
	for _, s := range replySigns {
		if e.h.server == "" && strings.Contains(r.String(), s.sign) {
			e.setServer(s.server)
		}
	}
}

func (e *exam) setServer(s server) { e.h.server, e.h.Server = s, string(s) }
