package bench

import (
	"fmt"
	"testing"
	"time"

	"callout/test/servers"
)

const (
	acceptedClients = 20 // and as many sessions of the direct side
	acceptedFor     = time.Second
)

// BenchmarkGatewayAccepted compares RCPTs for recipients that are known to exist, which the gateway passes on, with
// talking to the same Postfix directly, with as many sessions: 50 recipients a transaction and RSET, one command at
// a time and all of a transaction ahead. The pause that Postfix makes for a transaction is off. Postfix has
// processors of its own, as a next hop that is another machine has.
func BenchmarkGatewayAccepted(b *testing.B) {
	compareAccepted(b, apart)
}

// BenchmarkGatewayAcceptedShared compares the same where the gateway, its clients and Postfix share the processors of
// one machine.
func BenchmarkGatewayAcceptedShared(b *testing.B) {
	compareAccepted(b, func(*testing.B, *servers.Postfix) {})
}

func compareAccepted(b *testing.B, place func(*testing.B, *servers.Postfix)) {
	users := make([]string, gatewayUsers)
	for i := range users {
		users[i] = fmt.Sprintf("user%d", i)
	}
	p, nextHop := servers.StartMailboxes(b, "example.com", users, unpausedMain)
	place(b, p)
	ours := startGateway(b, nextHop, "", "")
	ours.warm(b, gatewayUsers, true, mailbox)
	for _, ahead := range []int{1, gatewayFlight} {
		b.Run(fmt.Sprintf("ahead=%d", ahead), func(b *testing.B) {
			askAccepted(b, nextHop, ahead) // warms up
			compare(b, rounds, "per_s",
				side{"gateway", func() float64 { return askAccepted(b, ours.addr, ahead) }},
				side{"direct", func() float64 { return askAccepted(b, nextHop, ahead) }})
		})
	}
}

// askAccepted asks in transactions of 50 recipients, one command at a time or all of a transaction ahead.
func askAccepted(b *testing.B, addr string, ahead int) float64 {
	c := mailCrowd{addr: addr, clients: acceptedClients, opening: []flight{hello}}
	for n := 0; n < gatewayUsers; n += gatewayFlight {
		flights := []flight{mail}
		for i := range gatewayFlight {
			flights = append(flights, rcpt(mailbox(int64(n+i)), "2"))
		}
		flights = append(flights, reset)
		if ahead > 1 {
			flights = []flight{together(flights...)}
		}
		c.step = len(flights)
		c.dialogue = append(c.dialogue, flights...)
	}
	return c.ask(b, acceptedFor)
}
