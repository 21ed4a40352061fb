package gateway_test

import (
	"bytes"
	"context"
	"log/slog"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"callout/internal/callout"
	"callout/internal/domains"
	"callout/internal/front/gateway"
	"callout/internal/lab"
	"callout/internal/nexthop"
	"callout/internal/smtpwire"
	"callout/internal/store"
	"callout/internal/store/sqlite"
	"callout/internal/store/sqlite/sqlitetest"
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

// house is a gateway in front of a destination, everything real and on loopback. The destination has the mailboxes of
// isUser at every domain; callouts go to it as mail does.
type house struct {
	server      *gateway.Server
	verifier    *verify.Verifier
	address     string
	log         *buffer
	destination callout.Host  // example.com's, which is h.hop
	hop         *lab.Receiver // that holds example.com and other.example
}

// plan is what a test changes before a house is built. Fields may be left zero.
type plan struct {
	settings  func(*gateway.Settings)
	options   func(*gateway.Options)
	hop       func(*lab.Receiver)
	domain    func(*domains.Domain) // of each domain
	quiet     bool                  // nothing is logged
	elsewhere bool                  // the domain second.example has another hop
}

// isUser reports whether the path of a RCPT is that of a mailbox that exists.
func isUser(path string) bool {
	local, _, _ := strings.Cut(strings.TrimPrefix(path, "TO:<"), "@")
	for _, user := range []string{"john", "jane", "user", "postmaster", "josé"} {
		if strings.HasPrefix(strings.ToLower(local), user) {
			return true
		}
	}
	return false
}

// refuseUnknown is what a destination says of those that it does not have.
func refuseUnknown(step lab.Step, argument string) string {
	if step == lab.AtRCPT && !isUser(argument) {
		return "550 5.1.1 no such user at mx7.internal.example"
	}
	return ""
}

func defaultSettings() gateway.Settings {
	return gateway.Settings{
		Hostname:       "filter.example.net",
		Announce:       []string{"PIPELINING", "SIZE", "8BITMIME", "SMTPUTF8", "CHUNKING", "BINARYMIME", "DSN", "ENHANCEDSTATUSCODES", "STARTTLS"},
		MaxConnections: 100, MaxConnectionsPerClient: 50, MaxRecipients: 1000, MaxMessageSize: 1 << 20, MaxErrors: 20,
		CommandTimeout: time.Minute, DataTimeout: time.Minute, SessionTimeout: time.Minute, MinDataRate: 1000,
		Postmaster: "postmaster@example.com",
	}
}

// receive starts a destination.
func receive(t testing.TB, r *lab.Receiver, change func(*lab.Receiver)) callout.Destination {
	t.Helper()
	if r.Hostname == "" {
		r.Hostname = "mx.example.com"
	}
	r.Refuse = refuseUnknown
	if change != nil {
		change(r)
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go r.Serve(ln)
	t.Cleanup(r.Close)
	address := ln.Addr().String()
	if r.LMTP {
		address = "lmtp://" + address
	}
	host, err := callout.ParseHost(address)
	if err != nil {
		t.Fatal(err)
	}
	return callout.Destination{{host}}
}

// build starts a house.
func build(t testing.TB, p plan) *house {
	t.Helper()
	h := &house{log: new(buffer), hop: new(lab.Receiver)}
	destination := receive(t, h.hop, p.hop)
	h.destination = destination[0][0]
	served := []*domains.Domain{{Name: "example.com", Destination: destination}, {Name: "alike.example", Destination: destination},
		{Name: "away.example", Destination: unreachable(t)}}
	if p.elsewhere {
		served = append(served, &domains.Domain{Name: "second.example", Destination: receive(t, new(lab.Receiver), nil)})
	}
	for _, d := range served {
		d.Settings = domains.DefaultSettings()
		d.Settings.CatchAllCheck = false
		d.Settings.Callout.Hostname = "filter.example.net"
		if p.domain != nil {
			p.domain(d)
		}
	}
	h.serve(t, served, p)
	return h
}

// serve starts the gateway for its domains.
func (h *house) serve(t testing.TB, served []*domains.Domain, p plan) {
	t.Helper()
	ctx := context.Background()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	log := slog.New(slog.NewTextHandler(h.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	if p.quiet {
		log = slog.New(slog.DiscardHandler)
	}
	st, err := sqlite.Open(ctx, sqlitetest.Path(t))
	must(err)
	behind := store.NewBehind(st, store.BehindOptions{})
	registry, err := domains.New(ctx, st, behind, served, nil)
	must(err)
	pools := callout.NewPools(callout.Options{})
	h.verifier, err = verify.New(ctx, verify.Options{Domains: registry, Asker: pools, Store: st, Behind: behind, MaxEntries: 10_000, Log: log})
	must(err)
	hops := nexthop.New(nexthop.Options{Pools: pools, Log: log})
	o := gateway.Options{Settings: defaultSettings(), Verifier: h.verifier, Domains: registry, Hops: hops, Log: log}
	if p.settings != nil {
		p.settings(&o.Settings)
	}
	if p.options != nil {
		p.options(&o)
	}
	h.server = gateway.New(o)
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	must(err)
	h.address = ln.Addr().String()
	go h.server.Serve(ln)
	t.Cleanup(func() {
		ended, cancel := context.WithCancel(ctx)
		cancel()
		h.server.Shutdown(ended)
		hops.Close(ended)
		h.verifier.Close(ended)
		pools.Close(ended)
		behind.Close(ctx)
		st.Close()
	})
}

// unreachable returns a destination that nobody listens at.
func unreachable(t testing.TB) callout.Destination {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	host, err := callout.ParseHost(ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	return callout.Destination{{host}}
}

// client is one that speaks to a gateway.
type client struct {
	t    testing.TB
	conn net.Conn
	r    *smtpwire.Reader
}

// dial connects to the gateway and takes its banner.
func (h *house) dial(t testing.TB) *client {
	t.Helper()
	c := h.connect(t)
	c.expect("220 filter.example.net ESMTP")
	return c
}

// connect connects to the gateway.
func (h *house) connect(t testing.TB) *client {
	t.Helper()
	conn, err := net.Dial("tcp", h.address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	conn.SetDeadline(time.Now().Add(30 * time.Second))
	return &client{t, conn, smtpwire.NewReader(conn)}
}

// send writes octets as they are.
func (c *client) send(octets string) {
	c.t.Helper()
	if _, err := c.conn.Write([]byte(octets)); err != nil {
		c.t.Errorf("sending %.60q: %v", octets, err)
	}
}

// say writes command lines, all at once.
func (c *client) say(lines ...string) {
	c.t.Helper()
	c.send(strings.Join(lines, "\r\n") + "\r\n")
}

// expect reads a reply for each of the given, which must begin so.
func (c *client) expect(replies ...string) {
	c.t.Helper()
	for i, want := range replies {
		got, err := c.r.ReadReply()
		if err != nil {
			c.t.Fatalf("reply %d: %v; want %s", i+1, err, want)
		}
		if !strings.HasPrefix(got.String(), want) {
			c.t.Fatalf("reply %d: %s; want %s", i+1, got, want)
		}
	}
}

// closed says that the gateway has nothing more to say and closes.
func (c *client) closed() {
	c.t.Helper()
	if reply, err := c.r.ReadReply(); err == nil {
		c.t.Errorf("%s; want a closed connection", reply)
	}
}
