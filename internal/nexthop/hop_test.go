package nexthop_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"testing"

	"callout/internal/callout"
	"callout/internal/nexthop"
	"callout/internal/smtpwire"
)

// hop is a next hop on a real socket: it takes everything, and keeps what it took.
type hop struct {
	extensions []string
	data       func(conn net.Conn) bool // is told of DATA; true: it has the connection to itself

	ln       net.Listener
	wait     sync.WaitGroup
	mu       sync.Mutex
	conns    []net.Conn
	messages []string
	rcpts    int
}

func startHop(t testing.TB, h *hop) nexthop.Route {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	h.ln = ln
	h.wait.Go(func() {
		for {
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			h.mu.Lock()
			h.conns = append(h.conns, conn)
			h.mu.Unlock()
			h.wait.Go(func() {
				defer conn.Close()
				h.serve(conn)
			})
		}
	})
	t.Cleanup(func() {
		ln.Close()
		h.closeAll()
		h.wait.Wait()
	})
	at, err := callout.ParseHost(ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	settings := callout.DefaultSettings()
	settings.Hostname = "filter.example.net"
	return nexthop.Route{Destination: callout.Destination{{at}}, Settings: &settings}
}

// closeAll closes every connection and returns how many there were.
func (h *hop) closeAll() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, conn := range h.conns {
		conn.Close()
	}
	return len(h.conns)
}

func (h *hop) took() []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.messages
}

func (h *hop) serve(conn net.Conn) {
	r, out := smtpwire.NewReader(conn), bufio.NewWriter(conn)
	fmt.Fprint(out, "220 hop ESMTP\r\n")
	var message strings.Builder
	for {
		if r.Buffered() == 0 {
			out.Flush()
		}
		line, err := r.ReadLine()
		if err != nil {
			return
		}
		verb, args := smtpwire.SplitCommand(line)
		switch verb {
		case smtpwire.EHLO:
			fmt.Fprint(out, "250-hop\r\n")
			for _, e := range h.extensions {
				fmt.Fprintf(out, "250-%s\r\n", e)
			}
			fmt.Fprint(out, "250 HELP\r\n")
			continue
		case smtpwire.RCPT:
			h.mu.Lock()
			h.rcpts++
			h.mu.Unlock()
		case smtpwire.DATA:
			fmt.Fprint(out, "354 go\r\n")
			out.Flush()
			if h.data != nil && h.data(conn) {
				return
			}
			if _, err := io.Copy(&message, r.Data(smtpwire.RejectBare)); err != nil {
				return
			}
			h.take(&message)
		case smtpwire.BDAT:
			size, last, err := smtpwire.ParseBDAT(args)
			if err != nil {
				return
			}
			var state smtpwire.NewlineState
			if n, err := io.Copy(&message, r.Chunk(size, smtpwire.BinaryNewlines, &state)); n != size || err != nil {
				return
			}
			if last {
				h.take(&message)
			}
		case smtpwire.QUIT:
			fmt.Fprint(out, "221 Bye\r\n")
			out.Flush()
			return
		}
		fmt.Fprint(out, "250 Ok\r\n")
	}
}

func (h *hop) take(message *strings.Builder) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.messages = append(h.messages, message.String())
	message.Reset()
}
