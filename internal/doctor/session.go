package doctor

import (
	"context"
	"fmt"
	"strings"
	"time"

	"callout/internal/address"
	"callout/internal/callout"
	"callout/internal/smtpwire"
)

const quitTimeout = 5 * time.Second

// open opens a session where none is open.
func (e *exam) open() *callout.Problem {
	if e.link != nil {
		return nil
	}
	link, problem := e.pools.OpenTraced(e.ctx, callout.Destination{{e.t.host}}, &e.settings, e.follow.line())
	if problem != nil {
		e.stuck = problem
		return problem
	}
	e.link, e.refused = link, 0
	e.unhook = context.AfterFunc(e.ctx, link.Cut)
	return nil
}

// quit ends the session politely.
func (e *exam) quit() {
	if e.link == nil {
		return
	}
	if e.say("QUIT") != nil {
		return
	}
	e.link.Conn.SetDeadline(time.Now().Add(quitTimeout))
	if reply, err := e.link.Reader.ReadReply(); err == nil { // whatever it says
		e.link.Heard(reply)
	}
	e.part()
}

func (e *exam) part() {
	e.unhook()
	e.link.Cut()
	e.link.Note("connection closed")
	e.link = nil
}

// lose gives a session up that broke off.
func (e *exam) lose(p *callout.Problem) *callout.Problem {
	if e.ctx.Err() == nil && p.Kind == callout.Closed && e.refused > 0 && (e.limit == 0 || e.refused < e.limit) {
		e.limit = e.refused
	}
	if p.Reply.IsZero() {
		e.link.Note(words(p))
	}
	e.part()
	return p
}

// say sends command lines in one write.
func (e *exam) say(lines ...string) *callout.Problem {
	e.link.Conn.SetDeadline(time.Now().Add(e.settings.ReplyTimeout))
	for _, line := range lines {
		e.link.Said(line)
	}
	if _, err := e.link.Conn.Write([]byte(strings.Join(lines, "\r\n") + "\r\n")); err != nil {
		return e.lose(e.link.Lost(callout.StageRcpt, err))
	}
	return nil
}

// hear reads one reply. A 421 ends the session (RFC 5321 section 3.8).
func (e *exam) hear(stage callout.Stage) (smtpwire.Reply, *callout.Problem) {
	e.link.Conn.SetDeadline(time.Now().Add(e.settings.ReplyTimeout))
	reply, err := e.link.Reader.ReadReply()
	if err != nil {
		return reply, e.lose(e.link.Lost(stage, err))
	}
	e.link.Heard(reply)
	if reply.Code == 421 {
		return reply, e.lose(e.link.Unexpected(stage, reply))
	}
	return reply, nil
}

func (e *exam) command(stage callout.Stage, line string) (smtpwire.Reply, *callout.Problem) {
	if problem := e.say(line); problem != nil {
		return smtpwire.Reply{}, problem
	}
	return e.hear(stage)
}

// mail is the MAIL command of a transaction for some recipients (RFC 6531 section 3.4 for those above ASCII).
func (e *exam) mail(rcpts []address.Recipient) string {
	line := "MAIL FROM:<" + e.mailFrom + ">"
	for _, r := range rcpts {
		if !r.ASCII() {
			return line + " SMTPUTF8"
		}
	}
	return line
}

// room reports whether so many more recipients may be asked in this examination, all of them refused. A session that
// has had its refusals is ended; the next one has its own.
func (e *exam) room(n int) bool {
	if e.rcpts+n > MaxRecipients || e.ctx.Err() != nil {
		return false
	}
	if e.link != nil && e.refused+n > MaxRefusals {
		e.quit()
	}
	return e.open() == nil
}

// ask asks recipients in one transaction, one command at a time. What is missing from the answers was not asked.
func (e *exam) ask(rcpts ...address.Recipient) (answers []answer, problem *callout.Problem) {
	if !e.room(len(rcpts)) {
		return nil, e.stuck
	}
	reply, problem := e.command(callout.StageMail, e.mail(rcpts))
	if problem == nil && reply.Class() != 2 {
		problem = e.link.Unexpected(callout.StageMail, reply)
	}
	if problem != nil {
		return e.inTime(nil, problem)
	}
	for _, r := range rcpts {
		began := time.Now()
		e.rcpts++
		reply, problem := e.command(callout.StageRcpt, fmt.Sprintf("RCPT TO:<%s>", r))
		answers = append(answers, e.judge(r, reply, time.Since(began), problem))
		if problem != nil {
			return e.inTime(answers, problem)
		}
	}
	e.command(callout.StageRcpt, "RSET")
	return answers, nil
}

// inTime leaves out what only shows that the time is over: that is ours, not the destination's.
func (e *exam) inTime(answers []answer, problem *callout.Problem) ([]answer, *callout.Problem) {
	if e.ctx.Err() != nil {
		return nil, nil
	}
	return answers, problem
}

// askAhead asks one recipient with all commands in one write, as RFC 2920 allows.
func (e *exam) askAhead(r address.Recipient) (a answer, problem *callout.Problem) {
	if !e.room(1) {
		return a, e.stuck
	}
	defer func() {
		if e.ctx.Err() != nil {
			a, problem = answer{}, nil
		}
	}()
	e.rcpts++
	began := time.Now()
	if problem := e.say(e.mail([]address.Recipient{r}), fmt.Sprintf("RCPT TO:<%s>", r), "RSET"); problem != nil {
		return a, problem
	}
	mail, problem := e.hear(callout.StageMail)
	if problem != nil {
		return a, problem
	}
	reply, problem := e.hear(callout.StageRcpt)
	a = e.judge(r, reply, time.Since(began), problem)
	if problem == nil && mail.Class() != 2 {
		a.problem = e.link.Unexpected(callout.StageMail, mail)
	}
	if problem == nil {
		_, problem = e.hear(callout.StageRcpt)
	}
	return a, problem
}

// judge makes an answer of a reply. A 421 counts as a refusal too: it may be the one that shuts us out.
func (e *exam) judge(r address.Recipient, reply smtpwire.Reply, took time.Duration, problem *callout.Problem) answer {
	a := answer{rcpt: r, reply: reply, took: took, problem: problem}
	if problem != nil {
		a.kind = problem.Kind
		return a
	}
	a.outcome, a.kind = callout.Judge(reply)
	if reply.Class() != 2 {
		e.refused++
	}
	return a
}

// draw returns an address that nobody has.
func (e *exam) draw() address.Recipient {
	return callout.RandomRecipient(e.c.ProbePrefix, e.c.Domain)
}
