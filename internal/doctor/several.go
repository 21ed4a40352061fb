package doctor

import (
	"slices"
	"strings"

	"callout/internal/address"
	"callout/internal/callout"
)

// usable reports whether the random address had an answer that later ones can be compared with.
func (e *exam) usable() bool {
	return e.random.problem == nil && e.random.outcome != callout.Unknown
}

// checkPipelining asks a random address with all commands sent ahead (RFC 2920), which must change nothing.
func (e *exam) checkPipelining() {
	if !e.settings.Pipelining {
		e.h.good(Pipelining, `It is not used: the domain has pipelining = "off".`)
		return
	}
	if !slices.Contains(e.h.Extensions, "PIPELINING") {
		e.h.note(Pipelining, "It does not announce PIPELINING.", "Each command waits for its reply, so a question takes several round trips. That works, more slowly.", "Switch it on there where that is easy.")
		return
	}
	if !e.usable() {
		return
	}
	a, problem := e.askAhead(e.draw())
	switch {
	case problem != nil && e.limit == 0:
		e.h.mend(Pipelining, "It announces PIPELINING and breaks off when it is used: "+words(problem)+".", "Answers get lost.", `Set pipelining = "off" for the domain.`)
	case problem != nil || !a.asked(): // its limit of errors (checkErrors), or nothing more may be asked
	case a.problem != nil || a.outcome != e.random.outcome:
		said := a.reply
		if a.problem != nil {
			said = a.problem.Reply
		}
		e.h.mend(Pipelining, "It announces PIPELINING and answers otherwise when it is used: "+quote(said)+", and "+quote(e.random.reply)+" without.",
			"Its answers can't be relied on: Exchange 2010 is known for that.", `Set pipelining = "off" for the domain.`)
	default:
		e.h.good(Pipelining, "It announces PIPELINING and answers the same when it is used.")
	}
}

// checkSeveral asks two recipients in one transaction. Some servers refuse the second one of a null sender.
func (e *exam) checkSeveral() {
	if !e.usable() {
		return
	}
	first := address.New("postmaster", e.c.Domain) // which every domain must have (RFC 5321 section 4.5.1)
	if e.good.outcome == callout.Accepted {
		first = e.good.rcpt
	}
	answers, _ := e.ask(first, e.draw())
	if len(answers) == 0 {
		return
	}
	switch {
	case e.refusesAlike(&answers[0]), answers[0].outcome == callout.Rejected && e.matterOf(&answers[0]) != ofRecipient:
		return // which was said of the random address
	case answers[0].outcome != callout.Accepted:
		e.h.note(Several, "Whether it takes several recipients in a transaction was not seen: it did not accept "+first.String()+", "+quote(answers[0].reply)+".",
			"Every domain should have a postmaster (RFC 5321 section 4.5.1).", NameExisting+".")
	case len(answers) < 2 || answers[1].problem != nil:
		if e.limit == 0 {
			e.h.note(Several, "It breaks off over a second recipient in a transaction.", "Callout finds that out and asks one at a time, which takes more sessions.", "")
		}
	case answers[1].outcome == e.random.outcome && e.sameWords(answers[1]):
		e.h.good(Several, "It takes several recipients in one transaction.")
	default:
		e.h.note(Several, "It answers a second recipient of the null sender otherwise: "+quote(answers[1].reply)+".",
			"It allows bounces one recipient only. Callout finds that out and asks one at a time, which costs both sides more transactions.",
			"Let Callout's address out of that rule: reject_multi_recipient_bounce in Postfix, an ACL in Exim.")
	}
}

// sameWords reports whether a random address was answered as the first one was, the address left out.
func (e *exam) sameWords(a answer) bool {
	return a.outcome == callout.Accepted || withoutAddress(a) == withoutAddress(e.random)
}

func withoutAddress(a answer) string {
	text := strings.ReplaceAll(strings.ToLower(a.reply.String()), a.rcpt.String(), "*")
	return strings.ReplaceAll(text, a.rcpt.Local(), "*")
}

// checkErrors asks random addresses until a session has had MaxRefusals: does the host hang up before?
func (e *exam) checkErrors() {
	if e.random.outcome == callout.Accepted || !e.usable() && e.limit == 0 {
		return
	}
	for e.limit == 0 && e.refused < MaxRefusals && e.link != nil {
		if answers, problem := e.ask(e.draw()); len(answers) == 0 || problem != nil {
			break
		}
	}
	switch {
	case e.limit > 0:
		e.h.note(Errors, "It breaks off after "+plural(e.limit, "refused recipient")+" in a session.", "Callout finds that out and ends its sessions before, which takes more of them; some servers shut the address out for a while.",
			"Allow Callout's address more errors in a session.")
	case e.refused == MaxRefusals:
		e.h.good(Errors, "It takes "+plural(MaxRefusals, "refused recipient")+" in a session. (Callout ends its sessions after 4, with Postfix after 8.)")
	}
}
