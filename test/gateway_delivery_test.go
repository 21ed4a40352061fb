package test

import (
	"fmt"
	"testing"

	"callout/test/servers"
)

func TestGatewayPassesMessagesOnAsTheyCame(t *testing.T) {
	t.Parallel()
	for _, k := range startKeepers(t) {
		t.Run(k.Name, func(t *testing.T) {
			t.Parallel()
			g := startGateway(t, "", k)
			c := dialMail(t, g.addr)
			for i, s := range shapes {
				parameters := ""
				if s.binary {
					parameters = "BODY=8BITMIME"
				}
				ways := []func() string{
					func() string { return c.data(t, s.message) },
					func() string { return c.bdat(s.message, 1<<20) },
					func() string { return c.bdat(s.message, max(1, len(s.message)/97)) }, // cuts everywhere
				}
				for j, send := range ways {
					user := servers.ValidUser(i*len(ways) + j)
					c.address(t, user+"@"+k.Domain, parameters)
					c.expect(t, "250 ", send())
				}
			}
			c.quit(t)
			k.AwaitDelivery(t)
			for i, s := range shapes {
				for j, way := range []string{"DATA", "one BDAT", "many BDATs"} {
					t.Run(fmt.Sprintf("%s, %s", s.name, way), func(t *testing.T) {
						checkArrived(t, k, servers.ValidUser(i*3+j), s.message)
					})
				}
			}
			if n := len(k.KeptOfAll(t)); n != 3*len(shapes) {
				t.Errorf("%d messages at %s, want %d", n, k.Name, 3*len(shapes))
			}
		})
	}
}
