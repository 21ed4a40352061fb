package test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"callout/test/browser"
)

// A pause is for whoever watches first, or must get mail through: it must count at once, and end at once.
func TestAPauseLetsEverythingThroughUntilItIsResumed(t *testing.T) {
	t.Parallel()
	d := startDestination(t, []string{"one.test", "two.test"}, "good@one.test")
	bothWays(t, func(t *testing.T, o browser.Options) {
		s := startPages(t, plainTTLs+domain("one.test", d.Callouts)+domain("two.test", d.Callouts))
		p := logIn(t, s.http, "admin", o)
		decided := func(when, one, two string) {
			t.Helper()
			for recipient, want := range map[string]string{"nobody@one.test": one, "nobody@two.test": two} {
				if got := askOnce(t, s.policy, recipient); !strings.HasPrefix(got, want) {
					t.Errorf("%s: the policy front end says %q of %s, want %s", when, got, recipient, want)
				}
			}
		}
		decided("at first", "550 ", "550 ")

		p.Choose("For how long", "until it is resumed")
		p.Click("Pause everything")
		p.In(".strip").WaitText("Everything is paused")
		decided("while everything is paused", "DUNNO", "DUNNO")
		p.Go("/decisions")
		p.WaitText("would be ✕ reject")
		p.Go("/")
		p.Click("Resume")
		p.WaitText("Resumed: verdicts count again.")
		p.WaitText("Pause everything")
		decided("after it was resumed", "550 ", "550 ")

		p.Go("/domains/one.test")
		p.In("#pause").Choose("For how long", "1 hour")
		p.In("#pause").Click("Pause")
		p.WaitText("Paused since")
		decided("while one domain is paused", "DUNNO", "550 ")
		p.In("header").Click("Overview")
		p.WaitText("one.test (ends in")
		p.Click("one.test")
		p.In("#pause").Click("Resume")
		p.WaitText("Resumed: verdicts count again.")
		decided("after the domain was resumed", "550 ", "550 ")
	})
}

func TestEverythingIsClearedOnceItWasConfirmed(t *testing.T) {
	t.Parallel()
	d := startDestination(t, []string{"one.test", "two.test"}, "good@one.test")
	ways := 0
	bothWays(t, func(t *testing.T, o browser.Options) {
		ways++
		s := startPages(t, plainTTLs+domain("one.test", d.Callouts)+domain("two.test", d.Callouts))
		p := logIn(t, s.http, "admin", o)
		recipients := []string{"good@one.test", "nobody@one.test", "nobody@two.test"}
		ask := func() {
			for _, recipient := range recipients {
				askOnce(t, s.policy, recipient)
			}
		}
		ask()
		n := len(recipients)
		eventually(t, 20*time.Second, "the page counts what is cached", func() bool {
			p.Go("/cache")
			return p.In(".tiles").Row("Cached recipients").Shows(fmt.Sprint(n))
		})
		p.Click("Clear everything")
		p.WaitText(fmt.Sprintf("This clears %d cached verdicts of 2 domains", n))
		p.Fill("Type everything to confirm", "nothing")
		p.Click(fmt.Sprintf("Clear %d cached verdicts", n))
		p.WaitText("That is not everything.")
		p.Click("Go back")
		p.Row("one.test").WaitText("2")

		p.Click("Clear everything")
		p.Fill("Type everything to confirm", "everything")
		p.Click(fmt.Sprintf("Clear %d cached verdicts", n))
		p.WaitText(fmt.Sprintf("Cleared: %d cached verdicts went.", n))
		p.WaitText("Nothing is cached")
		ask()
		for _, recipient := range recipients {
			eventually(t, 10*time.Second, recipient+" is asked again after everything was cleared", func() bool { return d.TimesAsked(t)[recipient] == 2*ways })
		}
	})
}
