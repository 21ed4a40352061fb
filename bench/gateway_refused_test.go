package bench

import (
	"fmt"
	"net"
	"testing"
	"time"

	"callout/internal/lab"
)

const (
	refusedClients = 32
	refusedErrors  = 1_000_000 // max_errors, as many as can be set
	refusedFor     = time.Second
	gatewayFlight  = 50 // RCPTs sent ahead
)

// BenchmarkGatewayRefused compares RCPTs for recipients that are known not to exist, which the gateway refuses, with
// an SMTP server of a library (emersion/go-smtp) that refuses every RCPT itself and does nothing else: one command
// at a time and 50 RCPTs ahead, with the log at its default level, which has a line for each decision, and at warn.
func BenchmarkGatewayRefused(b *testing.B) {
	for _, level := range []string{"info", "warn"} {
		b.Run("log="+level, func(b *testing.B) { benchmarkRefused(b, level) })
	}
}

func benchmarkRefused(b *testing.B, level string) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	destination := &lab.Destination{Hostname: "mx.example.com", Domains: map[string]lab.Domain{"example.com": {Mailboxes: []string{"user"}}}}
	go destination.Serve(ln)
	b.Cleanup(destination.Close)
	ours := startGateway(b, ln.Addr().String(), fmt.Sprintf("max_errors = %d\n", refusedErrors),
		fmt.Sprintf("[log]\nlevel = %q\n[cache]\nrecheck_invalid_after = \"0\"\n", level))
	theirs := startRefusing(b)
	ours.warm(b, gatewayUsers, false, missingMailbox)
	for _, ahead := range []int{1, gatewayFlight} {
		b.Run(fmt.Sprintf("ahead=%d", ahead), func(b *testing.B) {
			asked := destination.Recipients.Load()
			compare(b, rounds, "per_s",
				side{"gateway", func() float64 { return askRefused(b, ours.addr, ahead) }},
				side{"gosmtp", func() float64 { return askRefused(b, theirs, ahead) }})
			if n := destination.Recipients.Load() - asked; n > 0 {
				b.Errorf("%d recipients were not in the cache", n)
			}
		})
	}
}

// askRefused asks for recipients that don't exist, so many ahead, all of a session in one transaction.
func askRefused(b *testing.B, addr string, ahead int) float64 {
	c := mailCrowd{addr: addr, clients: refusedClients, opening: []flight{hello, mail}, step: 1}
	for n := 0; n < gatewayUsers; n += ahead {
		flights := make([]flight, ahead)
		for i := range flights {
			flights[i] = rcpt(missingMailbox(int64(n+i)), "5")
		}
		c.dialogue = append(c.dialogue, together(flights...))
	}
	return c.ask(b, refusedFor)
}
