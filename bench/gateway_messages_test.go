package bench

import (
	"fmt"
	"net"
	"os/exec"
	"testing"
	"time"

	"callout/test/servers"
)

const (
	messagesSessions = 20
	messagesGateway  = 4000 // a round
	messagesRelay    = 1000 // a round
	messagesSize     = 4096 // octets
	messagesRounds   = 3
)

// relayMain makes a Postfix pass the mail for example.com on to a host.
const relayMain = `myhostname = relay.example.net
mydestination =
relay_domains = example.com
relayhost = %s
`

// BenchmarkGatewayMessages compares messages a second from smtp-source through the gateway to smtp-sink with the same
// through a Postfix that relays, which is otherwise as it ships and writes each message to its queue on disk. A
// message counts when it has arrived.
func BenchmarkGatewayMessages(b *testing.B) {
	s := startSink(b)
	g := startGateway(b, s.addr, "", "")
	through := func(name, addr string, n int64) side {
		s.send(b, addr, n/10) // warms up
		return side{name, func() float64 { return s.send(b, addr, n) }}
	}
	compare(b, messagesRounds, "per_s",
		through("gateway", g.addr, messagesGateway),
		through("postfix", startRelay(b, s.addr), messagesRelay))
}

// startRelay starts a Postfix that passes mail on to a host, and returns its address.
func startRelay(b *testing.B, to string) (addr string) {
	b.Helper()
	addr = servers.FreeAddr(b)
	p := servers.NewPostfix(b, fmt.Sprintf(relayMain, bracketed(to)), addr+" inet n - n - - smtpd\n")
	p.Start(b)
	return addr
}

// send has smtp-source send n messages to an address, a connection each, waits until all have arrived, and returns
// how many came a second.
func (s *sink) send(b *testing.B, addr string, n int64) float64 {
	before := s.messages.Load()
	begun := time.Now()
	out, err := exec.Command(servers.Tool(b, "smtp-source"), "-s", fmt.Sprint(messagesSessions), "-m", fmt.Sprint(n), "-l", fmt.Sprint(messagesSize),
		"-f", "someone@example.org", "-t", "user@example.com", addr).CombinedOutput()
	if err != nil {
		b.Fatalf("smtp-source to %s: %v\n%s", addr, err, out)
	}
	s.wait(b, before+n)
	return float64(n) / time.Since(begun).Seconds()
}

// bracketed writes an address as Postfix wants a host that has no MX.
func bracketed(addr string) string {
	host, port, _ := net.SplitHostPort(addr)
	return fmt.Sprintf("[%s]:%s", host, port)
}
