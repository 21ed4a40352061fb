package bench

import (
	"fmt"
	"testing"

	"callout/test/servers"
)

const (
	uncachedSessions = 5     // max_sessions of both sides
	uncachedClients  = 100   // of the policy server
	uncachedEach     = 5_000 // recipients a round and side
	stockEach        = 400   // of the policy server, where the destination pauses
	stockDirect      = 4     // of each session of the direct client: each takes a second
	stockFree        = 100   // transactions that Postfix takes without a pause after it has started (default_process_limit)
)

// BenchmarkUncachedValid compares recipients that exist and are not in the cache, asked through the policy server
// by 100 clients, with asking the same Postfix directly over as many sessions, in flights of 50 RCPTs: all in one
// MAIL transaction ("direct"), and in 50 transactions of one RCPT ("transactions"). RSET ends each transaction. No
// recipient is asked twice. The pause that Postfix makes for a MAIL transaction is off. Postfix has processors of its
// own, as a destination that is another machine has.
func BenchmarkUncachedValid(b *testing.B) {
	compareUncached(b, apart)
}

// BenchmarkUncachedValidShared compares the same where Callout, its clients and Postfix share the processors of one
// machine: what Callout costs then comes from what Postfix needs.
func BenchmarkUncachedValidShared(b *testing.B) {
	compareUncached(b, func(*testing.B, *servers.Postfix) {})
}

func compareUncached(b *testing.B, place func(*testing.B, *servers.Postfix)) {
	p, destination := startPostfix(b, unpausedMain)
	place(b, p)
	socket := startUncached(b, destination)
	direct := directClient{addr: destination, flight: 50, depth: 50}
	transactions := directClient{addr: destination, flight: 50, depth: 1}
	mailboxes := &unasked{}
	direct.ask(b, 0, mailboxes.take(b, 500)) // warms up
	each := func(ask func(first, last int64) float64) func() float64 {
		return func() float64 {
			last := mailboxes.take(b, uncachedEach)
			return ask(last-uncachedEach, last)
		}
	}
	compare(b, rounds, "per_s",
		side{"callout", each(func(first, last int64) float64 { return askMailboxes(b, socket, first, last) })},
		side{"direct", each(func(first, last int64) float64 { return direct.ask(b, first, last) })},
		side{"transactions", each(func(first, last int64) float64 { return transactions.ask(b, first, last) })})
}

// BenchmarkUncachedValidStock compares the same with a direct client with one RCPT per MAIL, where Postfix is as it
// ships: with in_flow_delay = 1s it pauses for that long in each MAIL transaction in which it takes a recipient.
func BenchmarkUncachedValidStock(b *testing.B) {
	_, destination := startPostfix(b, "")
	socket := startUncached(b, destination)
	direct := directClient{addr: destination, flight: 1, depth: 1}
	mailboxes := &unasked{}
	direct.ask(b, 0, mailboxes.take(b, stockFree+uncachedSessions))
	compare(b, rounds, "per_s",
		side{"callout", func() float64 {
			last := mailboxes.take(b, stockEach)
			return askMailboxes(b, socket, last-stockEach, last)
		}},
		side{"direct", func() float64 {
			const n = stockDirect * uncachedSessions
			last := mailboxes.take(b, n)
			return direct.ask(b, last-n, last)
		}})
}

// startUncached starts Callout in front of a destination and returns the socket of its policy server.
func startUncached(b *testing.B, destination string) (socket string) {
	_, socket = startCallout(b, fmt.Sprintf("[callout]\nmax_sessions = %d\n[[domain]]\nname = \"example.com\"\ndestinations = [%q]\n", uncachedSessions, destination))
	return socket
}

// askMailboxes asks the policy server, as Postfix on the same machine does, about the mailboxes from first to before last.
func askMailboxes(b *testing.B, socket string, first, last int64) float64 {
	return crowd{socket, uncachedClients}.ask(b, last-first, func(n int64) string { return mailbox(first + n) })
}

// unasked hands out mailboxes that nobody has asked for, in the order of their numbers.
type unasked struct{ next int64 }

// take takes the next n and returns the number behind the last of them.
func (u *unasked) take(b *testing.B, n int64) int64 {
	if u.next += n; u.next > benchUsers {
		b.Fatalf("there are no more than %d mailboxes", benchUsers)
	}
	return u.next
}
