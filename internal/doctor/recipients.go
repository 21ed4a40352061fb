package doctor

import (
	"slices"
	"strings"

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
	e.h.mend(NullSender, seen, "Nobody can be asked, and the server refuses bounces, which every server must take (RFC 5321 section 4.5.5). Or it is Callout's address that it refuses.",
		"Let the destination take the null sender, at least from Callout's address; where it can't be changed, set mail_from for the domain.")
	return false
}

// judgeRandom says what became of the random address: the heart of it all.
func (e *exam) judgeRandom() {
	a := &e.random
	said := quote(a.reply)
	switch {
	case a.problem != nil:
		e.h.mend(Random, "It breaks off over a random address: "+words(a.problem)+".", "Unknown recipients can't be told from others.",
			"Let the destination answer RCPT for unknown recipients with 550 5.1.1, at least to Callout's address.")
	case a.outcome == callout.Accepted:
		e.acceptsAll(said)
	case a.outcome == callout.Rejected && speaksOfRelaying(a.reply):
		e.h.mend(Random, "It refuses a random address with "+said+".", "This speaks of relaying: the server does not take mail for "+e.c.Domain+" at all, or not from Callout's address, and every recipient would be invalid.",
			"Name the server that holds the mailboxes in destinations, or add the domain there.")
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
	case a.kind == callout.AboutUs:
		e.h.mend(Random, "It refuses a random address with "+said+".", "This is about us, Callout's address, name or sender, and not about the recipient: nobody can be asked.",
			"Read its words: a block list, SPF, reverse DNS, or encryption that is wanted. Let the destination allow Callout's address.")
	default:
		e.h.mend(Random, "It answers RCPT with "+said+", which has no place there.", "Nobody can be asked.", "See what stands in between: a firewall or proxy that does not speak SMTP properly.")
	}
}

// speaksOfRelaying reports whether a refusal is about the domain or the client, in the words that servers have for it.
func speaksOfRelaying(r smtpwire.Reply) bool {
	return strings.Contains(strings.ToLower(r.Text()), "relay") && !strings.Contains(r.Text(), "relay recipient table")
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
	switch {
	case a.problem != nil:
		e.h.mend(Known, "It breaks off over "+good.String()+": "+words(a.problem)+".", "A recipient that exists would be unknown, and its mail deferred.", "Read the server's log for this time; let the destination allow Callout's address.")
	case a.outcome == callout.Accepted:
		e.h.good(Known, "It accepts "+good.String()+": "+said+".")
	case a.outcome == callout.Rejected:
		e.h.mend(Known, "It refuses "+good.String()+", which is said to exist: "+said+".", "Mail to it would be refused.", e.whyRefused())
	case a.temporary():
		e.h.note(Known, "It puts "+good.String()+" off: "+said+".", "A recipient that exists is unknown until it is answered otherwise, and its mail deferred meanwhile.", "")
	default:
		e.h.mend(Known, "It answers "+good.String()+" with "+said+".", "This is about us, not about the recipient: nobody can be asked.", "Let the destination allow Callout's address.")
	}
}

// whyRefused says what to look at where an address that exists is refused.
func (e *exam) whyRefused() string {
	switch {
	case speaksOfRelaying(e.good.reply):
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
	if !looksGrey(put.reply) {
		means = "It may be greylisting, a limit on how much a client may ask, or a trouble of its own. Meanwhile recipients are unknown and their mail is deferred."
	}
	e.h.mend(Greylisting, seen, means, "Let Callout's address pass without greylisting and rate limits, then examine it again.")
}

// looksGrey reports whether a reply has the words or codes of greylisting.
func looksGrey(r smtpwire.Reply) bool {
	text := strings.ToLower(r.Text())
	for _, word := range []string{"grey", "gray", "try again later", "come back", "retry"} {
		if strings.Contains(text, word) {
			return true
		}
	}
	return r.Enhanced == smtpwire.Enhanced{Class: 4, Subject: 7, Detail: 1}
}
