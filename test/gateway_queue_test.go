package test

import (
	"strings"
	"testing"

	"callout/test/servers"
)

// The gateway keeps nothing: while its next hop is away, the mail is in the queue of the client.
func TestAQueueingClientKeepsItsMailWhileTheNextHopIsAway(t *testing.T) {
	t.Parallel()
	k, hop := servers.StartPostfixKeeper(t, "")
	g := startGateway(t, "", k)
	client, addr := servers.StartPostfixSender(t, k.Domain, g.addr)
	hop.Kill(t)
	message, user := messageHeader+"\r\nqueued\r\n", servers.ValidUser(0)
	c := dialMail(t, addr)
	c.address(t, user+"@"+k.Domain, "")
	c.expect(t, "250 ", c.data(t, message))
	c.quit(t)
	eventually(t, patience, "the client was told to try again", func() bool {
		return strings.Contains(client.Log(t), "status=deferred") && strings.Contains(client.Log(t), "451 4.4.1 ")
	})
	hop.Start(t)
	eventually(t, patience, "the client has delivered it", func() bool { return strings.Contains(client.Log(t), "status=sent") })
	checkArrived(t, k, user, message, "relay.test")
}
