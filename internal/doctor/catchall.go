package doctor

import "slices"

// acceptsAll says that a random address was accepted, what that means for the domain, and how to change it. Where the domain has
// an answer to it already it is a note: a catch-all on purpose is nothing to mend.
func (e *exam) acceptsAll(said string) {
	check, seen := Random, "It accepts a random address: "+said+"."
	if e.t.priority > 0 {
		check, seen = Backup, "It is a backup, asked when no host of higher priority answers, and accepts a random address: "+said+"."
	}
	switch {
	case e.c.Listed:
		e.h.note(check, seen, `It accepts everything, or so it seems. The domain has mode = "list": its local recipients alone decide, so this does no harm.`,
			"Nothing has to change as long as the list is complete. To do without one: "+e.howToCheck(), e.everyKind()...)
	case e.c.Unprobed && e.c.CatchAll:
		e.h.mend(check, seen, "So it should, since the domain is said to be a catch-all. But it has catch_all_check = false, so each address that anyone makes up costs a callout.",
			"Leave catch_all_check out: one random address then stands for all.")
	case e.c.Unprobed:
		e.h.mend(check, seen, "It accepts everything, or so it seems, and the domain has catch_all_check = false: each address that anyone makes up costs a callout, and counts as valid.",
			"Leave catch_all_check out: one random address then stands for all. "+e.howToCheck(), e.howToMend()...)
	case e.c.CatchAll:
		e.h.note(check, seen, "So it should, since the domain is said to be a catch-all. Everything is let through, and the destination is asked one random address every few days (valid_ttl).", "")
	case e.c.ListedToo:
		e.h.note(check, seen, `It accepts everything, or so it seems. The domain has mode = "list+callout": what is listed is accepted, and everything else as well, since one random address stands for it.`,
			`If it is a catch-all on purpose, nothing has to change. If the list is complete, mode = "list" refuses what is not on it. Otherwise: `+e.howToCheck(), e.howToMend()...)
	case check == Backup:
		e.h.mend(check, seen, "While it is asked every recipient counts as valid, for 5 minutes at a time; and senders of spam prefer backups.",
			e.howToCheck()+" Or leave this host out of destinations.", e.everyKind()...)
	default:
		e.h.mend(check, seen, "It accepts everything, or so it seems: recipients can't be verified, and every one counts as valid."+e.whyAcceptsAll(),
			e.howToCheck(), append(e.howToMend(),
				`Where it can't be changed, use mode = "list" with local recipients.`,
				"If it is a catch-all on purpose, leave it as it is and "+TellCatchAll+": everything is let through, and it is asked one random address every few days.")...)
	}
}

// howToMend says in ways how recipient checks are switched on, and how Callout comes not to be exempt from them.
func (e *exam) howToMend() []string {
	for _, sign := range []string{"XCLIENT", "XFORWARD"} {
		if slices.Contains(e.h.Extensions, sign) {
			return append(e.everyKind(), "It announces "+sign+", so it trusts Callout's address, and may skip its checks for it: take the address out of "+
				"smtpd_authorized_"+map[string]string{"XCLIENT": "xclient", "XFORWARD": "xforward"}[sign]+"_hosts, mynetworks and allow lists there.")
		}
	}
	return append(e.everyKind(), "If it refuses unknown recipients of other clients, Callout's address is on an allow list there: take it off.")
}

// refusesAlthoughCatchAll says that a domain that is said to be a catch-all is none here.
func (e *exam) refusesAlthoughCatchAll(said string) {
	e.h.mend(Random, "It refuses a random address: "+said+".", "The domain is said to be a catch-all, and here it is none: mail to addresses without a mailbox is refused.",
		"Switch the catch-all on there; or, if it is not meant to be one, "+LeaveCatchAll+".")
}
