package bench

import (
	"fmt"
	"net"
	"testing"
	"time"
)

const gatewayUsers = 1000 // recipients that exist, and as many that don't

// gateway is Callout with its SMTP gateway.
type gateway struct {
	*program
	addr string // of the gateway
}

// startGateway starts Callout with a gateway in front of example.com at a destination: keys are further ones of
// [gateway], settings further tables, each line with its end.
func startGateway(b *testing.B, destination, keys, settings string) *gateway {
	b.Helper()
	addr := freeAddr(b)
	g := &gateway{addr: addr, program: startProgram(b, fmt.Sprintf("[gateway]\nlisten = [%q]\n%s%s[[domain]]\nname = \"example.com\"\ndestinations = [%q]\n",
		addr, keys, settings, destination))}
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		conn, err := net.Dial("tcp", addr)
		if err == nil {
			conn.Close()
			return g
		}
		if time.Now().After(deadline) {
			b.Fatalf("the gateway does not listen on %s: %v", addr, err)
		}
	}
}

// warm asks about n recipients, which must exist or must not, so that all of them are in the cache.
func (g *gateway) warm(b *testing.B, n int64, exist bool, recipient func(n int64) string) {
	b.Helper()
	if exist {
		ask(b, g.policy, 4, time.Minute, n, recipient)
		if b.Failed() {
			b.FailNow()
		}
		return
	}
	client, err := dialPolicy(g.policy, time.Minute)
	if err != nil {
		b.Fatal(err)
	}
	defer client.close()
	for i := range n {
		if err := client.missing(recipient(i)); err != nil {
			b.Fatal(err)
		}
	}
}

func missingMailbox(n int64) string { return fmt.Sprintf("missing%d@example.com", n) }
