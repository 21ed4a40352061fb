package gateway_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"sync"
	"testing"
	"time"

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

// wire is a network in memory with one listener.
type wire struct {
	conns  chan net.Conn
	closed chan struct{}
	once   sync.Once
}

func newWire() *wire { return &wire{conns: make(chan net.Conn), closed: make(chan struct{})} }

var errNobodyListens = errors.New("nobody listens")

// dial connects to the listener.
func (w *wire) dial() (net.Conn, error) {
	here, there := net.Pipe()
	select {
	case w.conns <- there:
		return here, nil
	case <-w.closed:
		return nil, errNobodyListens
	}
}

// Accept implements net.Listener.
func (w *wire) Accept() (net.Conn, error) {
	select {
	case conn := <-w.conns:
		return conn, nil
	case <-w.closed:
		return nil, net.ErrClosed
	}
}

// Close implements net.Listener.
func (w *wire) Close() error {
	w.once.Do(func() { close(w.closed) })
	return nil
}

// Addr implements net.Listener.
func (w *wire) Addr() net.Addr { return &net.UnixAddr{Name: "wire", Net: "unix"} }

// fakeHouse is a gateway of example.com and its next hop in memory, for a bubble in which time passes as it is told to.
type fakeHouse struct {
	server  *gateway.Server
	hop     *lab.Receiver
	log     *buffer
	clients *wire
}

func buildFake(t *testing.T, p plan) *fakeHouse {
	t.Helper()
	ctx := context.Background()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	f := &fakeHouse{hop: &lab.Receiver{Hostname: "mx.example.com", Refuse: refuseUnknown}, log: new(buffer), clients: newWire()}
	// Without PIPELINING: a pipe has no buffer for a reply that nobody waits for yet.
	f.hop.Extensions = []string{"SIZE 104857600", "8BITMIME", "SMTPUTF8", "CHUNKING", "BINARYMIME", "DSN", "ENHANCEDSTATUSCODES"}
	if p.hop != nil {
		p.hop(f.hop)
	}
	mx := newWire()
	go f.hop.Serve(mx)
	pools := callout.NewPools(callout.Options{Dial: func(context.Context, netip.Addr, string) (net.Conn, error) { return mx.dial() }})
	d := &domains.Domain{Name: "example.com", Destination: callout.Destination{{{Name: "192.0.2.1", Port: 25}}}, Settings: domains.DefaultSettings()}
	d.Settings.CatchAllCheck = false
	d.Settings.Callout.Hostname = "filter.example.net"
	log := slog.New(slog.NewTextHandler(f.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	st, err := sqlite.Open(ctx, sqlitetest.Path(t))
	must(err)
	behind := store.NewBehind(st, store.BehindOptions{})
	registry, err := domains.New(ctx, st, behind, []*domains.Domain{d}, nil)
	must(err)
	verifier, err := verify.New(ctx, verify.Options{Domains: registry, Asker: pools, Store: st, Behind: behind, MaxEntries: 1000, Log: log})
	must(err)
	hops := nexthop.New(nexthop.Options{Pools: pools, Log: log})
	o := gateway.Options{Settings: defaultSettings(), Verifier: verifier, Domains: registry, Hops: hops, Log: log}
	if p.settings != nil {
		p.settings(&o.Settings)
	}
	if p.options != nil {
		p.options(&o)
	}
	f.server = gateway.New(o)
	go f.server.Serve(f.clients)
	t.Cleanup(func() {
		ended, cancel := context.WithCancel(ctx)
		cancel()
		f.server.Shutdown(ended)
		hops.Close(ended)
		verifier.Close(ended)
		pools.Close(ended)
		behind.Close(ctx)
		st.Close()
		f.hop.Close()
	})
	return f
}

// connect connects to the gateway.
func (f *fakeHouse) connect(t *testing.T) *client {
	t.Helper()
	conn, err := f.clients.dial()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return &client{t, conn, smtpwire.NewReader(conn)}
}

// distant is a connection that seems to come from an address.
type distant struct {
	net.Conn
	address string
}

func (d distant) RemoteAddr() net.Addr { return &net.TCPAddr{IP: net.ParseIP(d.address), Port: 1000} }

// connectFrom connects to the gateway from an address.
func (f *fakeHouse) connectFrom(t *testing.T, address string) *client {
	t.Helper()
	here, there := net.Pipe()
	f.clients.conns <- distant{there, address}
	t.Cleanup(func() { here.Close() })
	return &client{t, here, smtpwire.NewReader(here)}
}

// greeted returns a client that has said EHLO.
func (f *fakeHouse) greeted(t *testing.T) *client {
	t.Helper()
	c := f.connect(t)
	c.expect("220")
	c.say("EHLO client.example")
	c.expect("250")
	return c
}

// transaction returns a client with a recipient that was accepted.
func (f *fakeHouse) transaction(t *testing.T) *client {
	t.Helper()
	c := f.greeted(t)
	c.ask("MAIL FROM:<sender@elsewhere.example>", "250")
	c.ask("RCPT TO:<john@example.com>", "250")
	return c
}

// ask says a command and expects a reply that begins so.
func (c *client) ask(command, reply string) {
	c.t.Helper()
	c.say(command)
	c.expect(reply)
}

// drip sends the same octets again and again, until they are not taken any more.
func (c *client) drip(octets string, every time.Duration) (wait func()) {
	var dripping sync.WaitGroup
	dripping.Go(func() {
		for {
			if _, err := io.WriteString(c.conn, octets); err != nil {
				return
			}
			time.Sleep(every)
		}
	})
	return dripping.Wait
}

// ends expects the last reply, and that it comes this long after begun, or up to two seconds later.
func (c *client) ends(begun time.Time, after time.Duration, reply string) {
	c.t.Helper()
	c.expect(reply)
	if took := time.Since(begun); took < after || took > after+2*time.Second {
		c.t.Errorf("ended after %v; want %v", took, after)
	}
	c.closed()
}
