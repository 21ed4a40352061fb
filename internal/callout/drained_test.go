package callout

import (
	"testing"

	"callout/internal/smtpwire"
)

// Questions that nobody will take, since a host is left alone, are told without the words of who met the problem.
func TestDrainedAreNotToldWhatAnotherWas(t *testing.T) {
	p := &pool{h: new(host)}
	q, _ := waiting(t)
	p.queue.PushBack(q)
	met := &Problem{Kind: Closed, Stage: StageRcpt, Reply: smtpwire.Reply{Code: 421, Lines: []string{"RCPT TO:<topsecret@victim2.example>"}}}
	p.h.back.lengthen(met.Since, met)
	lost := p.drain()
	if len(lost) != 1 || lost[0].why.Reply.Code != 421 || len(lost[0].why.Reply.Lines) > 0 || !lost[0].why.NotAsked || !lost[0].why.brokeOff() {
		t.Fatalf("drained %+v", lost)
	}
	if got := lost[0].why.Error(); got != "callout to :0: not asked, since another question met rcpt: closed, 421" {
		t.Errorf("in words: %s", got)
	}
	if len(met.Reply.Lines) != 1 {
		t.Error("the host's own problem has lost its words")
	}
}

// Of the addresses of a host the one counts that came furthest.
func TestOneProblemOfEachHostThatWasTried(t *testing.T) {
	s := new(search)
	for _, p := range []Problem{
		{Host: Host{Name: "a"}, Stage: StageConnect}, {Host: Host{Name: "a"}, Stage: StageGreeting}, {Host: Host{Name: "a"}, Stage: StageConnect},
		{Host: Host{Name: "b"}, Stage: StageConnect},
	} {
		s.noteTried(&p)
	}
	if len(s.tried) != 2 || s.tried[0].Stage != StageGreeting || s.tried[1].Host.Name != "b" {
		t.Errorf("%v", s.tried)
	}
}
