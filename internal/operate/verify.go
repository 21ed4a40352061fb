package operate

import (
	"context"
	"time"

	"callout/internal/access"
	"callout/internal/callout"
	"callout/internal/decisions"
	"callout/internal/verify"
)

// FrontAPI is the front end's name of questions that people ask.
const FrontAPI = "api"

// Answer is what a front end would tell its client of a recipient now, and why.
type Answer struct {
	decisions.Entry
	Told string `json:"told,omitempty" doc:"What a client of a front end would be told, for reject and defer"`
	Why  string `json:"why" doc:"A sentence for people"`
}

// Verify decides on a recipient as a front end would. With fresh its destination is asked whatever is known, and what it
// says is kept; trace is called with the dialogue as it happens, unless the same is being asked already. It may be nil. It ends
// within 15 s of the right of who asks, with ErrEnded or what refuses them then; what is asked already goes on.
func (k *Desk) Verify(ctx context.Context, who *access.Actor, recipient string, fresh bool, trace func(callout.Line)) (Answer, error) {
	rcpt, _, err := k.recipient(ctx, who, testRecipient, recipient)
	if err != nil {
		return Answer{}, err
	}
	q := verify.Question{Recipient: rcpt, Front: FrontAPI, Client: who.From}
	begun := time.Now()
	within, over := k.while(ctx, who, func(ctx context.Context, now *access.Actor) error {
		_, _, err := k.recipient(ctx, now, testRecipient, recipient)
		return err
	})
	var d verify.Decision
	if trace == nil {
		d, err = k.decide(within, who, q, fresh)
	} else {
		d, err = k.followed(within, who, q, fresh, trace)
	}
	if ended := over(); ended != nil {
		err = ended
	}
	if err != nil {
		return Answer{}, err
	}
	now := time.Now()
	e := decisions.Describe(&q, &d, now, now.Sub(begun))
	a := Answer{Entry: e, Why: Why(&e)}
	if d.Action == verify.Reject || d.Action == verify.Defer || d.Would != verify.NoOpinion {
		a.Told = string(d.AppendReply(nil))
	}
	return a, nil
}

func (k *Desk) decide(ctx context.Context, who *access.Actor, q verify.Question, fresh bool) (verify.Decision, error) {
	if fresh {
		if err := k.writes(ctx, who, testRecipient, q.Recipient.String()); err != nil {
			return verify.Decision{}, err
		}
		if d, ok := k.verifier.Recheck(ctx, q); ok {
			return d, nil
		}
	}
	if !who.ReadOnly {
		return k.verifier.Decide(ctx, q), nil
	}
	d, ok, err := k.verifier.Recall(ctx, q)
	if err == nil && !ok {
		err = k.forbid(ctx, who, testRecipient, q.Recipient.String(), "nothing is known of it, and a token for reading sends no callout; use one for writing")
	}
	return d, err
}

// maxLines is how many lines of a dialogue wait for who follows it. More are left out.
const maxLines = 1000

// followed decides, and calls trace with the dialogue, in this goroutine and until the decision is there. The session never
// waits for who follows it, since others are asked in it too.
func (k *Desk) followed(ctx context.Context, who *access.Actor, q verify.Question, fresh bool, trace func(callout.Line)) (d verify.Decision, err error) {
	lines, done := make(chan callout.Line, maxLines), make(chan struct{})
	q.Trace = func(l callout.Line) {
		select {
		case lines <- l:
		default:
		}
	}
	go func() {
		defer close(done)
		d, err = k.decide(ctx, who, q, fresh)
	}()
	for {
		select {
		case l := <-lines:
			trace(l)
			continue
		case <-done:
		}
		for len(lines) > 0 {
			trace(<-lines)
		}
		return d, err
	}
}
