package test

import (
	"context"
	"io"
	"net"
	"regexp"
	"slices"
	"sync"
	"testing"
)

// tap stands between a client and a server and keeps all that the client said.
type tap struct {
	addr string // where the client connects to
	mu   sync.Mutex
	said []byte
}

// startTap passes connections on to a server.
func startTap(t *testing.T, server string) *tap {
	t.Helper()
	addr := freeAddr(t)
	l, err := net.Listen("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	tp := &tap{addr: addr}
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			client, err := l.Accept()
			if err != nil {
				return
			}
			wg.Go(func() { tp.pass(ctx, client, server) })
		}
	})
	t.Cleanup(func() {
		cancel()
		l.Close()
		wg.Wait()
	})
	return tp
}

// pass copies both ways until either side closes, or the test is over.
func (tp *tap) pass(ctx context.Context, client net.Conn, addr string) {
	defer client.Close()
	server, err := net.Dial("tcp", addr)
	if err != nil {
		return
	}
	defer server.Close()
	ctx, cancel := context.WithCancel(ctx)
	var wg sync.WaitGroup
	wg.Go(func() {
		io.Copy(client, server)
		cancel()
	})
	wg.Go(func() {
		io.Copy(server, io.TeeReader(client, tp))
		cancel()
	})
	<-ctx.Done()
	client.Close()
	server.Close()
	wg.Wait()
}

// Write keeps what the client said.
func (tp *tap) Write(b []byte) (int, error) {
	tp.mu.Lock()
	defer tp.mu.Unlock()
	tp.said = append(tp.said, b...)
	return len(b), nil
}

var recipientLine = regexp.MustCompile(`(?m)^recipient=(.*)$`)

// recipients returns the recipients of the policy requests that have passed, in their order.
func (tp *tap) recipients() []string {
	tp.mu.Lock()
	said := string(slices.Clone(tp.said))
	tp.mu.Unlock()
	var all []string
	for _, m := range recipientLine.FindAllStringSubmatch(said, -1) {
		all = append(all, m[1])
	}
	return all
}
