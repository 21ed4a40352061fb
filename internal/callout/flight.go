package callout

import (
	"slices"
	"time"

	"callout/internal/smtpwire"
)

// flight is what a session sends before it reads the replies. Where PIPELINING was not announced the same
// transactions go out one command at a time.
type flight struct {
	s     *session
	plan  *plan
	open  map[*query]struct{} // questions that still need something
	ahead bool                // all commands are written already (RFC 2920 section 3.1)

	began   time.Time // the first reply
	last    lastReply
	at      *query    // whose command it was that was said or answered last
	rcpts   int       // replies to RCPT so far
	refused int       // those that were not 2xx
	learned bool      // what the host closed at
	latest  time.Time // when nobody waits for an answer any more
	later   []settlement
	again   []*query // to be asked once more: what they were told does not count
	lost    []*query // to be put back, having lost their session to why
	why     *Problem
}

// fly asks what was planned in one flight. Afterwards each question has its answer or is back in the queue.
func (s *session) fly(p *plan) {
	f := &flight{s: s, plan: p, open: make(map[*query]struct{}, len(p.qs))}
	f.ahead = s.pipelining && !slices.ContainsFunc(p.qs, func(q *query) bool { return !q.Settings.Pipelining })
	s.timeout = p.qs[0].Settings.ReplyTimeout
	for _, q := range p.qs {
		f.open[q] = struct{}{}
		s.tellOpen(q)
		if until, ok := q.ctx.Deadline(); ok && until.After(f.latest) {
			f.latest = until
		}
		if s.lacksUTF8(q) {
			f.fail(q, s.utf8Problem())
		}
	}
	f.latest = f.latest.Add(s.timeout) // who is slow is not cut short over the last reply
	transactions := p.all()
	sent := time.Now()
	f.at = p.qs[0]
	problem := f.writeAhead(transactions)
	for i, t := range transactions {
		if problem != nil {
			break
		}
		if f.spent() {
			f.askLater(t.items)
			continue
		}
		problem = f.transact(t, i == len(transactions)-1)
	}
	f.adapt(sent)
	if problem == nil && s.r.Buffered() > 0 {
		problem = s.lost(StageRcpt, errTooMuch)
	}
	f.settleLater(problem)
	if problem != nil {
		f.breakOff(problem)
	}
	if s.open != nil && (f.refused > 0 || s.pool.refusedOften()) {
		s.open.depth = s.open.before // so that RSET shows whether the next reply is in its place
	}
	s.pool.putBack(f.lost, f.why)
	s.pool.requeue(f.again)
}

// tellOpen begins the dialogue of a question in a session that was opened for another.
func (s *session) tellOpen(q *query) {
	if q != s.opener && q.told != s && q.Trace != nil {
		q.told = s
		q.note("on an open session to " + s.pool.h.where(q.host))
	}
}

// goesOn reports whether the flight begins with recipients of an open transaction.
func (f *flight) goesOn() bool { return f.plan.open != nil && len(f.plan.open.items) > 0 }

// writeAhead writes the whole flight where the session pipelines.
func (f *flight) writeAhead(transactions []*transaction) *Problem {
	if !f.ahead || len(transactions) == 0 {
		return nil
	}
	for i, t := range transactions {
		if t.before == 0 {
			f.s.say(f.of(t), "MAIL", f.s.mailArgument(t.key))
		}
		for _, it := range t.items {
			f.s.say(it.q, "RCPT TO:<", it.rcpt.String()+">")
		}
		if !f.s.oneAddress && !f.plan.staysOpen(t, i == len(transactions)-1) {
			f.s.say(f.of(t), "RSET", "")
		}
	}
	return f.s.flush(StageMail)
}

// of returns the question that the commands of a transaction are told to which are nobody's own.
func (f *flight) of(t *transaction) *query {
	if len(t.items) == 0 {
		return f.plan.qs[0]
	}
	return t.items[0].q
}

// adapt sets how much the next flights may carry: twice as much after each flight in which nothing was refused,
// and no more than can be answered in good time.
func (f *flight) adapt(sent time.Time) {
	s := f.s
	if f.refused > 0 {
		s.doublings = 0
	} else if f.rcpts > 0 {
		s.doublings = min(s.doublings+1, maxDoublings)
	}
	if f.rcpts == 0 {
		return
	}
	from := f.began // the way there and back costs each flight once
	if !f.ahead || f.goesOn() {
		from = sent
	}
	s.pool.paced(f.rcpts, f.refused, time.Since(sent), time.Since(from))
}

// transact sees one transaction through: MAIL, RCPT for each recipient, RSET; last says that nothing follows it in
// this flight. A Problem means that the session ended over it.
func (f *flight) transact(t *transaction, last bool) *Problem {
	if !f.ahead {
		t.items = slices.DeleteFunc(t.items, func(it item) bool { return f.sufficed(it) })
	}
	if len(t.items) == 0 && t.before == 0 {
		return nil
	}
	var refused *Problem
	if t.before == 0 {
		mail, problem := f.step(f.of(t), lastMail, "MAIL", f.s.mailArgument(t.key))
		if problem != nil {
			return problem
		}
		if mail.Class() != 2 {
			refused = f.s.unexpected(StageMail, mail)
			f.s.retire = true
			if !f.ahead {
				f.mailRefused(t.items, refused)
				return nil
			}
		}
	}
	told := settlement{transaction: t, refused: refused}
	for i, it := range t.items {
		if i > 0 && f.spent() {
			f.askLater(t.items[i:])
			t.items = t.items[:i]
			break
		}
		reply, lost := f.step(it.q, lastRcpt, "RCPT TO:<", it.rcpt.String()+">")
		if lost != nil {
			f.brokenOff(told, lost)
			return lost
		}
		f.count(reply, refused == nil)
		told.replies = append(told.replies, reply)
	}
	switch {
	case f.s.oneAddress: // nothing follows a RCPT, and the session ends
		f.s.retire = true
		f.settle(told)
		return nil
	case f.plan.staysOpen(t, last):
		f.s.open = &transaction{key: t.key, depth: t.depth, before: t.size()}
		f.later = append(f.later, told)
		return nil
	}
	return f.reset(told)
}

// reset ends a transaction by RSET, whose reply shows that those before it were not another command's.
func (f *flight) reset(told settlement) *Problem {
	f.s.open = nil
	f.s.resets++
	f.s.awaitsReset = true
	rset, problem := f.step(f.of(told.transaction), lastReset, "RSET", "")
	if problem == nil && outOfStep(rset) {
		if rset.Class() >= 4 && f.s.closes() {
			f.s.pool.h.learn(Resets, f.s.resets, rset.String())
			f.learned = true
			why := &Problem{Kind: Closed, Stage: StageRcpt, Host: f.s.host, Reply: rset}
			for _, it := range told.items {
				f.giveUp(it.q, why)
			}
			return f.s.lost(StageRcpt, errClosed)
		}
		problem = f.s.lost(StageRcpt, &smtpwire.ReplyError{Reason: "the reply to RSET is out of step", Line: rset.String()})
	}
	switch {
	case problem == nil:
		f.s.awaitsReset = false
		if f.ahead && told.size() > 1 {
			f.later = append(f.later, told)
			break
		}
		f.settle(told)
	case problem.Kind == Garbage:
		f.noneCounts(told.items, problem)
	default:
		f.brokenOff(told, problem)
	}
	return problem
}

// outOfStep reports whether a reply can't be one to RSET, which always succeeds (RFC 5321 section 4.1.1.5) or is
// a command that the server does not know: then the reply before it may have been to another command as well.
func outOfStep(rset smtpwire.Reply) bool {
	return rset.Class() != 2 && (rset.Code < 500 || rset.Code > 504)
}

// count notes a reply to RCPT.
func (f *flight) count(reply smtpwire.Reply, taken bool) {
	s := f.s
	f.rcpts++
	if taken {
		if s.answered++; s.answered == 1 {
			s.pool.answered()
		}
	}
	s.rejectedLast = reply.Class() != 2
	if s.rejectedLast {
		s.rejections++
		f.refused++
	}
}

// spent reports whether the session has had as much refused as it may. What is written already can't be helped.
func (f *flight) spent() bool { return !f.ahead && f.s.rejections >= f.s.rejectMax }

// askLater leaves recipients to another session.
func (f *flight) askLater(items []item) {
	for _, it := range items {
		f.askAgain(it.q)
	}
}

// step returns the reply to one command, which it says first where it was not written ahead.
func (f *flight) step(q *query, last lastReply, verb, argument string) (reply smtpwire.Reply, problem *Problem) {
	f.at = q
	stage := StageRcpt
	if last == lastMail {
		stage = StageMail
	}
	if f.ahead {
		reply, problem = f.s.read(q, stage, f.latest)
	} else {
		reply, problem = f.s.command(q, stage, f.latest, verb, argument)
	}
	if f.last == lastNone {
		f.began = time.Now()
	}
	if problem == nil {
		f.last = last
	}
	return reply, problem
}
