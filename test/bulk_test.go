package test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"
)

// A stock Postfix pauses each accepted recipient by in_flow_delay, one second, once they come in bulk: with one RCPT
// in a transaction and the default of 5 sessions this takes three minutes, at the cost of as many connections.
func TestTwoThousandRecipientsAreAllJudgedRightByAStockPostfix(t *testing.T) {
	t.Parallel()
	const recipients, connections = 2000, 50
	var mailboxes []string
	for i := 0; i < recipients; i += 2 {
		mailboxes = append(mailboxes, bulkRecipient(i))
	}
	d := startDestination(t, []string{"bulk.test"}, mailboxes...)
	s := startServer(t, "[callout]\nmax_sessions = 20\n"+domain("bulk.test", d.Callouts))

	began := time.Now()
	var wg sync.WaitGroup
	for c := range connections {
		client := dialPolicy(t, s.policy)
		wg.Go(func() {
			for i := c; i < recipients; i += connections {
				want := "DUNNO"
				if i%2 == 1 {
					want = "550 5.1.1 "
				}
				action, err := client.ask(bulkRecipient(i))
				if err != nil || !strings.HasPrefix(action, want) {
					t.Errorf("%s: %q, %v, want %s", bulkRecipient(i), action, err, want)
				}
			}
		})
	}
	wg.Wait()
	took := time.Since(began)

	s.terminate(t)
	sessions, rcpts := d.Sessions(t, "callouts"), 0
	for _, session := range sessions {
		rcpts += session.Commands["rcpt"]
	}
	t.Logf("%d recipients, half of them unknown: %d connections to the destination, %d RCPTs, %v",
		recipients, len(sessions), rcpts, took.Round(time.Millisecond))
	d.CheckCallouts(t)
	again := 0
	for recipient, times := range d.TimesAsked(t) {
		if times > 2 {
			t.Errorf("%s was asked %d times", recipient, times)
		}
		again += times - 1
	}
	if again > recipients/20 { // what is refused behind another may be about its place, and is asked alone
		t.Errorf("%d recipients were asked twice", again)
	}
}

// bulkRecipient returns one of many recipients; there is a mailbox for the even ones.
func bulkRecipient(i int) string { return fmt.Sprintf("user%04d@bulk.test", i) }
