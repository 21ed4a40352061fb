package test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"
)

// answered is a question's answer and when it came.
type answered struct {
	recipient, action string
	at                time.Time
}

// askers asks for one new recipient after the other until the server is gone; there is a mailbox for every second.
type askers struct {
	mu       sync.Mutex
	answers  []answered
	finished sync.WaitGroup
}

func startAskers(t *testing.T, s *server, domain string, n int) *askers {
	t.Helper()
	a := &askers{}
	for k := range n {
		client := dialPolicy(t, s.policy)
		a.finished.Go(func() {
			for i := k; ; i += n {
				recipient := fmt.Sprintf("user%04d@%s", i, domain)
				action, err := client.ask(recipient)
				if err != nil {
					return
				}
				a.mu.Lock()
				a.answers = append(a.answers, answered{recipient, action, time.Now()})
				a.mu.Unlock()
			}
		})
	}
	return a
}

// before returns the answers that came before a time.
func (a *askers) before(end time.Time) []answered {
	a.mu.Lock()
	defer a.mu.Unlock()
	var all []answered
	for _, answer := range a.answers {
		if answer.at.Before(end) {
			all = append(all, answer)
		}
	}
	return all
}

func TestAKilledServerComesBackWithAllThatWasAcknowledged(t *testing.T) {
	t.Parallel()
	var mailboxes []string
	for i := 0; i < 4000; i += 2 {
		mailboxes = append(mailboxes, fmt.Sprintf("user%04d@busy.test", i))
	}
	d := startDestination(t, []string{"busy.test", "dest.test", "added.test", "removed.test", "cleared.test"}, mailboxes...)
	s := startServer(t, plainTTLs+domain("busy.test", d.Callouts)+domain("dest.test", d.Callouts)+
		domain("cleared.test", d.Callouts))
	want := func(recipient, action string) {
		t.Helper()
		if got := askOnce(t, s.policy, recipient); !strings.HasPrefix(got, action) {
			t.Errorf("%s: %s, want %s", recipient, got, action)
		}
	}
	want("new@dest.test", "550 5.1.1 ")
	want("new@cleared.test", "550 5.1.1 ")
	s.succeed(t, "domain", "add", "removed.test", "--destination", d.Callouts)
	want("nobody@removed.test", "550 5.1.1 ")
	d.Add(t, "new@dest.test", "new@cleared.test")

	busy := startAskers(t, s, "busy.test", 8)
	eventually(t, 30*time.Second, "20 verdicts are older than a second", func() bool {
		return len(busy.before(time.Now().Add(-time.Second))) >= 20
	})
	s.succeed(t, "domain", "add", "added.test", "--destination", d.Callouts)
	s.succeed(t, "domain", "remove", "removed.test")
	s.succeed(t, "cache", "clear", "--domain", "cleared.test")
	s.succeed(t, "cache", "clear", "--recipient", "new@dest.test")
	killed := time.Now()
	s.kill(t)
	busy.finished.Wait()

	s.start(t)
	kept, asked := busy.before(killed.Add(-time.Second)), d.TimesAsked(t)
	for _, a := range kept {
		want(a.recipient, a.action)
	}
	again := d.TimesAsked(t)
	for _, a := range kept {
		if again[a.recipient] != asked[a.recipient] {
			t.Errorf("%s was asked again after the restart", a.recipient)
		}
	}
	t.Logf("%d verdicts were more than a second old when the server was killed", len(kept))

	want("nobody@added.test", "550 5.1.1 ")
	want("nobody@removed.test", "DUNNO") // not served any more
	want("new@cleared.test", "DUNNO")    // there is a mailbox now
	want("new@dest.test", "DUNNO")
	if n := d.TimesAsked(t)["new@dest.test"]; n != 2 {
		t.Errorf("new@dest.test was asked %d times, want twice: its clear was acknowledged", n)
	}
}
