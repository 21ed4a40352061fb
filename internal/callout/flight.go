package callout

import (
	"errors"
	"slices"
	"time"

	"callout/internal/address"
	"callout/internal/smtpwire"
)

// flight is what a session sends before it reads the replies: one MAIL transaction for each RCPT. Where
// PIPELINING was not announced the same transactions go out one command at a time.
type flight struct {
	s     *session
	qs    []*query
	done  int  // questions that need nothing more
	ahead bool // all commands are written already (RFC 2920 section 3.1)
}

// fly asks questions in one flight. Afterwards each has its answer or is back in the queue.
func (s *session) fly(qs []*query) {
	f := &flight{s: s, qs: qs, ahead: s.pipelining && !slices.ContainsFunc(qs, func(q *query) bool { return !q.Settings.Pipelining })}
	s.timeout = qs[0].Settings.ReplyTimeout
	problem := f.writeAhead()
	for problem == nil && f.done < len(qs) {
		problem = f.question(qs[f.done])
	}
	if problem != nil {
		f.breakOff(problem)
	}
	if s.r.Buffered() > 0 {
		s.idleEnded(nil)
	}
}

// writeAhead writes the whole flight where the session pipelines.
func (f *flight) writeAhead() *Problem {
	if !f.ahead {
		return nil
	}
	for _, q := range f.qs {
		if f.s.lacksUTF8(q) {
			continue
		}
		if q.wantsProbe() {
			f.sayTransaction(q, q.Question.Probe)
		}
		f.sayTransaction(q, q.Recipient)
	}
	if len(f.s.buf) == 0 {
		return nil
	}
	return f.s.flush(StageMail)
}

func (f *flight) sayTransaction(q *query, rcpt address.Recipient) {
	f.s.say(q, mailCommand, mailArgument(rcpt))
	f.s.say(q, "RCPT TO:<", rcpt.String()+">")
	f.s.say(q, "RSET", "")
}

const mailCommand = "MAIL FROM:<>"

// mailArgument is what follows the null reverse-path: a recipient above ASCII needs the transaction to be an
// internationalised one (RFC 6531 section 3.4).
func mailArgument(rcpt address.Recipient) string {
	if rcpt.ASCII() {
		return ""
	}
	return " SMTPUTF8"
}

// lacksUTF8 reports whether the host can't be asked this question at all.
func (s *session) lacksUTF8(q *query) bool { return !s.smtputf8 && !q.Recipient.ASCII() }

// question sees one question through its probe and its recipient. A Problem means that the session ended over
// it, before the question was answered or after.
func (f *flight) question(q *query) *Problem {
	if f.s.lacksUTF8(q) {
		f.fail(q, f.s.utf8Problem())
		return nil
	}
	if q.wantsProbe() {
		t := f.transaction(q, q.Question.Probe)
		if t.asked {
			outcome, _ := Judge(t.reply)
			q.probe = ProbeAnswer{Asked: true, Outcome: outcome, Host: f.s.pool.host, Reply: t.reply}
			f.s.pool.pools.metrics.probed(outcome)
		}
		if q.probe.Outcome == Accepted && !f.ahead {
			f.answer(q, Answer{Outcome: Accepted, Stage: StageRcpt, ProbeSufficed: true})
			return t.lost
		}
		if t.lost != nil {
			return t.lost
		}
		// Where MAIL was refused it is refused again below, and that is the recipient's answer.
	}
	t := f.transaction(q, q.Recipient)
	switch {
	case t.refused != nil:
		f.fail(q, t.refused)
	case !t.reply.IsZero():
		f.judge(q, t.reply)
	}
	return t.lost
}

// judge answers a question by the reply to its recipient's RCPT.
func (f *flight) judge(q *query, reply smtpwire.Reply) {
	outcome, kind := Judge(reply)
	if outcome == Unknown {
		f.fail(q, &Problem{Kind: kind, Stage: StageRcpt, Host: f.s.pool.host, Reply: reply})
		return
	}
	f.s.pool.fine()
	f.answer(q, Answer{Outcome: outcome, Stage: StageRcpt, Reply: reply})
}

// answer ends a question. The last one of a flight hears of it when the session is free again, so that its next
// question finds this session and does not open another.
func (f *flight) answer(q *query, a Answer) {
	f.done++
	a.Host = f.s.pool.host
	if f.done == len(f.qs) {
		f.s.held = func() { q.finish(a) }
		return
	}
	q.finish(a)
}

// fail ends a question in a problem that leaves the session as it is.
func (f *flight) fail(q *query, p *Problem) {
	if p.Kind == Refused || p.Kind == AboutUs {
		f.s.pool.trouble(p)
	}
	f.answer(q, failed(p))
}

// breakOff deals with the questions that a session left open when it ended. One that the session never came to
// has lost nothing and goes back to the head of the queue; so does the one it ended over, where the session had
// answered others before: such a session has reached a limit or was closed while it was idle.
func (f *flight) breakOff(why *Problem) {
	open := f.qs[f.done:]
	if len(open) > 0 && (why.Kind != Closed || f.s.answered == 0) {
		f.s.pool.trouble(why)
		open[0].fail(why)
		open = open[1:]
	}
	f.s.pool.putBack(open, why)
}

// transacted is what one MAIL transaction came to.
type transacted struct {
	asked   bool           // the destination had the RCPT before it, whether it answered or broke off
	reply   smtpwire.Reply // to RCPT; zero where there was none that counts
	refused *Problem       // MAIL was refused: whatever was said to RCPT means nothing
	lost    *Problem       // the session ended, after reply where there is one
}

// transaction asks about one recipient: MAIL, RCPT, RSET.
func (f *flight) transaction(q *query, rcpt address.Recipient) (t transacted) {
	var mail, reply, rset smtpwire.Reply
	if mail, t.lost = f.step(q, StageMail, mailCommand, mailArgument(rcpt)); t.lost != nil {
		return t
	}
	if mail.Class() != 2 {
		t.refused = f.s.unexpected(StageMail, mail)
		f.s.retire = true
		if !f.ahead {
			return t
		}
	}
	t.asked = t.refused == nil
	if reply, t.lost = f.step(q, StageRcpt, "RCPT TO:<", rcpt.String()+">"); t.lost != nil {
		return t
	}
	f.s.answered++
	if reply.Class() != 2 {
		f.s.rejections++
	}
	f.s.resets++
	rset, t.lost = f.step(q, StageRcpt, "RSET", "")
	if t.lost == nil && outOfStep(rset) {
		t.lost = f.s.lost(StageRcpt, &smtpwire.ReplyError{Reason: "the reply to RSET is out of step", Line: rset.String()})
		return t
	}
	if t.refused == nil {
		t.reply = reply
	}
	return t
}

// outOfStep reports whether a reply can't be one to RSET, which always succeeds (RFC 5321 section 4.1.1.5) or is
// a command that the server does not know: then the reply before it may have been to another command as well.
func outOfStep(rset smtpwire.Reply) bool {
	return rset.Class() != 2 && (rset.Code < 500 || rset.Code > 504)
}

// step returns the reply to one command, which it says first where it was not written ahead.
func (f *flight) step(q *query, stage Stage, verb, argument string) (smtpwire.Reply, *Problem) {
	if f.ahead {
		return f.s.read(q, stage, time.Time{})
	}
	return f.s.command(q, stage, time.Time{}, verb, argument)
}

// utf8Problem says why a local-part above ASCII was not asked: the host announced what it takes and left
// SMTPUTF8 out, or it took HELO only and nothing is known of it.
func (s *session) utf8Problem() *Problem {
	kind, why := NoSMTPUTF8, errNoUTF8
	if !s.ehlo {
		kind, why = Refused, errHELOOnly
	}
	return &Problem{Kind: kind, Stage: StageEHLO, Host: s.pool.host, Err: why}
}

var (
	errNoUTF8   = errors.New("it takes ASCII addresses only (no SMTPUTF8 in its EHLO reply)")
	errHELOOnly = errors.New("it takes HELO only, so a local-part above ASCII can't be asked")
)
