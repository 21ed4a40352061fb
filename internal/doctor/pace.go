package doctor

import (
	"fmt"
	"time"

	"callout/internal/callout"
)

const (
	slowAnswer = time.Second      // is worth a word
	tarpit     = 4 * time.Second  // Exchange's is 5 s
	tooSlow    = 10 * time.Second // probe and recipient together come close to what a front end waits
)

// checkPace says how long answers take.
func (e *exam) checkPace() {
	known := ""
	slowest := e.random.took
	if e.good.asked() && e.good.problem == nil {
		known = ", " + e.good.rcpt.String() + " after " + seconds(e.good.took)
		slowest = max(slowest, e.good.took)
	}
	if e.random.problem != nil {
		return
	}
	seen := "A random address is answered after " + seconds(e.random.took) + known + "."
	refused := e.random.outcome == callout.Rejected
	switch {
	case slowest < slowAnswer:
		e.h.good(Pace, seen)
	case slowest >= tooSlow:
		e.h.mend(Pace, seen, "Questions may take longer than answer_within (25 s), and mail is deferred meanwhile.", e.faster())
	case refused && e.random.took >= tarpit:
		means := "The destination holds up clients that ask for unknown recipients (a tarpit). Callout keeps other questions from waiting behind them."
		if e.h.server == exchange {
			means = "Exchange's tarpit holds up each unknown recipient for 5 s. Callout keeps other questions from waiting behind them."
		}
		e.h.note(Pace, seen, means, e.faster())
	default:
		e.h.note(Pace, seen, "That is slow; senders wait that long for each new recipient.", e.faster())
	}
}

func (e *exam) faster() string {
	switch e.h.server {
	case exchange:
		return "Give Callout's address a receive connector of its own without the tarpit: Set-ReceiveConnector NAME -TarpitInterval 00:00:00."
	case postfix:
		return "Let Callout's address out of smtpd_error_sleep_time and of slow look-ups and policy servers."
	}
	return "Let the destination answer Callout's address without a pause, and see what it looks up before it answers."
}

func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
