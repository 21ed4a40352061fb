package lab

import (
	"math/rand/v2"
	"time"
)

// Habits are how a Model behaves. Every limit and every chance may be left zero: it has none then.
type Habits struct {
	Domains    map[string]Domain // whose recipients there are
	Pipelining bool              // announces it (RFC 2920)
	SMTPUTF8   bool              // announces it (RFC 6531)
	Postfix    bool              // the greeting says so
	HELO       bool              // refuses EHLO and takes HELO

	Sessions       int    // at a time; further ones are greeted with 421
	PerTransaction int    // recipients taken in one transaction
	Beyond         string // the reply to further ones; "" for BeyondReplies[0]
	Rejections     Cut    // counts every reply to RCPT that is not 2xx
	Resets         Cut    // counts RSET
	IdleFor        time.Duration

	Delay          time.Duration // a reply takes up to so long
	RejectionDelay time.Duration // that of an unknown recipient takes so much longer

	// Chances: one in so many,
	Refuses     int // connections: are refused
	Unreachable int // connections: are not answered
	Sulks       int // connections: are greeted with 421, 450 or 554
	RefusesMail int // MAILs: are answered 4xx
	Temporary   int // RCPTs: are answered 4xx
	Closes      int // commands: end the session, half of the time with 421
	Garbage     int // commands: are answered with what is no reply
	Hangs       int // commands: are not answered any more, nor is anything else
}

// Cut is a limit that ends a session.
type Cut struct {
	N      int    // the one at which the session ends
	Reply  string // what the destination says, "" for nothing
	Behind bool   // it comes unasked behind the command's own reply, else in its place
}

// BeyondReplies are what servers say to recipients beyond the first or the hundredth of a transaction: the code of
// RFC 5321 section 4.5.3.1.10, one with an enhanced code, and that of a common Exim ACL.
var BeyondReplies = []string{
	"452 4.5.3 Too many recipients",
	"550 5.5.3 Multi-recipient bounce",
	"550 only one recipient accepted for NULL sender",
}

var endReplies = []string{"421 4.7.0 Too many errors", ""}

var resetReplies = []string{"421 4.7.0 Too many errors", "554 Too many nonmail commands"}

// Sound reports whether nothing is left to chance: only limits and delays then keep a question from its answer.
func (h Habits) Sound() bool {
	return h.Refuses+h.Unreachable+h.Sulks+h.RefusesMail+h.Temporary+h.Closes+h.Garbage+h.Hangs == 0
}

// RandomHabits draws habits for some domains. Every fourth is Sound.
func RandomHabits(seed uint64, domains map[string]Domain) Habits {
	rng := rand.New(rand.NewPCG(seed, 1))
	one := func(of ...int) int { return of[rng.IntN(len(of))] }
	half := func() bool { return rng.IntN(2) == 0 }
	h := Habits{
		Domains: domains, Pipelining: half(), SMTPUTF8: half(), Postfix: half(), HELO: one(0, 0, 0, 1) == 1,
		Sessions:       one(0, 0, 1, 2, 4),
		PerTransaction: one(0, 0, 1, 2, 10, 100),
		Beyond:         BeyondReplies[rng.IntN(len(BeyondReplies))],
		Rejections:     Cut{one(0, 0, 1, 2, 3, 5, 20), endReplies[rng.IntN(2)], half()},
		Resets:         Cut{one(0, 0, 1, 5, 10, 100), resetReplies[rng.IntN(2)], false},
		IdleFor:        time.Duration(one(0, 0, 3)) * time.Second,
		Delay:          time.Duration(one(0, 1, 100, 300, 2000)) * time.Millisecond,
		RejectionDelay: time.Duration(one(0, 0, 0, 1, 5)) * time.Second,
	}
	if rng.IntN(4) == 0 {
		return h
	}
	chance := func() int { return one(0, 0, 0, 4, 10, 50) }
	h.Refuses, h.Unreachable, h.Sulks, h.RefusesMail = chance(), chance(), chance(), chance()
	h.Temporary, h.Closes, h.Garbage, h.Hangs = chance(), chance(), chance(), one(0, 0, 0, 50, 200)
	return h
}
