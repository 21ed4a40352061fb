package callout

import (
	"errors"
	"slices"

	"callout/internal/smtpwire"
)

// settlement is what was said to the recipients that a transaction had in this flight.
type settlement struct {
	*transaction
	replies []smtpwire.Reply // as many as there were
	refused *Problem         // its MAIL was refused
}

// settleLater judges the transactions of several recipients: only at the end of the flight, where nothing more has
// come, is it known that each reply was to the command it seems to be to. RSET alone would not show it: behind a
// reply too many it has that of the last recipient.
func (f *flight) settleLater(problem *Problem) {
	for _, s := range f.later {
		if problem != nil && problem.Kind == Garbage {
			f.noneCounts(s.items, problem)
			continue
		}
		f.settle(s)
	}
}

// noneCounts fails those whose replies don't count since something came that was no reply to its command: nobody knows whose
// it was.
func (f *flight) noneCounts(items []item, problem *Problem) {
	for _, it := range items {
		f.fail(it.q, problem.ofAnother())
	}
}

// sufficed reports whether a recipient need not be asked, since its probe was accepted.
func (f *flight) sufficed(it item) bool {
	return !it.probe && it.q.probe.Asked && it.q.probe.Outcome == Accepted
}

// settle judges the replies to a transaction's recipients.
func (f *flight) settle(told settlement) {
	if told.refused != nil {
		f.mailRefused(told.items[:len(told.replies)], told.refused)
		return
	}
	for i, reply := range told.replies {
		switch it, position := told.items[i], told.before+i+1; {
		case it.probe:
			f.probed(it.q, reply)
		case position > 1:
			f.judgeBehind(it.q, reply, position, told.before > 0)
		default:
			f.judgeFirst(it.q, reply)
		}
	}
}

// probed notes what was said to a probe. Where its recipient is in no transaction of this flight that is still to
// come, the question is over or goes on in another.
func (f *flight) probed(q *query, reply smtpwire.Reply) {
	outcome, _ := Judge(reply)
	q.probe = ProbeAnswer{Asked: true, Outcome: outcome, Host: q.host, Reply: reply}
	f.s.pool.h.pools.metrics.probed(outcome)
	if reply.Class() != 2 {
		f.s.pool.h.refusedAlone(withoutAddress(reply, q.Question.Probe.String(), q.Question.Probe.Local()))
	}
	switch planned := f.planned(q); {
	case outcome == Accepted && (!f.ahead || !planned):
		f.answer(q, Answer{Outcome: Accepted, Stage: StageRcpt, ProbeSufficed: true})
	case !planned:
		f.askAgain(q)
	}
}

// judgeFirst judges the reply to the first recipient of a transaction, which counts as it is.
func (f *flight) judgeFirst(q *query, reply smtpwire.Reply) {
	h := f.s.pool.h
	if reply.Class() == 2 && q.alone == 0 {
		f.judge(q, reply)
		return
	}
	words := withoutAddress(reply, q.Recipient.String(), q.Recipient.Local())
	if q.alone > 1 && words != q.aloneWords && q.aloneReply.Class() == 5 && reply.Class() != 4 {
		// It was not the recipient that was refused there, but its place. What was only put off may have passed.
		h.learn(Recipients, q.alone-1, q.aloneReply.String())
	}
	if reply.Class() != 2 {
		h.refusedAlone(words)
	}
	f.judge(q, reply)
}

// judgeBehind judges the reply to a recipient at position two or later of a transaction, where a refusal may be
// about the number of recipients. Where the flight goes on in an open transaction it may be the reply to another's RCPT
// too, which came a second time and late: no reply to MAIL or RSET stands between.
func (f *flight) judgeBehind(q *query, reply smtpwire.Reply, position int, goesOn bool) {
	h := f.s.pool.h
	if reply.Class() == 2 {
		h.learn(Several, position, reply.String())
		f.judge(q, reply)
		return
	}
	if tooManyRecipients(reply) {
		h.learn(Recipients, position-1, reply.String())
		f.askAgain(q)
		return
	}
	words := withoutAddress(reply, q.Recipient.String(), q.Recipient.Local())
	if !goesOn && h.counts(position, words) {
		f.judge(q, reply)
		return
	}
	q.alone, q.aloneWords, q.aloneReply = position, words, reply
	f.askAgain(q)
}

// judge answers a question by the reply to its recipient's RCPT.
func (f *flight) judge(q *query, reply smtpwire.Reply) {
	outcome, kind := Judge(reply)
	if outcome == Unknown {
		f.fail(q, &Problem{Kind: kind, Stage: StageRcpt, Host: q.host, Reply: reply})
		return
	}
	f.s.pool.fine()
	f.answer(q, Answer{Outcome: outcome, Stage: StageRcpt, Reply: reply})
}

// mailRefused deals with the recipients of a transaction whose MAIL was refused. A session that has answered
// before has had enough, and another may do better; a fresh one tells how the host stands. Where a probe's MAIL is
// refused its recipient's is too, and that is the answer.
func (f *flight) mailRefused(items []item, refused *Problem) {
	if f.s.answered == 0 {
		f.s.pool.cameToNothing(f.s.began, refused)
	}
	for _, it := range items {
		switch {
		case it.probe && f.planned(it.q):
		case f.s.answered > 0:
			f.giveUp(it.q, refused)
		default:
			f.fail(it.q, refused)
		}
	}
}

// planned reports whether the recipient of a question is in a transaction of this flight.
func (f *flight) planned(q *query) bool {
	return slices.ContainsFunc(f.plan.transactions, func(t *transaction) bool {
		return slices.ContainsFunc(t.items, func(it item) bool { return it.q == q })
	})
}

// giveUp leaves a question to another session, as one that this session has lost. It goes back to the queue when
// the flight is over, since it may be in another of its transactions.
func (f *flight) giveUp(q *query, why *Problem) {
	if _, open := f.open[q]; open {
		delete(f.open, q)
		f.lost, f.why = append(f.lost, q), why
	}
}

// brokenOff settles what a transaction was told before the session ended over it. A probe that the destination
// broke off over has been asked, and is not asked again.
func (f *flight) brokenOff(told settlement, lost *Problem) {
	if lost.Kind == Garbage {
		return // who knows what the replies before it were to
	}
	f.settle(told)
	if n := len(told.replies); n < len(told.items) && told.items[n].probe && told.refused == nil {
		told.items[n].q.probe = ProbeAnswer{Asked: true, Host: f.s.host}
		f.s.pool.h.pools.metrics.probed(Unknown)
	}
}

// askAgain has a question asked once more that has lost nothing.
func (f *flight) askAgain(q *query) {
	if _, open := f.open[q]; open {
		delete(f.open, q)
		f.again = append(f.again, q)
	}
}

// answer ends a question. The last one of a flight hears of it when the session is free again, so that its next
// question finds this session and does not open another.
func (f *flight) answer(q *query, a Answer) {
	if _, open := f.open[q]; !open {
		return
	}
	delete(f.open, q)
	if len(f.open) == 0 {
		f.s.held = append(f.s.held, func() { q.finish(a) })
		return
	}
	q.finish(a)
}

// fail ends a question in a problem that leaves the session as it is.
func (f *flight) fail(q *query, p *Problem) {
	if p.Kind == Refused || p.Kind == AboutUs {
		f.s.pool.h.trouble(p)
	}
	mine := *p
	mine.Host = q.host
	f.answer(q, failed(&mine))
}

// breakOff deals with the questions that a session left open when it ended. One that the session never came to
// has lost nothing and goes back to the head of the queue; so does the one it ended over, where the session had
// answered others before: such a session has reached a limit or was closed while it was idle.
func (f *flight) breakOff(why *Problem) {
	f.learnLimit(why)
	if f.s.answered == 0 {
		f.s.pool.cameToNothing(f.s.began, why)
	}
	f.s.leave()
	over := f.at
	if f.last == lastNone && f.s.awaitsReset { // of a transaction of an earlier flight
		over = nil
	}
	if _, open := f.open[over]; !open || why.Kind == Closed && f.s.answered > 0 {
		over = nil
	}
	var left []*query
	for _, q := range f.plan.qs {
		if _, open := f.open[q]; open && q != over {
			left = append(left, q)
		}
	}
	if over != nil {
		f.s.pool.h.trouble(why)
		told := why
		if why.Kind == Garbage { // a line may have come late, over another
			told = why.ofAnother()
		}
		over.fail(told)
	}
	f.s.pool.putBack(left, why)
}

// utf8Problem says why a local-part above ASCII was not asked: the host announced what it takes and left
// SMTPUTF8 out, or it took HELO only and nothing is known of it.
func (s *session) utf8Problem() *Problem {
	kind, why := NoSMTPUTF8, errNoUTF8
	if !s.ehlo {
		kind, why = Refused, errHELOOnly
	}
	return &Problem{Kind: kind, Stage: StageEHLO, Host: s.host, Err: why}
}

// lacksUTF8 reports whether the host can't be asked this question at all.
func (s *session) lacksUTF8(q *query) bool { return !s.smtputf8 && !q.Recipient.ASCII() }

var (
	errNoUTF8   = errors.New("it takes ASCII addresses only (no SMTPUTF8 in its EHLO reply)")
	errHELOOnly = errors.New("it takes HELO only, so a local-part above ASCII can't be asked")
)
