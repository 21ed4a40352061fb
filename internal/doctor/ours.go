package doctor

import "callout/internal/callout"

// oursMeans says what a refusal means that is about us: by its words m, for recipients that are judged so.
func oursMeans(m matter, outcome callout.Outcome) string {
	means := map[matter]string{
		ofBlockList:  "This is about this server's address, not about the recipient: the address is on a block list.",
		ofReverseDNS: "This is about this server's address, not about the recipient: the address has no reverse DNS, or a name that does not lead back to it.",
		ofSPF:        "This is about this server's address, not about the recipient: SPF does not let it send in the name that it gives.",
		ofName:       "This is about the name that this server gives itself in EHLO, not about the recipient.",
		ofAddress:    "This is about this server's address, not about the recipient.",
	}[m]
	switch {
	case means == "":
		means = "This is about us, Callout's address, name or sender, and not about the recipient: nobody can be asked."
	case outcome == callout.Rejected:
		means += " Its code does not tell so: each recipient asked counts as invalid, and its mail is refused."
	default:
		means += " Nobody can be asked."
	}
	return means
}

// oursChange says what to do about such a refusal.
func (e *exam) oursChange(m matter, outcome callout.Outcome) string {
	change := ""
	switch m {
	case ofBlockList:
		change = "Have the address taken off the list that is named, or put it on an allow list at the destination, before its block lists" + e.allowList() + "."
	case ofReverseDNS:
		change = "Give this machine's address a PTR record with a name that leads back to it, best " + e.settings.Hostname +
			": whoever the address was got from sets that. Or let the destination allow Callout's address."
	case ofSPF:
		if e.mailFrom != "" {
			change = "Let the SPF record of " + e.mailFrom + "'s domain list this machine's address."
			break
		}
		change = "A null sender has no domain, so it is the name in EHLO that SPF is looked up for (RFC 7208 section 2.4): give " + e.settings.Hostname +
			" an SPF record that lists this machine's address, or none at all. That of " + e.c.Domain + " does not matter."
	case ofName:
		change = "Set hostname to a full name that resolves to this machine's address and back."
	case ofAddress:
		change = "Read its words and the server's log for this time, and let the destination allow Callout's address."
	default:
		return "Read its words: a block list, SPF, reverse DNS, or encryption that is wanted. Let the destination allow Callout's address."
	}
	if outcome == callout.Rejected {
		change += " Then clear the verdicts of the domain."
	}
	return change
}

// allowList names where a kind of server has its allow list, in brackets; it begins with a space.
func (e *exam) allowList() string {
	switch e.h.server {
	case postfix:
		return " (check_client_access before reject_rbl_client; postscreen_access_list where postscreen asks them)"
	case exchange:
		return " (Add-IPAllowListEntry)"
	case microsoft365:
		return " (the IP allow list of the connection filter)"
	case exim:
		return " (hosts = !+LIST beside dnslists in the ACL)"
	case cPanel:
		return " (WHM, Exim Configuration Manager, Trusted SMTP IP addresses)"
	case sendmail:
		return " (a line Connect:ADDRESS OK in the access map)"
	case google:
		return " (the email allowlist in the Admin console)"
	}
	return ""
}

// refusesAlike reports whether a recipient that every domain has, or that is said to exist, is refused with the words that a random
// one is, which don't speak of a recipient, so that they are hardly about one. The random address is no longer good then.
func (e *exam) refusesAlike(a *answer) bool {
	if a.problem != nil || a.outcome != callout.Rejected || e.random.outcome != callout.Rejected || !e.sameWords(*a) ||
		e.matterOf(a) != ofRecipient || speaksOfRecipient(a.reply, e.names(a)...) {
		return false
	}
	for i, f := range e.h.Findings {
		if f.Check == Random && f.Level == Good {
			e.h.Findings[i] = Finding{Check: Random, Level: Mend,
				Seen: "It refuses a random address and " + a.rcpt.String() + " with the same words: " + quote(a.reply) + ".",
				Means: "They don't speak of a recipient. By the looks of it they are about this server's address, not about the recipient: each one asked counts as invalid, " +
					"and its mail is refused.",
				Change: e.oursChange(ofAddress, a.outcome),
			}
		}
	}
	return true
}
