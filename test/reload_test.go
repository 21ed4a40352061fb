package test

import (
	"strings"
	"syscall"
	"testing"
	"time"
)

func TestSighupReloadsAGoodFileAndLeavesTheRunningOneInForceOnABadOne(t *testing.T) {
	t.Parallel()
	d := startDestination(t, []string{"dest.test", "second.test"}, "john@dest.test")
	first, second := domain("dest.test", d.Callouts), domain("second.test", d.Callouts)
	s := startServer(t, first)
	want := func(recipient, action string) {
		t.Helper()
		if got := askOnce(t, s.policy, recipient); !strings.HasPrefix(got, action) {
			t.Errorf("%s: %s, want %s", recipient, got, action)
		}
	}
	want("nobody@dest.test", "550 5.1.1 ")
	want("nobody@second.test", "DUNNO") // not served

	s.configure(t, second+"destinatoins = []\n")
	s.signal(t, syscall.SIGHUP)
	eventually(t, 10*time.Second, "the log names the file, the place and the key", func() bool {
		return strings.Contains(s.log.String(), s.config+":10:1: ") && strings.Contains(s.log.String(), "destinatoins")
	})
	want("unseen@dest.test", "550 5.1.1 ")
	want("nobody@second.test", "DUNNO")

	s.configure(t, first+second)
	s.signal(t, syscall.SIGHUP)
	eventually(t, 10*time.Second, "the new domain is served", func() bool {
		return strings.HasPrefix(askOnce(t, s.policy, "nobody@second.test"), "550 5.1.1 ")
	})
	want("john@dest.test", "DUNNO")
	want("nowhere@dest.test", "550 5.1.1 ")
}
