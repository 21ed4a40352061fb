package test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"callout/internal/lab"
	"callout/test/servers"
)

// fakeEnds are what mail servers have taken, or passed on, for the end of data. The first ten are those that SEC
// Consult's SMTP-Smuggling-Tools and hannob's smtpsmug try, the next two those that the former finds senders to let
// through; the rest are their neighbours.
var fakeEnds = []string{
	"\n.\n", "\n.\r", "\r.\n", "\r.\r", "\n.\r\n", "\r.\r\n", "\r\n.\n", "\r\n.\r", "\r\n\x00.\r\n", "\r\n.\x00\r\n",
	"\r\n.\r\r\n", "\r\r\n.\r\r\n",
	"\n\n.\n\n", "\r\n..\r\n", "\n..\r\n", "\r\n..\n", "\r\n. \r\n", "\r\n.\t\r\n", "\n\r.\n\r", "\r\n\r.\r\n", "\n.\n\r\n.\n",
}

// trueEnd is the end of data. Within a chunk it is nothing special.
const trueEnd = "\r\n.\r\n"

// What a fake end would smuggle in.
func smuggled(recipient string) string {
	return "MAIL FROM:<" + mailSender + ">\r\nRCPT TO:<" + recipient + ">\r\nDATA\r\n" + messageHeader + "\r\nsmuggled\r\n"
}

func TestNothingIsSmuggledThroughTheGateway(t *testing.T) {
	t.Parallel()
	keepers := startKeepers(t)
	noChunking, _ := servers.StartPostfixKeeper(t, "smtpd_discard_ehlo_keywords = chunking\n")
	noChunking.Name = "Postfix without CHUNKING"
	for _, k := range append(keepers, noChunking) {
		for _, newlines := range []string{"reject", "normalize"} {
			t.Run(k.Name+", "+newlines, func(t *testing.T) {
				t.Parallel()
				s := &smuggler{k: k, g: startGateway(t, fmt.Sprintf("bare_newline = %q\n", newlines), k), newlines: newlines, noChunking: k == noChunking}
				if newlines == "normalize" {
					s.next = servers.Recipients / 4
				}
				for _, fake := range fakeEnds {
					s.data(t, fake)
					s.chunk(t, fake)
				}
				s.chunk(t, trueEnd)
				s.checkKept(t)
			})
		}
	}
}

// There are readers that take any CR or LF for the end of a line, and drop NUL. For them too there is but one end in
// what leaves.
func TestWhatLeavesTheGatewayEndsOnceForTheMostLenientReader(t *testing.T) {
	t.Parallel()
	for _, newlines := range []string{"reject", "normalize"} {
		t.Run(newlines, func(t *testing.T) {
			t.Parallel()
			k := &keeper{Name: "Lenient", Domain: "lenient.test", Destination: freeAddr(t)}
			r := &lab.Receiver{Hostname: "lenient.test", Extensions: []string{"PIPELINING", "8BITMIME"}} // no CHUNKING
			startReceiver(t, k.Destination, r)
			s := &smuggler{k: k, g: startGateway(t, fmt.Sprintf("bare_newline = %q\n", newlines), k), newlines: newlines, noChunking: true}
			for _, fake := range append(fakeEnds, trueEnd) {
				if fake != trueEnd {
					s.data(t, fake)
				}
				s.chunk(t, fake)
			}
			want := 0
			for _, try := range s.tries {
				want += len(try.want)
			}
			received := r.Received()
			if len(received) != want {
				t.Errorf("%d messages arrived, want %d", len(received), want)
			}
			for _, one := range received {
				if one.Lenient != 1 {
					t.Errorf("for %s a lenient reader sees %d messages in %q", one.Rcpts, one.Lenient, one.Data)
				}
			}
		})
	}
}

// A Postfix as it is here, without a gateway in front, lets one through: were the gateway to pass it on, the tests
// above would tell.
func TestWithoutAGatewayAMessageIsSmuggledIn(t *testing.T) {
	t.Parallel()
	k, _ := servers.StartPostfixKeeper(t, "")
	user := servers.ValidUser(0)
	c := dialMail(t, k.Addr)
	c.address(t, user+"@"+k.Domain, "")
	c.expect(t, "354", c.say("DATA"))
	c.write(messageHeader + "\r\nouter\n.\n" + smuggled(user+"@"+k.Domain) + ".\r\nQUIT\r\n")
	for reply := ""; reply != gone; {
		reply = c.reply()
	}
	if n := len(k.Kept(t, user)); n != 2 {
		t.Errorf("%d messages, want 2", n)
	}
}

// smuggler tries one fake end after the other, each with a recipient of its own.
type smuggler struct {
	k        *keeper
	g        *gateway
	newlines string // bare_newline of the gateway
	// The next hop takes DATA alone, where a dot behind a NUL that begins a line is refused.
	noChunking bool
	next       int // recipient
	tries      []try
}

// try is a fake end that was tried: what it stands in, and what has to be in the mailbox, the oldest first.
type try struct {
	what, user string
	want       []string
}

// data tries a fake end in a message that comes with DATA, and sends another message behind it.
func (s *smuggler) data(t *testing.T, fake string) {
	t.Helper()
	user, recipient := s.recipient()
	raw := messageHeader + "\r\nouter" + fake + smuggled(recipient)
	outer := strings.ReplaceAll(raw, "\r\n.", "\r\n") // what it says, by RFC 5321 4.5.2
	c := dialMail(t, s.g.addr)
	c.address(t, recipient, "BODY=8BITMIME")
	c.expect(t, "354", c.say("DATA"))
	s.send(t, c, fmt.Sprintf("DATA %q", fake), user, raw+".\r\n", outer)
}

// chunk is data with BDAT.
func (s *smuggler) chunk(t *testing.T, fake string) {
	t.Helper()
	user, recipient := s.recipient()
	outer := messageHeader + "\r\nouter" + fake + smuggled(recipient)
	c := dialMail(t, s.g.addr)
	c.address(t, recipient, "BODY=8BITMIME")
	s.send(t, c, fmt.Sprintf("BDAT %q", fake), user, fmt.Sprintf("BDAT %d LAST\r\n%s", len(outer), outer), outer)
}

func (s *smuggler) recipient() (user, address string) {
	user = servers.ValidUser(s.next)
	s.next++
	return user, user + "@" + s.k.Domain
}

// send writes octets, which end a message that says outer, and with them the commands that begin another. There
// must be one reply for each.
func (s *smuggler) send(t *testing.T, c *mailClient, what, user, octets, outer string) {
	t.Helper()
	c.write(octets + "MAIL FROM:<" + mailSender + ">\r\nRCPT TO:<" + user + "@" + s.k.Domain + ">\r\nDATA\r\n")
	after := messageHeader + "\r\nafter\r\n"
	final, want := "250 ", []string{normalized(outer), after}
	hidden := strings.Contains(normalized(outer), "\r\n\x00.") && (s.noChunking || strings.HasPrefix(what, "DATA"))
	if hidden || s.newlines == "reject" && hasBareNewline(outer) {
		final, want = "550 5.5.2 ", want[1:]
	}
	for _, want := range []string{final, "250 2.1.0 ", "250 2.1.5 ", "354"} {
		if reply := c.reply(); !strings.HasPrefix(reply, want) {
			t.Errorf("%s: %q, want %s", what, reply, want)
			return
		}
	}
	c.write(stuffed(after))
	c.expect(t, "250 ", c.reply())
	c.quit(t)
	s.tries = append(s.tries, try{what, user, want})
}

// checkKept fails the test unless what has arrived are the messages that were not refused, each on its own.
func (s *smuggler) checkKept(t *testing.T) {
	t.Helper()
	s.k.AwaitDelivery(t)
	for _, try := range s.tries {
		kept := s.k.Kept(t, try.user)
		after := func(message string) bool { return strings.HasSuffix(message, try.want[len(try.want)-1]) }
		slices.SortStableFunc(kept, func(a, b string) int {
			if after(a) == after(b) {
				return 0
			} else if after(b) {
				return -1
			}
			return 1
		})
		if len(kept) != len(try.want) {
			t.Errorf("%s: %d messages at %s, want %d:\n%q", try.what, len(kept), s.k.Name, len(try.want), kept)
			continue
		}
		for i, want := range try.want {
			checkSame(t, s.k, kept[i], want)
		}
	}
}

// hasBareNewline reports whether a message has a CR or LF that is not part of CRLF.
func hasBareNewline(message string) bool {
	return strings.ContainsAny(strings.ReplaceAll(message, "\r\n", ""), "\r\n")
}

// normalized is a message with CRLF for every CR and LF that is not part of one.
func normalized(message string) string {
	return strings.NewReplacer("\r\n", "\r\n", "\r", "\r\n", "\n", "\r\n").Replace(message)
}
