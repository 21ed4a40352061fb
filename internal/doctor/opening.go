package doctor

import (
	"maps"
	"slices"
	"strings"
	"time"

	"callout/internal/callout"
)

// slowOpening is what a session may take to be open before that is worth a word: a question waits for it.
const slowOpening = 5 * time.Second

// checkOpening opens the first session: connection, greeting, EHLO. It reports whether there is one.
func (e *exam) checkOpening() bool {
	began := time.Now()
	if problem := e.open(); problem != nil {
		e.unopened(problem)
		return false
	}
	took := time.Since(began)
	e.h.examined, e.h.Greeting = true, e.link.Greeting.String()
	e.h.Extensions = slices.Sorted(maps.Keys(e.link.Extensions))
	e.setServer(recognise(e.t.host, e.link.Greeting, e.link.Extensions))
	seen := "It takes connections; a session is open after " + seconds(took) + "."
	if took < slowOpening {
		e.h.good(Reachable, seen)
	} else {
		e.h.note(Reachable, seen, "The first question of each session waits that long: a pause before the greeting, or slow DNS or TLS there.",
			"Let the destination greet Callout's address without a pause (postscreen_access_list, greet_pause, an allow list of its filter), and see that this address has reverse DNS.")
	}
	e.checkBanner()
	e.checkEHLO()
	return true
}

// unopened says why there is no session.
func (e *exam) unopened(p *callout.Problem) {
	e.h.examined = !p.Reply.IsZero() || p.Kind == callout.Loop
	e.h.Greeting = ""
	switch {
	case e.whole.Err() != nil: // said by checkComplete
	case e.ctx.Err() != nil && p.Kind == callout.Timeout:
		e.h.mend(Reachable, "No session came about in "+seconds(MaxTime)+".", "Nobody can be asked there.", "See whether the host is overloaded, or holds up Callout's address.")
	case p.Kind == callout.Loop && p.Reply.IsZero():
		e.h.mend(Loop, "It is Callout itself that listens there.", "Callout would ask itself; such a destination is left alone.",
			"Name the server that holds the mailboxes in destinations.")
	case p.Kind == callout.Loop:
		e.h.mend(Loop, "It greets with our own hostname: "+quote(p.Reply)+".", "Callout takes it for itself and leaves it alone.",
			"Name the server that holds the mailboxes in destinations; where it is the right one, give Callout a hostname of its own.")
	case p.Stage == callout.StageConnect:
		e.h.mend(Reachable, "There is no connection to it: "+words(p)+".", "Nobody can be asked there.",
			"See that host and port are the right ones, that the server runs, and that a firewall, there or here, lets this machine through.")
	case p.Stage == callout.StageGreeting && !p.Reply.IsZero():
		change := "Read its words: a block list, missing reverse DNS, or too many connections. Let the destination allow Callout's address."
		if about := e.matterOf(&answer{reply: p.Reply}); about != ofRecipient && about != ofRelaying {
			change = e.oursChange(about, callout.Unknown)
		}
		e.h.mend(Banner, "It refuses the session as it begins: "+words(p)+".", "It does not want to talk to this address at present, so nobody can be asked there.", change)
	case p.Stage == callout.StageGreeting:
		e.h.mend(Banner, "It takes the connection and does not greet as a mail server: "+words(p)+".", "Nobody can be asked there.",
			"See that an SMTP server listens on that port (smtps:// where it is encrypted from the first octet), and that no firewall in between answers in its place.")
	case p.Stage == callout.StageEHLO:
		e.h.mend(EHLO, "It does not take EHLO "+e.settings.Hostname+": "+words(p)+".", "It may not like the name that Callout gives itself, or not speak the protocol.",
			"Set hostname to a full name that resolves to this machine's address and back.")
	default:
		e.h.mend(Encryption, "Encryption does not come about: "+words(p)+".", "Nobody can be asked there.",
			"See that TLS works on that port; write host:port instead of smtps:// where it begins in clear text.")
	}
}

func (e *exam) checkBanner() {
	said := quote(e.link.Greeting)
	if strings.Contains(e.link.Greeting.Text(), "****") {
		e.h.mend(Banner, "Its greeting is overwritten: "+said+".", "A firewall in between rewrites SMTP (“fixup” or “inspection” of a Cisco) and takes extensions and error codes away.",
			"Switch the inspection of SMTP off on that firewall.")
		return
	}
	seen := "It greets with " + said + "."
	if e.h.server != "" {
		seen += " It looks like " + string(e.h.server) + "."
	}
	e.h.good(Banner, seen)
}

func (e *exam) checkEHLO() {
	switch {
	case e.link.Extensions == nil:
		e.h.note(EHLO, "It refuses EHLO and takes HELO only.", "Without extensions there is no encryption and no pipelining, so each question takes more round trips.",
			"Switch ESMTP on there, or off what takes it away in between: an old firewall or proxy.")
	case len(e.h.Extensions) == 0:
		e.h.good(EHLO, "It takes EHLO and announces no extensions.")
	default:
		e.h.good(EHLO, "It takes EHLO and announces "+strings.Join(e.h.Extensions, ", ")+".")
	}
}
