package doctor

import (
	"fmt"

	"callout/internal/callout"
)

// What a report says by an option of callout doctor. Where people see a form instead, the same is said of that.
const (
	NameGood      = "Name one with --good ADDRESS"
	NameExisting  = "Name a recipient that exists with --good"
	TellCatchAll  = "tell the doctor so (--catch-all)"
	LeaveCatchAll = "leave --catch-all out"
	LookAt        = "look at that with --to"        // a host follows
	ExamineOne    = "Examine one of them with --to" // likewise
)

// whyAcceptsAll says what is special about servers of a kind that accept every recipient; it begins with a space.
func (e *exam) whyAcceptsAll() string {
	switch e.h.server {
	case exchange:
		if e.t.host.Port == 2525 {
			return ""
		}
		return " Exchange 2013 and later does so on port 25, its front end transport, and refuses unknown recipients only after DATA."
	case microsoft365:
		return " Microsoft 365 does so for domains without directory-based edge blocking."
	case postfix:
		return " A Postfix that relays on does so without relay_recipient_maps."
	case cPanel:
		return " The default address of the domain takes what no mailbox does."
	}
	return ""
}

// howToCheck says how recipient checks are switched on, in one or two sentences.
func (e *exam) howToCheck() string {
	switch e.h.server {
	case exchange:
		advice := fmt.Sprintf("Switch recipient validation on in Exchange (Install-AntispamAgents.ps1, Set-RecipientFilterConfig -Enabled $true -RecipientValidationEnabled $true, "+
			"Set-AcceptedDomain %s -AddressBookEnabled $true)", e.c.Domain)
		if e.t.host.Port != 2525 {
			hub := callout.Host{Name: e.t.host.Name, Port: 2525}
			advice += fmt.Sprintf(`, and ask its hub transport: destinations = ["%s"]; %s %[1]s`, hub, LookAt)
		}
		return advice + "."
	case microsoft365:
		return fmt.Sprintf("Make the domain authoritative in Microsoft 365 (Set-AcceptedDomain %s -DomainType Authoritative): unknown recipients are then refused with 550 5.4.1.", e.c.Domain)
	case postfix:
		return "Give Postfix the list of recipients: relay_recipient_maps for domains that it relays, virtual_mailbox_maps or local_recipient_maps for its own, without an entry @" + e.c.Domain +
			"; or reject_unverified_recipient."
	case cPanel:
		return "Set the domain's default address in cPanel to :fail: (Email, Default Address, Discard with error to sender)."
	case exim:
		return "Let Exim verify recipients in acl_smtp_rcpt: require verify = recipient, or verify = recipient/callout where it passes mail on; a router or alias * for the domain must not take everything."
	case sendmail:
		return "Let Sendmail know the recipients: a virtusertable line @" + e.c.Domain + " error:5.1.1:550 User unknown behind those that exist, or LDAP routing for a domain that it passes on."
	case google:
		return "Switch the catch-all off in the Google Admin console (Gmail, Default routing)."
	}
	return "Switch the server's own recipient checks on: unknown recipients are to be refused at RCPT with 550 5.1.1."
}

// everyKind says in short how recipient checks are switched on in each kind of server, where it was not recognised.
func (e *exam) everyKind() []string {
	if e.h.server != "" {
		return nil
	}
	return []string{
		"Exchange: recipient validation, and port 2525.",
		"Microsoft 365: an authoritative domain.",
		"Postfix: relay_recipient_maps.",
		"Exim: verify = recipient.",
		"cPanel: the default address :fail:.",
		"Sendmail: a line @" + e.c.Domain + " error:5.1.1:550 User unknown in the virtusertable.",
		"Google Workspace: no catch-all in the default routing.",
	}
}
