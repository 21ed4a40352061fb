package servers

import (
	"strings"
	"testing"
	"time"
)

// confBAD_RCPT_THROTTLE is 3, and counts within a transaction.
func TestSendmailOfDebianSlowsDownBehindTheThirdUnknownRecipientOfATransaction(t *testing.T) {
	t.Parallel()
	s := StartSendmailDebian(t)
	d, _ := hello(t, s)
	for range 2 {
		d.expect(null, "250 2.1.0 <>... Sender ok")
		for i, rcpt := range s.invalid(5) {
			start := time.Now()
			if got := d.say(rcpt); !strings.HasPrefix(got, "550 5.1.1 ") {
				t.Errorf("unknown recipient %d: %q, want 550 5.1.1", i+1, got)
			}
			// Real seconds of another program: the bound is far from both 0 and 1 s.
			if took := time.Since(start); (took > 900*time.Millisecond) != (i >= 3) {
				t.Errorf("unknown recipient %d took %v, want 1 s from the fourth on", i+1, took)
			}
		}
		d.expect("RSET", "250 2.0.0 Reset state")
	}
}

// ClientRate is 10, in a window of 10 minutes. StartSendmailDebian has used one connection.
func TestSendmailOfDebianTakesTenConnectionsOfAClient(t *testing.T) {
	t.Parallel()
	s := StartSendmailDebian(t)
	for i := range 9 {
		start := time.Now()
		d, _ := hello(t, s)
		if took := time.Since(start); took < 900*time.Millisecond {
			t.Errorf("session %d is greeted after %v, want 1 s", i+2, took)
		}
		d.say("QUIT")
	}
	for range 2 {
		d := dial(t, s)
		if got, want := d.reply(), "421 4.3.2 Connection rate limit exceeded."; got != want {
			t.Errorf("behind the tenth connection: %q, want %q", got, want)
		}
		if got := d.reply(); got != closed {
			t.Errorf("behind the 421: %q, want %s", got, closed)
		}
	}
}

// MaxNOOPCommands is 20: NOOP does not keep a session open for nothing.
func TestSendmailSlowsDownAtTheTwentiethNoop(t *testing.T) {
	t.Parallel()
	d, _ := hello(t, StartSendmail(t))
	for range 19 {
		d.expect("NOOP", "250 2.0.0 OK")
	}
	start := time.Now()
	d.expect("NOOP", "250 2.0.0 OK")
	if took := time.Since(start); took < 900*time.Millisecond {
		t.Errorf("the 20th NOOP took %v, want 1 s", took)
	}
}
