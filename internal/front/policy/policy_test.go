package policy_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
	"golang.org/x/sys/unix"

	"callout/internal/callout"
	"callout/internal/domains"
	"callout/internal/front/policy"
	"callout/internal/lab"
	"callout/internal/store"
	"callout/internal/store/sqlite"
	"callout/internal/verify"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// buffer is a log that can be read while it is written.
type buffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}

// fixture is a policy server in front of a destination, everything real and on loopback.
type fixture struct {
	server      *policy.Server
	address     string
	log         *buffer
	destination *lab.Destination
}

func start(t *testing.T, network, address string) *fixture {
	t.Helper()
	ctx := context.Background()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	mx, err := net.Listen("tcp", "127.0.0.1:0")
	must(err)
	f := &fixture{log: new(buffer), destination: &lab.Destination{Hostname: "mx.example.com", Domains: map[string]lab.Domain{
		"example.com":  {Mailboxes: []string{"john", "john smith"}},
		"slow.example": {Mailboxes: []string{"john"}, Delay: 300 * time.Millisecond},
	}}}
	go f.destination.Serve(mx)
	t.Cleanup(f.destination.Close)
	host, err := callout.ParseHost(mx.Addr().String())
	must(err)
	var served []*domains.Domain
	for name := range f.destination.Domains {
		served = append(served, &domains.Domain{Name: name, Destination: callout.Destination{{host}}, Settings: domains.DefaultSettings()})
	}
	db, err := sqlite.Open(ctx, filepath.Join(t.TempDir(), "callout.db"))
	must(err)
	t.Cleanup(func() { db.Close() })
	behind := store.NewBehind(db, store.BehindOptions{})
	t.Cleanup(func() { behind.Close(ctx) })
	registry, err := domains.New(ctx, db, behind, served, nil)
	must(err)
	pools := callout.NewPools(callout.Options{})
	t.Cleanup(func() { pools.Close(ctx) })
	log := slog.New(slog.NewTextHandler(f.log, nil))
	v, err := verify.New(ctx, verify.Options{Domains: registry, Asker: pools, Store: db, Behind: behind, MaxEntries: 1000, Log: log})
	must(err)
	t.Cleanup(func() { v.Close(ctx) })
	ln, err := net.Listen(network, address)
	must(err)
	f.address = ln.Addr().String()
	f.server = policy.New(v, log, nil)
	done := make(chan error, 1)
	go func() { done <- f.server.Serve(ln) }()
	t.Cleanup(func() {
		f.server.Shutdown(ctx)
		if err := <-done; err != nil {
			t.Errorf("Serve: %v", err)
		}
	})
	return f
}

// client is one connection to a policy server.
type client struct {
	t    *testing.T
	conn net.Conn
	br   *bufio.Reader
}

func dial(t *testing.T, f *fixture) *client {
	t.Helper()
	network := "tcp"
	if strings.Contains(f.address, "/") {
		network = "unix"
	}
	conn, err := net.Dial(network, f.address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	conn.SetDeadline(time.Now().Add(10 * time.Second))
	return &client{t, conn, bufio.NewReader(conn)}
}

// request is what Postfix sends, with the attributes that matter.
func request(state, recipient string) string {
	return fmt.Sprintf("request=smtpd_access_policy\nprotocol_state=%s\nprotocol_name=ESMTP\nhelo_name=client.example.org\nqueue_id=\nsender=someone@example.org\nrecipient=%s\nrecipient_count=0\nclient_address=192.0.2.7\nclient_name=client.example.org\ninstance=1.2.3\nsize=0\n\n", state, recipient)
}

func (c *client) send(text string) {
	c.t.Helper()
	if _, err := io.WriteString(c.conn, text); err != nil {
		c.t.Fatal(err)
	}
}

func (c *client) action() string {
	c.t.Helper()
	line, err := c.br.ReadString('\n')
	if err != nil {
		c.t.Fatalf("reading the action: %v", err)
	}
	if empty, err := c.br.ReadString('\n'); err != nil || empty != "\n" {
		c.t.Fatalf("behind the action: %q, %v", empty, err)
	}
	return strings.TrimSuffix(line, "\n")
}

// closed checks that the server closes the connection without another word.
func (c *client) closed() {
	c.t.Helper()
	if rest, err := io.ReadAll(c.br); err != nil || len(rest) > 0 {
		c.t.Errorf("instead of an end: %q, %v", rest, err)
	}
}

func TestActions(t *testing.T) {
	f := start(t, "tcp", "127.0.0.1:0")
	tests := []struct{ name, state, recipient, want string }{
		{"an existing recipient", "RCPT", "john@example.com", "DUNNO"},
		{"an unknown one", "RCPT", "nobody@example.com", "550 5.1.1 mailbox does not exist"},
		{"from the cache", "RCPT", "nobody@example.com", "550 5.1.1 mailbox does not exist"},
		{"an unquoted local-part with a space", "RCPT", "john smith@example.com", "DUNNO"},
		{"one that does not exist", "RCPT", "jane smith@example.com", "550 5.1.1 mailbox does not exist"},
		{"an @ in the local-part", "RCPT", "a@b@example.com", "550 5.1.1 mailbox does not exist"},
		{"a domain that is not served", "RCPT", "john@elsewhere.example", "DUNNO"},
		{"no domain", "RCPT", "postmaster", "DUNNO"},
		{"an address literal", "RCPT", "john@[192.0.2.1]", "DUNNO"},
		{"an empty recipient", "RCPT", "", "DUNNO"},
		{"no local-part", "RCPT", "@example.com", "550 5.1.3 bad recipient address syntax"},
		{"a control character", "RCPT", "a\tb@example.com", "550 5.1.3 bad recipient address syntax"},
		{"a NUL", "RCPT", "a\x00b@example.com", "550 5.1.3 bad recipient address syntax"},
		{"an overlong local-part", "RCPT", strings.Repeat("a", 256) + "@example.com", "550 5.1.3 bad recipient address syntax"},
		{"another state", "DATA", "nobody@example.com", "DUNNO"},
		{"VRFY", "VRFY", "nobody@example.com", "DUNNO"},
		{"no state yet", "CONNECT", "", "DUNNO"},
	}
	c := dial(t, f) // one connection for all
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c.t = t
			c.send(request(tt.state, tt.recipient))
			if got := c.action(); got != "action="+tt.want {
				t.Errorf("%s; want action=%s", got, tt.want)
			}
		})
	}
	if n := f.destination.Recipients.Load(); n != 6 { // a probe and five recipients
		t.Errorf("the destination was asked %d times; want 6", n)
	}
	if log := f.log.String(); !strings.Contains(log, "recipient=nobody@example.com action=reject code=550 enhanced=5.1.1 verdict=invalid reason=recipient source=callout") ||
		!strings.Contains(log, "client=192.0.2.7") || !strings.Contains(log, "sender=someone@example.org") {
		t.Errorf("the log lacks the decision:\n%s", log)
	}
}

func TestUnixSocketAndBareRequests(t *testing.T) {
	f := start(t, "unix", filepath.Join(t.TempDir(), "policy.sock"))
	c := dial(t, f)
	c.send("request=smtpd_access_policy\nprotocol_state=RCPT\nrecipient=nobody@example.com\n\n")
	if got := c.action(); !strings.HasPrefix(got, "action=550") {
		t.Error(got)
	}
	c.send("request=smtpd_access_policy\r\nprotocol_state=RCPT\r\nrecipient=john@example.com\r\n\r\n") // by hand
	if got := c.action(); got != "action=DUNNO" {
		t.Error(got)
	}
	if _, err := os.Stat(f.address); err != nil {
		t.Error(err)
	}
}

// Requests that are sent ahead are answered in their order, and a request may come in pieces.
func TestManyRequestsOnAConnection(t *testing.T) {
	f := start(t, "tcp", "127.0.0.1:0")
	c := dial(t, f)
	c.send(strings.Repeat(request("RCPT", "john@example.com")+request("RCPT", "nobody@example.com"), 200))
	for range 200 {
		if got := c.action(); got != "action=DUNNO" {
			t.Fatal(got)
		}
		if got := c.action(); got != "action=550 5.1.1 mailbox does not exist" {
			t.Fatal(got)
		}
	}
	for _, octet := range []byte(request("RCPT", "john@example.com")) {
		c.send(string(octet))
	}
	if got := c.action(); got != "action=DUNNO" {
		t.Error(got)
	}
}

func TestMalformedRequests(t *testing.T) {
	f := start(t, "tcp", "127.0.0.1:0")
	good := dial(t, f)
	tests := []struct{ name, send, reason string }{
		{"no attribute", "hello\n\n", `the line \"hello\" is not name=value`},
		{"an empty request", "\n", "it has no request=smtpd_access_policy"},
		{"another request", "request=junk\n\n", "is not smtpd_access_policy"},
		{"no request", "protocol_state=RCPT\nrecipient=a@example.com\n\n", "it has no request=smtpd_access_policy"},
		{"no recipient", "request=smtpd_access_policy\nprotocol_state=RCPT\n\n", "without a recipient"},
		{"a line over 8 KiB", "request=smtpd_access_policy\nsender=" + strings.Repeat("a", 8192), "a line longer than 8192 octets"},
		{"over 64 KiB", strings.Repeat("x="+strings.Repeat("a", 8000)+"\n", 9), "longer than 65536 octets"},
		{"cut off", "request=smtpd_access_policy\nproto", "the connection ended inside it"},
		{"binary junk", "\x16\x03\x01\x02\x00\x01\n\n", "is not name=value"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := dial(t, f)
			io.WriteString(c.conn, tt.send) // the server may close before all of it is sent
			c.conn.(*net.TCPConn).CloseWrite()
			io.Copy(io.Discard, c.br)
			deadline := time.Now().Add(5 * time.Second)
			for !strings.Contains(f.log.String(), tt.reason) {
				if time.Now().After(deadline) {
					t.Fatalf("not logged: %s\n%s", tt.reason, f.log.String())
				}
				time.Sleep(time.Millisecond)
			}
		})
	}
	good.send(request("RCPT", "john@example.com"))
	if got := good.action(); got != "action=DUNNO" {
		t.Errorf("another connection suffered: %s", got)
	}
	if n := f.destination.Recipients.Load(); n != 2 {
		t.Errorf("malformed requests reached the destination: %d RCPTs", n)
	}
}

// Shutdown answers what was asked and closes idle connections.
func TestShutdown(t *testing.T) {
	f := start(t, "tcp", "127.0.0.1:0")
	idle, busy := dial(t, f), dial(t, f)
	idle.send(request("RCPT", "john@example.com"))
	idle.action()
	busy.send(request("RCPT", "john@slow.example"))
	for deadline := time.Now().Add(5 * time.Second); f.destination.Recipients.Load() < 3; { // the probe is being asked
		if time.Now().After(deadline) {
			t.Fatal("the slow destination was not asked")
		}
		time.Sleep(time.Millisecond)
	}
	done := make(chan struct{})
	go func() { f.server.Shutdown(context.Background()); close(done) }()
	if got := busy.action(); got != "action=DUNNO" {
		t.Errorf("asked before the shutdown: %s", got)
	}
	busy.closed()
	idle.closed()
	<-done
	if conn, err := net.Dial("tcp", f.address); err == nil {
		conn.Close()
		t.Error("still listening")
	}
}

// When its time is over, Shutdown defers who still waits.
func TestShutdownDefers(t *testing.T) {
	f := start(t, "tcp", "127.0.0.1:0")
	c := dial(t, f)
	c.send(request("RCPT", "john@slow.example"))
	for deadline := time.Now().Add(5 * time.Second); f.destination.Recipients.Load() < 1; {
		if time.Now().After(deadline) {
			t.Fatal("the slow destination was not asked")
		}
		time.Sleep(time.Millisecond)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	f.server.Shutdown(ctx)
	if got := c.action(); got != "action=451 4.4.2 recipient can't be verified now, try again later" {
		t.Error(got)
	}
	c.closed()
}

// A client that does not take its answers holds up no shutdown.
func TestShutdownCutsClientsThatDoNotRead(t *testing.T) {
	f := start(t, "unix", filepath.Join(t.TempDir(), "policy.sock"))
	c := dial(t, f)
	go func() {
		for {
			if _, err := io.WriteString(c.conn, request("DATA", "john@example.com")); err != nil {
				return
			}
		}
	}()
	for last := int64(-1); ; { // until the server can't write any more
		time.Sleep(100 * time.Millisecond)
		now := c.conn.(*net.UnixConn)
		n, err := pendingOctets(now)
		if err != nil {
			t.Fatal(err)
		}
		if n == last {
			break
		}
		last = n
	}
	ctx, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond)
	defer cancel()
	done := make(chan struct{})
	go func() { f.server.Shutdown(ctx); close(done) }()
	select {
	case <-done:
	case <-time.After(5 * time.Second):
		t.Fatal("the shutdown waits for a client that does not read")
	}
}

// pendingOctets returns how much has come on a connection and was not read.
func pendingOctets(conn *net.UnixConn) (n int64, err error) {
	raw, err := conn.SyscallConn()
	if err != nil {
		return 0, err
	}
	control := raw.Control(func(fd uintptr) {
		var m int
		m, err = unix.IoctlGetInt(int(fd), unix.TIOCINQ)
		n = int64(m)
	})
	return n, errors.Join(err, control)
}
