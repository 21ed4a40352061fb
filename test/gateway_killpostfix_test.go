package test

import (
	"slices"
	"strings"
	"testing"

	"callout/test/servers"
)

// A real next hop is killed where it can't have taken the message: for other steps nobody could tell what it has done.
func TestMessagesAreNeitherLostNorHalvedWhenPostfixIsKilled(t *testing.T) {
	t.Parallel()
	next, postfix := servers.StartPostfixKeeper(t, "")
	g := startGateway(t, "", next)
	for i, row := range []struct {
		chunks bool
		step   string
	}{
		{false, "RCPT"},
		{false, "within the message"},
		{false, "before the dot"},
		{true, "RCPT"},
		{true, "within a chunk"},
		{true, "before the last chunk"},
	} {
		user := servers.ValidUser(i)
		k := &killing{g: g, recipient: user + "@" + next.Domain, chunks: row.chunks}
		steps := k.steps(1)
		k.at = slices.IndexFunc(steps, func(s step) bool { return s.name == row.step })
		if k.at < 0 {
			t.Fatalf("%s has no step %q", k.way(), row.step)
		}
		t.Run(k.way()+", "+row.step, func(t *testing.T) {
			c := connectMail(t, g.addr)
			for _, s := range steps[:k.at+1] {
				s.take(t, c, nil)
			}
			postfix.Kill(t)
			if reply := k.goOn(c); !strings.HasPrefix(reply, "451 4.4.") {
				t.Errorf("the client was told %q, want 451 4.4.x: try again", reply)
			}
			postfix.Start(t)
			k.again(t)
			checkArrived(t, next, user, k.message(2))
		})
	}
}
