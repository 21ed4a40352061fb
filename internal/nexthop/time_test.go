package nexthop_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"callout/internal/callout"
	"callout/internal/nexthop"
)

// inMemory is a network on which every address is a hop.
type inMemory struct {
	hop
	connections atomic.Int32
}

func (m *inMemory) dial(context.Context, netip.Addr, string) (net.Conn, error) {
	client, conn := net.Pipe()
	m.connections.Add(1)
	m.wait.Go(func() {
		defer conn.Close()
		m.serve(conn)
	})
	return client, nil
}

func (m *inMemory) hops() (*nexthop.Hops, nexthop.Route) {
	settings := callout.DefaultSettings()
	route := nexthop.Route{Destination: callout.Destination{{{Name: "192.0.2.1", Port: 25}}}, Settings: &settings}
	return nexthop.New(nexthop.Options{Pools: callout.NewPools(callout.Options{Dial: m.dial})}), route
}

// No more than 20 sessions of a route are kept.
func TestKeptSessionsAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := new(inMemory)
		hops, route := m.hops()
		for round, want := range []int32{30, 40} { // of the second 30 find 20 sessions
			var all []*nexthop.Delivery
			for range 30 {
				d, err := hops.Begin(t.Context(), route, envelope)
				if err != nil {
					t.Fatal(err)
				}
				all = append(all, d)
			}
			if n := m.connections.Load(); n != want {
				t.Errorf("round %d: %d connections so far; want %d", round, n, want)
			}
			for _, d := range all {
				d.Release()
			}
			synctest.Wait()
		}
		hops.Close(t.Context())
		m.wait.Wait()
	})
}

// A hop that stops to take the message has 3 minutes for each piece (RFC 5321 section 4.5.3.2.5).
func TestStalledMessage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, over := new(inMemory), make(chan struct{})
		m.data = func(conn net.Conn) bool {
			for range 5 { // slowly, but it gets on
				time.Sleep(2 * time.Minute)
				conn.Read(make([]byte, 64<<10))
			}
			<-over
			return true
		}
		hops, route := m.hops()
		d := begin(t, hops, route, false)
		start := time.Now()
		_, err := d.Write(bytes.Repeat(longLine, 1000))
		var problem *callout.Problem
		if took := time.Since(start); !errors.As(err, &problem) || problem.Kind != callout.Timeout || took != 13*time.Minute+time.Second {
			t.Errorf("after %v: %v", took, err) // the second is for the hop's last words
		}
		d.Cut()
		close(over)
		hops.Close(t.Context())
		m.wait.Wait()
	})
}

// Close lets a message finish, and cuts it when the time for that is over.
func TestCloseWaitsForMessages(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := new(inMemory)
		hops, route := m.hops()
		quick, slow := begin(t, hops, route, false), begin(t, hops, route, false)
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
		defer cancel()
		var wait sync.WaitGroup
		start := time.Now()
		wait.Go(func() {
			hops.Close(ctx)
			if took := time.Since(start); took != 30*time.Second {
				t.Errorf("Close took %v", took)
			}
		})
		time.Sleep(20 * time.Second)
		quick.Write([]byte("still on its way\r\n"))
		if reply, err := quick.Finish(t.Context()); err != nil || reply.Code != 250 {
			t.Errorf("%v, %v", reply, err)
		}
		wait.Wait()
		slow.Write([]byte("too late\r\n"))
		if reply, err := slow.Finish(t.Context()); err == nil {
			t.Errorf("a message that was cut was answered %v", reply)
		}
		m.wait.Wait()
		if got := m.took(); len(got) != 1 {
			t.Errorf("%d messages were taken", len(got))
		}
	})
}

// Close ends an attempt to connect when the time for that is over.
func TestCloseEndsConnecting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		pools := callout.NewPools(callout.Options{Dial: func(ctx context.Context, _ netip.Addr, _ string) (net.Conn, error) {
			<-ctx.Done()
			return nil, ctx.Err()
		}})
		hops := nexthop.New(nexthop.Options{Pools: pools})
		_, route := new(inMemory).hops()
		start := time.Now()
		var wait sync.WaitGroup
		wait.Go(func() {
			if _, err := hops.Begin(context.Background(), route, envelope); err == nil || time.Since(start) != time.Second {
				t.Errorf("after %v: %v", time.Since(start), err)
			}
		})
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		synctest.Wait()
		hops.Close(ctx)
		wait.Wait()
	})
}

// Close returns as soon as nothing is on its way.
func TestCloseDoesNotWaitForNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := new(inMemory)
		hops, route := m.hops()
		d := begin(t, hops, route, false)
		start := time.Now()
		time.AfterFunc(time.Second, func() { d.Finish(context.Background()) })
		hops.Close(t.Context())
		if took := time.Since(start); took != time.Second {
			t.Errorf("Close took %v", took)
		}
		hops.Close(t.Context())
		m.wait.Wait()
	})
}

// The end of the context ends the wait for a connection and for a reply.
func TestContextEndsWaiting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, greets := range []bool{false, true} {
			pools := callout.NewPools(callout.Options{Dial: func(context.Context, netip.Addr, string) (net.Conn, error) {
				client, conn := net.Pipe()
				go func() {
					defer conn.Close()
					if greets {
						fmt.Fprint(conn, "220 hop\r\n")
						conn.Read(make([]byte, 100))
						fmt.Fprint(conn, "250 hop\r\n")
					}
					for {
						if _, err := conn.Read(make([]byte, 100)); err != nil {
							return
						}
					}
				}()
				return client, nil
			}})
			hops := nexthop.New(nexthop.Options{Pools: pools})
			_, route := new(inMemory).hops()
			ctx, cancel := context.WithTimeout(t.Context(), 7*time.Second)
			start := time.Now()
			d, err := hops.Begin(ctx, route, envelope)
			if greets && err == nil {
				_, err = d.Recipients(ctx, alice)
				d.Release()
			}
			cancel()
			if took := time.Since(start); took != 7*time.Second || !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("greets %v: after %v: %v", greets, took, err)
			}
			hops.Close(t.Context())
		}
	})
}
