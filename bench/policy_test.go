package bench

import (
	"bufio"
	"bytes"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"callout/internal/lab"
)

const (
	policyClients = 32
	policyFor     = 2 * time.Second // a round
	knownUsers    = 1000
)

// BenchmarkPolicyCached compares answers from the cache, asked over 32 connections, with a policy server that
// does nothing but say DUNNO: with the log at its default level, which has a line for each decision, and at level
// warn, where both servers do the same work but for the decision.
func BenchmarkPolicyCached(b *testing.B) {
	for _, level := range []string{"info", "warn"} {
		b.Run("log="+level, func(b *testing.B) { benchmarkPolicyCached(b, level) })
	}
}

func benchmarkPolicyCached(b *testing.B, level string) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	users := make([]string, knownUsers)
	for i := range users {
		users[i] = fmt.Sprintf("user%d", i)
	}
	destination := &lab.Destination{Hostname: "mx.example.com", Domains: map[string]lab.Domain{"example.com": {Mailboxes: users}}}
	go destination.Serve(ln)
	b.Cleanup(destination.Close)
	ours, _ := startCallout(b, fmt.Sprintf("[log]\nlevel = %q\n[[domain]]\nname = \"example.com\"\ndestinations = [%q]\n", level, ln.Addr()))
	theirs := startDUNNO(b)
	known := func(n int64) string { return mailbox(n % knownUsers) }
	ask(b, ours, 4, 10*time.Second, knownUsers, known) // fills the cache
	compare(b, rounds, "per_s",
		side{"callout", func() float64 { return ask(b, ours, policyClients, policyFor, 0, known) }},
		side{"dunno", func() float64 { return ask(b, theirs, policyClients, policyFor, 0, known) }})
}

func mailbox(n int64) string { return fmt.Sprintf("user%d@example.com", n) }

// ask asks over several connections, one question at a time on each, for some time or until most questions are
// answered (0: no bound but the time), and returns answers a second. Every recipient must exist.
func ask(b *testing.B, addr string, clients int, least time.Duration, most int64, recipient func(n int64) string) float64 {
	var next, answered atomic.Int64
	begun := time.Now()
	end := begun.Add(least)
	var wait sync.WaitGroup
	for range clients {
		wait.Go(func() {
			client, err := dialPolicy(addr, least+time.Minute)
			if err != nil {
				b.Error(err)
				return
			}
			defer client.close()
			for time.Now().Before(end) {
				n := next.Add(1) - 1
				if most > 0 && n >= most {
					return
				}
				if err := client.exists(recipient(n)); err != nil {
					b.Error(err)
					return
				}
				answered.Add(1)
			}
		})
	}
	wait.Wait()
	return float64(answered.Load()) / time.Since(begun).Seconds()
}

// policyClient is one connection to a policy server.
type policyClient struct {
	conn   net.Conn
	br     *bufio.Reader
	until  time.Time // nothing is waited for any longer
	out    []byte
	action []byte
}

// dialPolicy connects to a policy server, for so long at most.
func dialPolicy(addr string, most time.Duration) (*policyClient, error) {
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		return nil, err
	}
	until := time.Now().Add(most)
	conn.SetDeadline(until)
	return &policyClient{conn: conn, br: bufio.NewReader(conn), until: until}, nil
}

func (c *policyClient) close() { c.conn.Close() }

// ask returns the line with the action, which is good until the next question.
func (c *policyClient) ask(recipient string) ([]byte, error) {
	c.out = appendRequest(c.out[:0], recipient)
	if _, err := c.conn.Write(c.out); err != nil {
		return nil, err
	}
	line, err := c.br.ReadSlice('\n')
	c.action = append(c.action[:0], line...) // the buffer is used again for the empty line
	if err == nil {
		_, err = c.br.Discard(1)
	}
	return c.action, err
}

// exists asks for a recipient, and returns an error where the answer is not that it exists.
func (c *policyClient) exists(recipient string) error { return c.expect(recipient, "action=DUNNO") }

// missing asks for a recipient, and returns an error where the answer is not that it does not exist.
func (c *policyClient) missing(recipient string) error {
	return c.expect(recipient, "action=550 5.1.1")
}

// expect asks for a recipient, and returns an error where the answer does not begin as it must.
func (c *policyClient) expect(recipient, prefix string) error {
	action, err := c.ask(recipient)
	if err == nil && !bytes.HasPrefix(action, []byte(prefix)) {
		err = fmt.Errorf("it said %q", action)
	}
	if err != nil {
		return fmt.Errorf("policy server, asked for %s: %w", recipient, err)
	}
	return nil
}

// appendRequest appends a request as Postfix 3.7 sends it.
func appendRequest(b []byte, recipient string) []byte {
	b = append(b, "request=smtpd_access_policy\nprotocol_state=RCPT\nprotocol_name=ESMTP\nclient_address=192.0.2.10\nclient_name=client.example.org\nclient_port=41234\nreverse_client_name=client.example.org\nserver_address=192.0.2.1\nserver_port=25\nhelo_name=client.example.org\nsender=someone@example.org\nrecipient="...)
	b = append(b, recipient...)
	return append(b, "\nrecipient_count=0\nqueue_id=\ninstance=1a2b.6543f210.5d2f3.0\nsize=0\netrn_domain=\nstress=\nsasl_method=\nsasl_username=\nsasl_sender=\nccert_subject=\nccert_issuer=\nccert_fingerprint=\nccert_pubkey_fingerprint=\nencryption_protocol=\nencryption_cipher=\nencryption_keysize=0\npolicy_context=\n\n"...)
}
