package bench

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// slowSink is a next hop that waits before it reads a message, and then throws it away. Its kernel takes few octets
// meanwhile, so that the rest stays with whoever sends: smtp-sink, which has one thread, would have the kernel
// hold more of 500 messages than it can.
type slowSink struct {
	addr     string
	pause    time.Duration
	messages atomic.Int64 // so far
}

// slowSinkRoom is how many octets the kernel takes before the sink reads them.
const slowSinkRoom = 32 << 10

// startSlowSink starts a sink that waits for so long before each message.
func startSlowSink(b *testing.B, pause time.Duration) *slowSink {
	b.Helper()
	listen := net.ListenConfig{Control: func(_, _ string, c syscall.RawConn) (err error) {
		controlErr := c.Control(func(fd uintptr) {
			err = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_RCVBUF, slowSinkRoom)
		})
		if controlErr != nil {
			return controlErr
		}
		return err
	}}
	ln, err := listen.Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	s := &slowSink{addr: ln.Addr().String(), pause: pause}
	var wait sync.WaitGroup
	wait.Go(func() {
		for {
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			wait.Go(func() {
				defer conn.Close()
				conn.SetDeadline(time.Now().Add(largeMost))
				s.serve(conn)
			})
		}
	})
	b.Cleanup(func() { // Callout has ended, and its connections with it
		ln.Close()
		wait.Wait()
	})
	return s
}

// serve takes the messages of one connection, until it ends.
func (s *slowSink) serve(conn net.Conn) {
	br := bufio.NewReaderSize(conn, slowSinkRoom)
	reply := "220 sink.example.net ESMTP\r\n"
	for {
		if _, err := io.WriteString(conn, reply); err != nil {
			return
		}
		line, err := br.ReadSlice('\n')
		if err != nil {
			return
		}
		reply = "250 2.0.0 Ok\r\n"
		if !bytes.HasPrefix(line, []byte("DATA")) {
			continue
		}
		if _, err := io.WriteString(conn, "354 Go on\r\n"); err != nil {
			return
		}
		time.Sleep(s.pause)
		for string(line) != ".\r\n" {
			if line, err = br.ReadSlice('\n'); err != nil {
				return
			}
		}
		s.messages.Add(1)
	}
}
