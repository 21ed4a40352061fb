package test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"callout/test/servers"
)

// failover is a Callout in front of a primary that knows its recipients and a backup that accepts them all.
type failover struct {
	primary *servers.Postfix
	s       *server
	client  *policyClient
	used    map[bool]int // recipients asked for so far, by whether they exist
}

func startFailover(t *testing.T, names ...string) *failover {
	t.Helper()
	primary, primaryAddr := servers.StartMailboxes(t, names[0], servers.ValidUsers(), "virtual_alias_domains = "+
		strings.Join(names[1:], " ")+"\n")
	_, backupAddr := servers.StartBackup(t, strings.Join(names, " "))
	var tables strings.Builder
	for _, name := range names {
		fmt.Fprintf(&tables, "[[domain]]\nname = %q\ndestinations = [%q, %q]\n", name, primaryAddr, backupAddr)
	}
	f := &failover{primary: primary, s: startServer(t, tables.String()), used: map[bool]int{}}
	f.client = dialPolicy(t, f.s.policy)
	return f
}

// next asks for a recipient of a domain that was not asked for before. One that exists must never be refused.
func (f *failover) next(t *testing.T, domain string, exists bool) (recipient, action string) {
	t.Helper()
	user := servers.InvalidUser
	if exists {
		user = servers.ValidUser
	}
	recipient = user(f.used[exists]) + "@" + domain
	f.used[exists]++
	action, err := f.client.ask(recipient)
	if err != nil {
		t.Fatal(err)
	}
	if exists && strings.HasPrefix(action, "5") {
		t.Errorf("%s, which exists: %s", recipient, action)
	}
	return recipient, action
}

// want asks as next does and wants a certain answer.
func (f *failover) want(t *testing.T, domain string, exists bool, want string) (recipient string) {
	t.Helper()
	recipient, action := f.next(t, domain, exists)
	if !strings.HasPrefix(action, want) {
		t.Errorf("%s: %s, want %s", recipient, action, want)
	}
	return recipient
}

// restartPrimary starts the primary and waits until it is asked again.
func (f *failover) restartPrimary(t *testing.T, domain string) {
	t.Helper()
	began := time.Now()
	f.primary.Start(t)
	eventually(t, 90*time.Second, "the primary is asked again", func() bool {
		time.Sleep(500 * time.Millisecond)
		_, action := f.next(t, domain, false)
		return action != "DUNNO"
	})
	t.Logf("the primary was asked again %v after its start began", time.Since(began).Round(100*time.Millisecond))
}

// A backup MX often knows no recipients and accepts them all. What it says while the primary is away lets mail
// through, and is not taken for more than that: its catch-all is not the domain's, and none of it is written.
func TestABackupThatAcceptsEverythingAnswersOnlyWhileThePrimaryIsAway(t *testing.T) {
	t.Parallel()
	const name, later = "failover.test", "later.test" // later is not asked for before the primary is away
	f := startFailover(t, name, later)
	var let []string // through by the backup, though they don't exist
	for range 2 {
		f.want(t, name, true, "DUNNO")
		f.want(t, name, false, "550 5.1.1 ")
		f.primary.Stop(t)
		for range 5 {
			let = append(let, f.want(t, name, false, "DUNNO"), f.want(t, later, false, "DUNNO"))
			f.want(t, name, true, "DUNNO")
		}
		f.restartPrimary(t, name)
		for range 10 {
			f.want(t, name, false, "550 5.1.1 ")
			f.want(t, name, true, "DUNNO")
		}
	}

	f.s.terminate(t)
	f.s.start(t)
	for _, recipient := range let {
		if action := askOnce(t, f.s.policy, recipient); !strings.HasPrefix(action, "550 5.1.1 ") {
			t.Errorf("%s after a restart: %s: what the backup said was written", recipient, action)
		}
	}
}
