package servers

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// These tests state what real servers answer, by hand-spoken sessions. Callout's rules for batches, limits and
// verdicts rest on it: where a new version of a server fails one, look at the rule that its name tells.

// recipient returns the RCPT command of a local-part at the server.
func (s *Server) recipient(local string) string {
	return "RCPT TO:<" + local + "@" + s.Domain + ">"
}

// valid returns n RCPT commands of recipients that exist, invalid of such that don't.
func (s *Server) valid(n int) []string   { return s.recipients(n, s.Valid) }
func (s *Server) invalid(n int) []string { return s.recipients(n, s.Invalid) }

func (s *Server) recipients(n int, local func(i int) string) []string {
	commands := make([]string, n)
	for i := range commands {
		commands[i] = s.recipient(local(i % (Recipients / 2)))
	}
	return commands
}

// null opens a transaction with the null reverse-path, as callouts do.
const null = "MAIL FROM:<>"

// other is one server and what it says.
type other struct {
	start     func(t testing.TB) *Server
	name      string // of the server, so that a test's name tells it
	mail      string // to MAIL FROM:<>
	valid     string // to a recipient that exists; %s is its address
	invalid   string // to one that does not
	reset     string // to RSET
	pipelines bool   // announces PIPELINING
	extension string // another that it announces
}

var others = []other{
	{StartExim, "Exim", "250 OK", "250 Accepted", "550 Unrouteable address", "250 Reset OK", true, "SMTPUTF8"},
	{StartSendmail, "Sendmail", "250 2.1.0 <>... Sender ok", "250 2.1.5 <%s>... Recipient ok",
		"550 5.1.1 <%s>... User unknown", "250 2.0.0 Reset state", true, "ENHANCEDSTATUSCODES"},
	{StartSendmailDebian, "SendmailDebian", "250 2.1.0 <>... Sender ok", "250 2.1.5 <%s>... Recipient ok",
		"550 5.1.1 <%s>... User unknown", "250 2.0.0 Reset state", true, "ENHANCEDSTATUSCODES"},
	{StartOpenSMTPD, "OpenSMTPD", "250 2.0.0 Ok", "250 2.1.5 Destination address valid: Recipient ok",
		"550 Invalid recipient: <%s>", "250 2.0.0 Reset state", false, "ENHANCEDSTATUSCODES"},
	{StartOpenSMTPDVirtual, "OpenSMTPDVirtual", "250 2.0.0 Ok", "250 2.1.5 Destination address valid: Recipient ok",
		"524 5.2.4 Mailing list expansion problem: <%s>", "250 2.0.0 Reset state", false, "ENHANCEDSTATUSCODES"},
	{StartDovecot, "Dovecot", "250 2.1.0 OK", "250 2.1.5 OK", "550 5.1.1 <%s> User doesn't exist: %[1]s",
		"250 2.0.0 OK", true, "ENHANCEDSTATUSCODES"},
}

// says returns a reply of the table for an address.
func says(reply, address string) string {
	if !strings.Contains(reply, "%") {
		return reply
	}
	return fmt.Sprintf(reply, address)
}

func TestRepliesToTheNullSenderAndItsRecipient(t *testing.T) {
	t.Parallel()
	for _, o := range others {
		t.Run(o.name, func(t *testing.T) {
			t.Parallel()
			s := o.start(t)
			d, extensions := hello(t, s)
			if got := extends(extensions, "PIPELINING"); got != o.pipelines {
				t.Errorf("announces PIPELINING: %v, want %v", got, o.pipelines)
			}
			if !extends(extensions, o.extension) {
				t.Errorf("announces %q, want %s among them", extensions, o.extension)
			}
			known, unknown := s.Valid(7)+"@"+s.Domain, s.Invalid(7)+"@"+s.Domain
			for range 2 { // the second round is as the first: nothing of it is left after RSET
				d.expect(null, o.mail)
				d.expect("RCPT TO:<"+known+">", says(o.valid, known))
				d.expect("RSET", o.reset)
				d.expect(null, o.mail)
				d.expect("RCPT TO:<"+unknown+">", says(o.invalid, unknown))
				if got := d.say(null); !strings.HasPrefix(got, "503 ") {
					t.Errorf("MAIL after a transaction whose only recipient was refused: %q, want 503", got)
				}
				d.expect("RSET", o.reset)
			}
			if got := d.say("QUIT"); !strings.HasPrefix(got, "221 ") {
				t.Errorf("QUIT: %q, want 221", got)
			}
		})
	}
}

// extends reports whether the reply to EHLO has an extension.
func extends(reply, extension string) bool {
	return slices.ContainsFunc(strings.Split(reply, "\n"), func(line string) bool {
		return len(line) >= 4 && strings.EqualFold(line[4:], extension)
	})
}

func TestSeveralRecipientsInOneTransaction(t *testing.T) {
	t.Parallel()
	for _, o := range others {
		if o.name == "Exim" {
			continue // see TestEximRefusesTheSecondRecipientOfABounce
		}
		t.Run(o.name, func(t *testing.T) {
			t.Parallel()
			s := o.start(t)
			d, _ := hello(t, s)
			for _, n := range []int{2, 10, 100} {
				d.expect(null, o.mail)
				replies := d.sayAll(o.pipelines, s.valid(n))
				for i, reply := range replies {
					if want := says(o.valid, s.Valid(i)+"@"+s.Domain); reply != want {
						t.Fatalf("recipient %d of %d: %q, want %q", i+1, n, reply, want)
					}
				}
				d.expect("RSET", o.reset)
			}
			// An unknown one between them changes nothing.
			d.expect(null, o.mail)
			for i := range 3 {
				d.expect(s.recipient(s.Invalid(i)), says(o.invalid, s.Invalid(i)+"@"+s.Domain))
				d.expect(s.recipient(s.Valid(i)), says(o.valid, s.Valid(i)+"@"+s.Domain))
			}
		})
	}
}

func TestManyTransactionsUnknownRecipientsAndResetsInOneSession(t *testing.T) {
	t.Parallel()
	for _, o := range others {
		if o.name == "Exim" {
			continue // see TestEximClosesAtTheTwelfthReset
		}
		t.Run(o.name, func(t *testing.T) {
			t.Parallel()
			s := o.start(t)
			d, _ := hello(t, s)
			for i, rcpt := range append(s.valid(120), s.invalid(120)...) {
				want := o.valid
				if i >= 120 {
					want = o.invalid
				}
				replies := d.sayAll(o.pipelines, []string{null, rcpt, "RSET"})
				if !slices.Equal(replies, []string{o.mail, says(want, inAngles(rcpt)), o.reset}) {
					t.Fatalf("transaction %d with %s: %q", i+1, rcpt, replies)
				}
			}
			for i := range 120 {
				if got := d.say("RSET"); got != o.reset {
					t.Fatalf("RSET %d: %q, want %q", i+1, got, o.reset)
				}
			}
		})
	}
}

// inAngles returns the address of a RCPT command.
func inAngles(rcpt string) string { return strings.Trim(strings.TrimPrefix(rcpt, "RCPT TO:"), "<>") }

func TestOpenSMTPDClosesWhenCommandsAreSentAhead(t *testing.T) {
	t.Parallel()
	s := StartOpenSMTPD(t)
	d, _ := hello(t, s)
	got := d.pipeline(null, s.valid(1)[0], "RSET")
	if want := "500 5.5.1 Invalid command: Pipelining not supported"; got[0] != want || got[1] != closed {
		t.Errorf("pipelined: %q, want %q and %s", got, want, closed)
	}
}

func TestDovecotGreetsAHundredSessionsAtATimeAndLeavesTheNextWaiting(t *testing.T) {
	t.Parallel()
	s := StartDovecot(t)
	sessions := make([]*dialogue, 100)
	for i := range sessions {
		sessions[i] = dial(t, s)
		if greeting := sessions[i].reply(); !strings.HasPrefix(greeting, "220 ") {
			t.Fatalf("session %d: %q", i+1, greeting)
		}
	}
	next := dial(t, s)
	if reply, ok := next.replyWithin(time.Second); ok {
		t.Errorf("session 101 is greeted with %q, want no word", reply)
	}
	sessions[0].say("QUIT")
	sessions[0].conn.Close()
	if reply, ok := next.replyWithin(30 * time.Second); !ok || !strings.HasPrefix(reply, "220 ") {
		t.Errorf("session 101, when another has ended: %q, want 220", reply)
	}
}
