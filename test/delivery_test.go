package test

import (
	"strings"
	"testing"
	"time"
)

// plainTTLs turns rechecks off, so that what is cached stays until it is cleared.
const plainTTLs = "[cache]\nrecheck_invalid_after = \"0\"\n"

func TestMailForAnExistingRecipientArrives(t *testing.T) {
	t.Parallel()
	d := startDestination(t, []string{"dest.test"}, "john@dest.test")
	s := startServer(t, domain("dest.test", d.Callouts))
	f := startFront(t, d, "inet:"+s.policy, "dest.test")

	sendAccepted(t, f, d, "john@dest.test", "over TCP")
}

func TestMailForAnUnknownRecipientIsRefusedUntilTheMailboxExistsAndTheCacheIsCleared(t *testing.T) {
	t.Parallel()
	for _, listener := range []string{"tcp", "unix"} {
		t.Run(listener, func(t *testing.T) {
			t.Parallel()
			d := startDestination(t, []string{"dest.test"}, "john@dest.test")
			s := startServer(t, plainTTLs+domain("dest.test", d.Callouts))
			service := "inet:" + s.policy
			if listener == "unix" {
				service = "unix:" + s.socket
			}
			f := startFront(t, d, service, "dest.test")

			sendRefused(t, f, "jane@dest.test")
			d.Add(t, "jane@dest.test")
			sendRefused(t, f, "jane@dest.test") // from the cache
			if n := d.TimesAsked(t)["jane@dest.test"]; n != 1 {
				t.Errorf("jane@dest.test was asked %d times before the cache was cleared, want once", n)
			}
			s.succeed(t, "cache", "clear", "--recipient", "jane@dest.test")
			sendAccepted(t, f, d, "jane@dest.test", "after the clear")
			sendAccepted(t, f, d, "john@dest.test", "the other one")
			if all := d.AllMail(t); len(all) != 2 {
				t.Errorf("%d messages at the destination, want the two that were accepted:\n%s", len(all), strings.Join(all, "\n---\n"))
			}
		})
	}
}

func TestCalloutsAreNullSenderSessionsThatEndWithQuitAndNeverReachData(t *testing.T) {
	t.Parallel()
	d := startDestination(t, []string{"dest.test"}, "john@dest.test", "jane@dest.test")
	s := startServer(t, domain("dest.test", d.Callouts))
	f := startFront(t, d, "inet:"+s.policy, "dest.test")

	sendAccepted(t, f, d, "john@dest.test", "one")
	sendRefused(t, f, "nobody@dest.test")
	sendAccepted(t, f, d, "jane@dest.test", "two")
	s.terminate(t) // also ends the sessions that are kept for the next question

	eventually(t, 10*time.Second, "the destination has logged the end of every callout session", func() bool {
		for _, session := range d.Sessions(t, "callouts") {
			if session.Commands == nil {
				return false
			}
		}
		return true
	})
	d.CheckCallouts(t)
	times := d.TimesAsked(t)
	for _, recipient := range []string{"john@dest.test", "nobody@dest.test", "jane@dest.test"} {
		if times[recipient] != 1 {
			t.Errorf("%s was asked %d times, want once", recipient, times[recipient])
		}
	}
	if len(times) != 4 { // the fourth is the probe of the catch-all check
		t.Errorf("asked %v, want three recipients and one probe", times)
	}
	for _, session := range d.Sessions(t, "deliveries") {
		if session.Commands["data"] == 0 {
			t.Errorf("a delivery without DATA: are the ports mixed up?\n\t%s", strings.Join(session.Lines, "\n\t"))
		}
	}
}

// sendAccepted sends a message by swaks: RCPT must be answered 250, and the message must arrive in its mailbox.
func sendAccepted(t *testing.T, f *front, d *destination, recipient, subject string) {
	t.Helper()
	transcript, accepted := swaks(t, f.addr, recipient, subject)
	if !accepted || !strings.HasPrefix(replyTo("RCPT TO:<"+recipient+">", transcript), "250 2.1.5 ") {
		t.Fatalf("%s was not accepted:\n%s", recipient, transcript)
	}
	eventually(t, 20*time.Second, "the message has arrived at "+recipient, func() bool {
		for _, message := range d.Mail(t, recipient) {
			if strings.Contains(message, "\nSubject: "+subject+"\n") {
				return true
			}
		}
		return false
	})
}

// sendRefused sends a message by swaks: RCPT must be answered 550 5.1.1.
func sendRefused(t *testing.T, f *front, recipient string) {
	t.Helper()
	transcript, accepted := swaks(t, f.addr, recipient, "refused")
	if accepted || !strings.HasPrefix(replyTo("RCPT TO:<"+recipient+">", transcript), "550 5.1.1 ") {
		t.Fatalf("%s was not refused with 550 5.1.1 at RCPT:\n%s", recipient, transcript)
	}
}
