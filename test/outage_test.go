package test

import (
	"strings"
	"testing"
	"time"
)

func TestWithTheDestinationStoppedKnownRecipientsGoOnAndUnknownOnesAreDeferred(t *testing.T) {
	t.Parallel()
	d := startDestination(t, []string{"dest.test"}, "john@dest.test", "jane@dest.test")
	s := startServer(t, plainTTLs+domain("dest.test", d.Callouts))
	f := startFront(t, d, "inet:"+s.policy, "dest.test")
	want := func(recipient, reply string) {
		t.Helper()
		if got := rcpt(t, f.addr, recipient); !strings.HasPrefix(got, reply) {
			t.Errorf("RCPT TO:<%s>: %s, want %s", recipient, got, reply)
		}
	}

	want("john@dest.test", "250 2.1.5 ")
	want("nobody@dest.test", "550 5.1.1 ")
	d.Stop(t)
	want("john@dest.test", "250 2.1.5 ")
	want("nobody@dest.test", "550 5.1.1 ")
	want("jane@dest.test", "451 4.4.1 ")
	want("nowhere@dest.test", "451 4.4.1 ")

	d.Start(t)
	eventually(t, 30*time.Second, "what was deferred is judged", func() bool {
		return strings.HasPrefix(rcpt(t, f.addr, "jane@dest.test"), "250 2.1.5 ") &&
			strings.HasPrefix(rcpt(t, f.addr, "nowhere@dest.test"), "550 5.1.1 ")
	})
}
