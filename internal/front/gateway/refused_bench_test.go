package gateway_test

import (
	"io"
	"net"
	"strings"
	"testing"

	"callout/internal/front/gateway"
)

// refusals asks a gateway about a recipient that is known to be invalid, over a connection, and costs nothing itself.
type refusals struct {
	conn  net.Conn
	ask   []byte
	reply []byte
}

const refusal = "550 5.1.1 mailbox does not exist\r\n"

// newRefusals opens a transaction and has the recipient asked about once, so that it is known; ahead is how many RCPTs
// go out together.
func newRefusals(t testing.TB, ahead int) *refusals {
	t.Helper()
	h := build(t, plan{
		settings: func(s *gateway.Settings) { s.MaxErrors = 1 << 30 },
		quiet:    true,
	})
	c := h.dial(t)
	c.say("EHLO client.example", "MAIL FROM:<sender@elsewhere.example>", "RCPT TO:<nobody@example.com>")
	c.expect("250", "250", "550 5.1.1")
	return &refusals{c.conn, []byte(strings.Repeat("RCPT TO:<nobody@example.com>\r\n", ahead)), make([]byte, ahead*len(refusal))}
}

// round asks and reads the replies.
func (r *refusals) round(t testing.TB) {
	if _, err := r.conn.Write(r.ask); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(r.conn, r.reply); err != nil {
		t.Fatal(err)
	}
}

// A RCPT that is refused from the cache costs two allocations at most.
func TestRefusedRCPTAllocates(t *testing.T) {
	r := newRefusals(t, 50)
	per := testing.AllocsPerRun(100, func() { r.round(t) }) / 50
	if string(r.reply[:len(refusal)]) != refusal {
		t.Fatalf("%q", r.reply)
	}
	if per > 2 {
		t.Errorf("%.2f allocations a RCPT", per)
	}
}

func BenchmarkRCPTRefused(b *testing.B) {
	for name, ahead := range map[string]int{"alone": 1, "ahead=50": 50} {
		b.Run(name, func(b *testing.B) {
			r := newRefusals(b, ahead)
			b.ReportAllocs()
			b.ResetTimer()
			for range (b.N + ahead - 1) / ahead {
				r.round(b)
			}
		})
	}
}
