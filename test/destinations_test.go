package test

import (
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"callout/internal/lab"
	"callout/test/servers"
)

// Every kind of destination server, with its stock limits and its own recipients: whatever it does, no recipient
// is ever judged wrong, and all are settled in the end. What it cost them is printed as a table.
func TestEveryDestinationHasAllItsRecipientsJudgedRight(t *testing.T) {
	t.Parallel()
	tb := &costTable{}
	for _, at := range []int{1, 50} {
		t.Run(fmt.Sprintf("%d at a time", at), func(t *testing.T) {
			authority := servers.NewAuthority(t)
			all := startServers(t, everyKind(authority)) // anew: some remember who has been there
			for i, cost := range survey(t, authority, all, at) {
				tb.add(i, all[i].Name, cost)
			}
		})
	}
	t.Logf("what it cost to ask for %d recipients, half of which exist:\n%s", servers.Recipients, tb)
	if os.Getenv("CALLOUT_WRITE_TABLE") != "" && !t.Failed() {
		tb.writeTo(t, "../docs/destinations.md")
	}
}

// everyKind is what starts a server of every kind, in the order of the table.
func everyKind(authority *servers.Authority) []func(testing.TB) *servers.Server {
	return []func(testing.TB) *servers.Server{
		servers.StartStock,
		servers.StartStrict,
		servers.StartPostscreen,
		servers.StartPostgrey,
		servers.StartExim,
		servers.StartSendmail,
		servers.StartOpenSMTPD,
		servers.StartOpenSMTPDVirtual,
		servers.StartDovecot,
		authority.StartSMTPS,
		authority.StartVerified,
		func(t testing.TB) *servers.Server { return authority.StartExpired(t, "opportunistic") },
		func(t testing.TB) *servers.Server { return authority.StartExpired(t, "require") },
		func(t testing.TB) *servers.Server { return authority.StartMisnamed(t, "opportunistic") },
		func(t testing.TB) *servers.Server { return authority.StartMisnamed(t, "require") },
		authority.StartTLS10,
		authority.StartNoCipher,
		authority.StartWrongKey,
	}
}

// A certificate that does not prove whose it is is a fact about the destination, never about its recipients.
func TestWhereCertificatesAreVerifiedABadOneLeavesEveryRecipientUnknown(t *testing.T) {
	t.Parallel()
	authority := servers.NewAuthority(t)
	for _, d := range startServers(t, []func(testing.TB) *servers.Server{
		func(t testing.TB) *servers.Server { return authority.StartExpired(t, "verify") },
		func(t testing.TB) *servers.Server { return authority.StartMisnamed(t, "verify") },
	}) {
		s := newServer(t, domainOf(d, d.Destinations...))
		s.env = []string{"SSL_CERT_FILE=" + authority.Root}
		s.start(t)
		for i := range 5 {
			for _, user := range []string{d.Valid(i), d.Invalid(i)} {
				action := askOnce(t, s.policy, user+"@"+d.Domain)
				if !strings.HasPrefix(action, "451 4.7.5 ") {
					t.Errorf("%s: %s@%s: %s, want 451 4.7.5", d.Name, user, d.Domain, action)
				}
			}
		}
		s.terminate(t)
		if n := d.RCPTs(); n > 0 {
			t.Errorf("%s: %d RCPTs were sent all the same", d.Name, n)
		}
	}
}

// As Debian configures it, Sendmail takes 10 connections of a client in 10 minutes and refuses the others with 421:
// to settle all its recipients takes as long as a sender has patience, but longer than a test has.
func TestASendmailThatTakesTenConnectionsInTenMinutesIsNotKnockedAt(t *testing.T) {
	t.Parallel()
	all := startServers(t, []func(testing.TB) *servers.Server{servers.StartSendmailDebian})
	tap, table := tapped(t, all[0])
	s := startServer(t, table)
	q := newQuestions(t, s, all[0], 50)
	c := q.settle(t, 40*time.Second)
	n, settled := tap.Connections(), servers.Recipients-len(q.open)
	t.Logf("%d connections and %d RCPTs in %v, %d of %d recipients settled",
		n, tap.Traffic().Recipients, c.took.Round(time.Second), settled, servers.Recipients)
	if settled < 20 {
		t.Errorf("%d recipients were settled, want what 10 connections are good for: 20 at least", settled)
	}
	if most := int64(10 + 15); n > most { // 15 for trials, 1 s and then twice as long after each other
		t.Errorf("%d connections, want %d at most", n, most)
	}
}

// startServers starts servers, all at once since each takes seconds.
func startServers(t *testing.T, start []func(testing.TB) *servers.Server) []*servers.Server {
	t.Helper()
	all := make([]*servers.Server, len(start))
	t.Cleanup(func() { showLogs(t, all) }) // after the servers were stopped
	var wg sync.WaitGroup
	for i, f := range start {
		wg.Go(func() { all[i] = f(t) })
	}
	wg.Wait()
	if t.Failed() {
		t.FailNow()
	}
	return all
}

// showLogs shows the end of each server's log where the test has failed.
func showLogs(t *testing.T, all []*servers.Server) {
	for _, d := range all {
		if t.Failed() && d != nil && d.Log != nil {
			lines := strings.Split(d.Log(), "\n")
			t.Logf("the end of the log of %s:\n%s", d.Name, strings.Join(lines[max(0, len(lines)-20):], "\n"))
		}
	}
}

// domainOf is the [[domain]] for a server, asked at the given destinations.
func domainOf(d *servers.Server, destinations ...string) string {
	return fmt.Sprintf("[[domain]]\nname = %q\ndestinations = [\"%s\"]\n", d.Domain, strings.Join(destinations, `", "`)) + d.Settings
}

// cost is what the questions for the recipients of one server came to.
type cost struct {
	at                        int // questions at a time
	connections, rcpts, turns int64
	deferred                  int // answers that were not yet a verdict
	took                      time.Duration
}

// survey runs a Callout with an empty memory and asks it for the recipients of all servers, of each so many at a
// time.
func survey(t *testing.T, authority *servers.Authority, all []*servers.Server, at int) []cost {
	t.Helper()
	taps := make([]*lab.Delay, len(all))
	var tables strings.Builder
	for i, d := range all {
		var table string
		taps[i], table = tapped(t, d)
		tables.WriteString(table)
	}
	s := newServer(t, tables.String())
	s.env = []string{"SSL_CERT_FILE=" + authority.Root}
	s.start(t)
	costs := make([]cost, len(all))
	var wg sync.WaitGroup
	for i, d := range all {
		q := newQuestions(t, s, d, at)
		wg.Go(func() {
			costs[i] = q.settle(t, senderGivesUp)
			if len(q.open) > 0 {
				t.Errorf("%s: not settled within %v: %q", d.Name, senderGivesUp, q.open)
			}
		})
	}
	wg.Wait()
	s.terminate(t) // ends the sessions that are kept, too
	for i, d := range all {
		seen := taps[i].Traffic()
		costs[i].connections, costs[i].turns, costs[i].rcpts = taps[i].Connections(), seen.Turns, seen.Recipients
		if d.RCPTs != nil { // encrypted
			costs[i].rcpts = int64(settled(d.RCPTs))
		}
	}
	return costs
}

// tapped puts a tap in front of a server, and returns it and the [[domain]] that asks the server through it.
func tapped(t *testing.T, d *servers.Server) (tap *lab.Delay, table string) {
	t.Helper()
	scheme, addr, found := strings.Cut(d.Destinations[0], "://")
	if found {
		scheme += "://"
	} else {
		scheme, addr = "", d.Destinations[0]
	}
	tap, err := lab.NewDelay(addr, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(tap.Close)
	return tap, domainOf(d, scheme+tap.Addr())
}

// settled returns what a count comes to that is made from a log, which may still grow for a moment.
func settled(count func() int) int {
	n := count()
	for range 20 {
		time.Sleep(100 * time.Millisecond)
		m := count()
		if m == n {
			break
		}
		n = m
	}
	return n
}
