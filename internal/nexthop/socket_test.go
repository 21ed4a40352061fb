package nexthop_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"strings"
	"testing"

	"callout/internal/callout"
	"callout/internal/nexthop"
	"callout/internal/smtpwire"
)

func newHops(t testing.TB) *nexthop.Hops {
	pools := callout.NewPools(callout.Options{})
	hops := nexthop.New(nexthop.Options{Pools: pools})
	t.Cleanup(func() {
		hops.Close(context.Background())
		pools.Close(context.Background())
	})
	return hops
}

var (
	envelope = &nexthop.Envelope{Sender: "jane@example.org", Params: smtpwire.MailParams{Size: -1}}
	alice    = []nexthop.Recipient{{Path: "alice@example.com"}}
)

// begin begins a transaction that takes a message.
func begin(t testing.TB, hops *nexthop.Hops, r nexthop.Route, bdat bool) *nexthop.Delivery {
	t.Helper()
	d, err := hops.Begin(t.Context(), r, envelope)
	if err != nil {
		t.Fatal(err)
	}
	if replies, err := d.Recipients(t.Context(), alice); err != nil || replies[0].Code != 250 {
		t.Fatalf("%v, %v", replies, err)
	}
	if reply, err := d.Start(t.Context(), bdat); err != nil || reply.Class() > 3 {
		t.Fatalf("%v, %v", reply, err)
	}
	return d
}

// Messages arrive octet for octet, whatever pieces they are written in, by DATA and by BDAT, with pipelining and without.
func TestMessagesArriveAsTheyAre(t *testing.T) {
	for _, extensions := range [][]string{{"PIPELINING", "CHUNKING"}, {"CHUNKING"}, {"PIPELINING"}} {
		t.Run(strings.Join(extensions, " "), func(t *testing.T) {
			h := &hop{extensions: extensions}
			route, hops := startHop(t, h), newHops(t)
			var want []string
			for _, size := range []int{0, 1, 64 << 10, 64<<10 + 1, 1 << 20} {
				want = append(want, someMessage(size))
				d := begin(t, hops, route, true)
				for rest := want[len(want)-1]; rest != ""; {
					n := min(len(rest), 1+rand.IntN(100_000))
					if _, err := d.Write([]byte(rest[:n])); err != nil {
						t.Fatal(err)
					}
					rest = rest[n:]
				}
				if reply, err := d.Finish(t.Context()); err != nil || reply.Code != 250 {
					t.Fatalf("%v, %v", reply, err)
				}
			}
			for i, got := range h.took() {
				if got != want[i] {
					t.Errorf("message %d: %d octets came, %d were sent", i, len(got), len(want[i]))
				}
			}
			if len(h.took()) != len(want) || h.closeAll() != 1 {
				t.Errorf("%d messages in %d sessions; want %d in one", len(h.took()), h.closeAll(), len(want))
			}
		})
	}
}

// someMessage returns lines of size octets or a few more, many of which begin with dots.
func someMessage(size int) string {
	var b strings.Builder
	for b.Len() < size {
		b.WriteString(strings.Repeat(".", rand.IntN(3)))
		b.WriteString(strings.Repeat("x", rand.IntN(2000)))
		b.WriteString("\r\n")
	}
	return b.String()
}

// A kept session that the hop has closed is seen to be closed before anything is said in it.
func TestClosedSessionIsNotTaken(t *testing.T) {
	h := &hop{extensions: []string{"PIPELINING"}}
	route, hops := startHop(t, h), newHops(t)
	d := begin(t, hops, route, false)
	d.Finish(t.Context())
	if h.closeAll() != 1 {
		t.Fatal("more than one session")
	}
	d, err := hops.Begin(t.Context(), route, envelope)
	if err != nil {
		t.Fatal(err)
	}
	if h.closeAll() != 2 {
		t.Error("the closed session was taken again")
	}
	d.Cut()
}

// A hop that refuses the message in its middle and closes has its reply found by the write that fails.
func TestEarlyReply(t *testing.T) {
	for code, early := range map[int]int{552: 552, 421: 0} {
		t.Run(fmt.Sprint(code), func(t *testing.T) {
			h := &hop{data: func(conn net.Conn) bool {
				fmt.Fprintf(conn, "%d 5.3.4 no more of this\r\n", code)
				conn.(*net.TCPConn).CloseWrite()
				io.CopyN(io.Discard, conn, 100_000) // then it resets
				return true
			}}
			route, hops := startHop(t, h), newHops(t)
			d := begin(t, hops, route, false)
			var err error
			for range 100_000 {
				if _, err = d.Write(longLine); err != nil {
					break
				}
			}
			var problem *callout.Problem
			if !errors.As(err, &problem) || problem.Reply.Code != code || d.EarlyReply().Code != early {
				t.Errorf("%v; early: %v", err, d.EarlyReply())
			}
			if _, again := d.Write(longLine); again == nil {
				t.Error("another write is taken")
			}
			d.Cut()
			d.Cut()
		})
	}
}

// A hop that answers before the end of the message has answered something else: that it took it is not believed, that it refused
// it is.
func TestAnsweredBeforeTheEnd(t *testing.T) {
	for said, want := range map[string]string{"250 2.0.0 queued": "", "550 5.6.0 spam": "550 5.6.0 spam"} {
		t.Run(said, func(t *testing.T) {
			answered := make(chan struct{})
			h := &hop{data: func(conn net.Conn) bool {
				fmt.Fprint(conn, said+"\r\n")
				close(answered)
				rest, _ := io.ReadAll(conn)
				if strings.HasSuffix(string(rest), ".\r\n") {
					t.Error("the message was ended")
				}
				return true
			}}
			route, hops := startHop(t, h), newHops(t)
			d := begin(t, hops, route, false)
			<-answered
			d.Write(longLine)
			reply, err := d.Finish(t.Context())
			var problem *callout.Problem
			if reply.String() != want || want == "" && (!errors.As(err, &problem) || problem.Kind != callout.Garbage) {
				t.Errorf("%v, %v", reply, err)
			}
		})
	}
}

// A thousand recipients have a thousand replies in their order: what is on its way is bounded.
func TestManyRecipients(t *testing.T) {
	h := &hop{extensions: []string{"PIPELINING"}}
	route, hops := startHop(t, h), newHops(t)
	var rs []nexthop.Recipient
	for i := range 1000 {
		rs = append(rs, nexthop.Recipient{Path: fmt.Sprintf("%s%d@example.com", strings.Repeat("u", 200), i)})
	}
	d, err := hops.Begin(t.Context(), route, envelope)
	if err != nil {
		t.Fatal(err)
	}
	if replies, err := d.Recipients(t.Context(), rs); err != nil || len(replies) != 1000 || h.rcpts != 1000 {
		t.Errorf("%d replies to %d, %v", len(replies), h.rcpts, err)
	}
	d.Release()
}

// The end of Start's context ends a message that the hop does not take.
func TestContextEndsAMessage(t *testing.T) {
	stalls, over := make(chan struct{}), make(chan struct{})
	h := &hop{data: func(net.Conn) bool {
		close(stalls)
		<-over
		return true
	}}
	route, hops := startHop(t, h), newHops(t)
	t.Cleanup(func() { close(over) })
	d, err := hops.Begin(t.Context(), route, envelope)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.Recipients(t.Context(), alice); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	if _, err := d.Start(ctx, false); err != nil {
		t.Fatal(err)
	}
	go func() {
		<-stalls
		cancel()
	}()
	for err == nil {
		_, err = d.Write(longLine)
	}
	if !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	d.Cut()
}

var longLine = []byte(strings.Repeat("x", 998) + "\r\n")

// BenchmarkRecipients has flights of recipients answered.
func BenchmarkRecipients(b *testing.B) {
	for _, n := range []int{1, 50} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			h := &hop{extensions: []string{"PIPELINING"}}
			route, hops := startHop(b, h), newHops(b)
			var rs []nexthop.Recipient
			for i := range n {
				rs = append(rs, nexthop.Recipient{Path: fmt.Sprintf("user%d@example.com", i)})
			}
			d, err := hops.Begin(b.Context(), route, envelope)
			if err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			for b.Loop() {
				if replies, err := d.Recipients(b.Context(), rs); err != nil || len(replies) != n {
					b.Fatal(err)
				}
			}
			d.Release()
		})
	}
}

// BenchmarkMessages passes messages of 4 KiB on.
func BenchmarkMessages(b *testing.B) {
	h := &hop{extensions: []string{"PIPELINING"}}
	h.data = func(net.Conn) bool {
		h.mu.Lock()
		defer h.mu.Unlock()
		h.messages = nil
		return false
	}
	route, hops := startHop(b, h), newHops(b)
	text := []byte(someMessage(4096))
	b.ReportAllocs()
	for b.Loop() {
		d := begin(b, hops, route, false)
		d.Write(text)
		if reply, err := d.Finish(b.Context()); err != nil || reply.Code != 250 {
			b.Fatal(reply, err)
		}
	}
}
