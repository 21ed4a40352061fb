package test

import (
	"bufio"
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"
)

// heldServer is a destination that answers everything at once but RCPT, which it holds until it is released; then
// it accepts.
type heldServer struct {
	addr     string
	asked    chan string   // the RCPT commands that are held, 16 at most
	released chan struct{} // close it to have them answered
}

func startHeldServer(t *testing.T) *heldServer {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	h := &heldServer{addr: l.Addr().String(), asked: make(chan string, 16), released: make(chan struct{})}
	over := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			wg.Go(func() {
				<-over
				c.Close()
			})
			wg.Go(func() { h.serve(c, over) })
		}
	})
	t.Cleanup(func() {
		close(over)
		l.Close()
		wg.Wait()
	})
	return h
}

func (h *heldServer) serve(c net.Conn, over chan struct{}) {
	defer c.Close()
	fmt.Fprint(c, "220 held.test ESMTP\r\n")
	for lines := bufio.NewScanner(c); lines.Scan(); {
		reply := "250 2.0.0 ok"
		switch command, _, _ := strings.Cut(lines.Text(), " "); command {
		case "RCPT":
			h.asked <- lines.Text()
			select {
			case <-h.released:
			case <-over:
				return
			}
		case "QUIT":
			reply = "221 2.0.0 bye"
		}
		fmt.Fprintf(c, "%s\r\n", reply)
	}
}
