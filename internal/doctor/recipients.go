package doctor

import (
	"slices"

	"callout/internal/callout"
	"callout/internal/smtpwire"
)

// checkRandom asks a random address, and with it whether the null sender is taken. It reports whether there is more to
// ask.
func (e *exam) checkRandom() bool {
	answers, problem := e.ask(e.draw())
	if problem != nil && problem.Stage == callout.StageMail {
		if !e.otherSender(problem) {
			return false
		}
		answers, problem = e.ask(e.draw())
	} else if len(answers) > 0 {
		e.h.good(NullSender, "It takes the null sender, MAIL FROM:<>.")
	}
	if len(answers) == 0 {
		if problem != nil {
			e.h.mend(Random, "It was not even asked: "+words(problem)+".", "The session ends before a recipient is asked.", "Read the server's log for this time.")
		}
		return false
	}
	e.random = answers[0]
	e.recogniseReply(e.random.reply)
	e.judgeRandom()
	return true
}

// otherSender says that the null sender was refused, and goes on with the domain's own where it has one.
func (e *exam) otherSender(p *callout.Problem) bool {
	seen := "It refuses the null sender, MAIL FROM:<>: " + words(p) + "."
	if from := e.settings.MailFrom; from != "" {
		e.h.note(NullSender, seen, "The domain's mail_from, "+from+", is used instead. Such a server refuses bounces as well (RFC 5321 section 4.5.5).",
			"Let the destination take the null sender, then leave mail_from out.")
		e.mailFrom = from
		return true
	}
	if about := e.matterOf(&answer{reply: p.Reply}); about != ofRecipient && about != ofRelaying {
		e.h.mend(NullSender, seen, oursMeans(about, callout.Unknown), e.oursChange(about, callout.Unknown))
		return false
	}
	e.h.mend(NullSender, seen, "Nobody can be asked, and the server refuses bounces, which every server must take (RFC 5321 section 4.5.5). Or it is Callout's address that it refuses.",
		"Let the destination take the null sender, at least from Callout's address; where it can't be changed, set mail_from for the domain.")
	return false
}

// judgeRandom says what became of the random address: the heart of it all.
func (e *exam) judgeRandom() {
	a := &e.random
	said, about := quote(a.reply), e.matterOf(a)
	switch {
	case a.problem != nil:
		e.h.mend(Random, "It breaks off over a random address: "+words(a.problem)+".", "Unknown recipients can't be told from others.",
			"Let the destination answer RCPT for unknown recipients with 550 5.1.1, at least to Callout's address.")
	case a.outcome == callout.Accepted:
		e.acceptsAll(said)
	case a.outcome == callout.Rejected && about == ofRelaying:
		e.h.mend(Random, "It refuses a random address with "+said+".", "This speaks of relaying: the server does not take mail for "+e.c.Domain+" at all, or not from Callout's address, and every recipient would be invalid.",
			"Name the server that holds the mailboxes in destinations, or add the domain there.")
	case a.kind == callout.AboutUs && a.outcome == callout.Unknown, a.outcome == callout.Rejected && about != ofRecipient:
		e.h.mend(Random, "It refuses a random address with "+said+".", oursMeans(about, a.outcome), e.oursChange(about, a.outcome))
	case a.outcome == callout.Rejected && e.c.CatchAll && e.t.priority == 0:
		e.refusesAlthoughCatchAll(said)
	case a.outcome == callout.Rejected:
		seen := "It refuses a random address: " + said + "."
		if e.h.server == microsoft365 && a.reply.Enhanced == (smtpwire.Enhanced{Class: 5, Subject: 4, Detail: 1}) {
			seen += " Directory-based edge blocking is on."
		}
		e.h.good(Random, seen)
	case a.temporary():
		e.h.note(Random, "It puts a random address off: "+said+".", "Whether it refuses unknown recipients was not seen.", "")
	default:
		e.h.mend(Random, "It answers RCPT with "+said+", which has no place there.", "Nobody can be asked.", "See what stands in between: a firewall or proxy that does not speak SMTP properly.")
	}
}

// checkKnown asks the address that is known to exist.
func (e *exam) checkKnown() {
	good := e.c.Good
	if good.IsZero() {
		return
	}
	if !good.ASCII() && !slices.Contains(e.h.Extensions, "SMTPUTF8") {
		e.h.mend(Known, "It does not announce SMTPUTF8, and "+good.String()+" is not ASCII.", "Such an address can't be asked there, and mail for it can't be delivered.", "Switch SMTPUTF8 on there.")
		return
	}
	answers, problem := e.ask(good)
	if len(answers) == 0 {
		if problem != nil {
			e.h.note(Known, good.String()+" could not be asked: "+words(problem)+".", "", "")
		}
		return
	}
	e.good = answers[0]
	a, said := &e.good, quote(e.good.reply)
	e.recogniseReply(a.reply)
	about, alike := e.matterOf(a), e.refusesAlike(a)
	alike = alike || about != ofRecipient && about != ofRelaying && a.outcome == e.random.outcome && about == e.matterOf(&e.random)
	switch {
	case a.problem != nil:
		e.h.mend(Known, "It breaks off over "+good.String()+": "+words(a.problem)+".", "A recipient that exists would be unknown, and its mail deferred.", "Read the server's log for this time; let the destination allow Callout's address.")
	case a.outcome == callout.Accepted:
		e.h.good(Known, "It accepts "+good.String()+": "+said+".")
	case a.outcome == callout.Rejected && !alike && about != ofRecipient && about != ofRelaying:
		e.h.mend(Known, "It refuses "+good.String()+", which is said to exist: "+said+".", oursMeans(about, a.outcome), e.oursChange(about, a.outcome))
	case a.outcome == callout.Rejected:
		e.h.mend(Known, "It refuses "+good.String()+", which is said to exist: "+said+".", "Mail to it would be refused.", e.whyRefused(alike))
	case a.temporary():
		e.h.note(Known, "It puts "+good.String()+" off: "+said+".", "A recipient that exists is unknown until it is answered otherwise, and its mail deferred meanwhile.", "")
	case a.kind == callout.AboutUs:
		e.h.mend(Known, "It answers "+good.String()+" with "+said+".", oursMeans(about, a.outcome), e.oursChange(about, a.outcome))
	default:
		e.h.mend(Known, "It answers "+good.String()+" with "+said+", which has no place there.", "Nobody can be asked.", "See what stands in between: a firewall or proxy that does not speak SMTP properly.")
	}
}

// whyRefused says what to look at where an address that exists is refused, in the words that a random one is or in others.
func (e *exam) whyRefused(alike bool) string {
	switch {
	case alike:
		return "It is refused as the random address is: mend that first, then examine it again."
	case e.matterOf(&e.good) == ofRelaying:
		return "The server does not take mail for " + e.c.Domain + ": name the one that holds the mailboxes in destinations, or add the domain there."
	case e.h.server == microsoft365:
		return "Microsoft 365 does not have it in its directory: synchronise it (public folders and mail users too), or set the accepted domain to internal relay until that is done."
	}
	return "See whether the address is spelt as the server has it, and whether this is the server that holds it."
}

// checkGreylisting says that recipients are put off.
func (e *exam) checkGreylisting() {
	put := &e.good
	if !put.temporary() {
		put = &e.random
	}
	if !put.temporary() {
		if e.random.asked() && e.random.problem == nil {
			e.h.good(Greylisting, "It puts nobody off for later.")
		}
		return
	}
	seen := "It puts recipients off: " + quote(put.reply) + "."
	means := "Greylisting, by the looks of it: whoever comes for the first time is told to come again. Each new recipient's first mail is deferred, and the random address never gets an answer."
	if about := e.matterOf(put); about != ofRecipient && about != ofRelaying && about != ofAddress && !saysGrey(put.reply) {
		e.h.mend(Greylisting, seen, oursMeans(about, put.outcome), e.oursChange(about, put.outcome))
		return
	}
	if !looksGrey(put.reply) {
		means = "It may be greylisting, a limit on how much a client may ask, or a trouble of its own. Meanwhile recipients are unknown and their mail is deferred."
	}
	e.h.mend(Greylisting, seen, means, "Let Callout's address pass without greylisting and rate limits, then examine it again.")
}
