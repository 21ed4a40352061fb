package lab_test

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"callout/internal/lab"
)

// failures is a session in which each step of failingAt comes as the reply to the line with its number.
var (
	failures = []string{"220", "250 EHLO me", "220 XCLIENT NAME=x", "250 EHLO me", mailLine, rcptLine, "354 DATA", "250 x\r\n.",
		mailLine, rcptLine, "250 BDAT 2\r\n", "250 RSET", "221 QUIT"}
	failingAt = map[lab.Step]int{lab.AtConnect: 0, lab.AtGreeting: 0, lab.AtEHLO: 1, lab.AtXCLIENT: 2, lab.AtMAIL: 4, lab.AtRCPT: 5,
		lab.AtDATA: 6, lab.AtBody: 7, lab.AtEnd: 7, lab.AtChunk: 10, lab.AtRSET: 11, lab.AtQUIT: 12}
)

// failing plays the session up to a step and returns what is said there.
func failing(t *testing.T, addr string, step lab.Step) (c talker, said string, err error) {
	t.Helper()
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		return c, "", err // a reset may come so soon
	}
	t.Cleanup(func() { conn.Close() })
	conn.SetDeadline(time.Now().Add(time.Minute))
	c = talker{conn, bufio.NewReader(conn)}
	n := failingAt[step]
	c.codes(t, failures[:n]...)
	if _, command, ok := strings.Cut(failures[n], " "); ok && step != lab.AtBody { // there nothing of the message needs to come
		io.WriteString(conn, command+"\r\n")
	}
	said, err = c.r.ReadString('\n')
	return c, said, err
}

func TestReceiverFailsAtEveryStep(t *testing.T) {
	for step := range failingAt {
		for _, fault := range []lab.Fault{lab.Close, lab.Reset, lab.Garbage} {
			t.Run(fmt.Sprint(step, fault), func(t *testing.T) {
				r := &lab.Receiver{Extensions: []string{"XCLIENT NAME ADDR", "CHUNKING"}, Fault: func(at lab.Step, _ int64) lab.Fault {
					if at == step {
						return fault
					}
					return lab.None
				}}
				c, said, err := failing(t, startReceiver(t, r), step)
				switch {
				case fault == lab.Close && (err != io.EOF || said != ""):
					t.Errorf("%q, %v", said, err)
				case fault == lab.Reset && !errors.Is(err, syscall.ECONNRESET):
					t.Errorf("%q, %v", said, err)
				case fault == lab.Garbage && (err != nil || said[0] != 22):
					t.Errorf("%q, %v", said, err)
				case fault == lab.Garbage && step == lab.AtBody:
					c.codes(t, "250 .\r\nNOOP")
				case fault == lab.Garbage:
					c.code(t, "NOOP")
				}
				if got := r.Received(); failingAt[step] < 8 && len(got) != 0 {
					t.Errorf("%+v", got)
				}
			})
		}
	}
}

// A message of which a part has come when the connection breaks is none. What is unread makes no reset of a close.
func TestReceiverBreaksOffWithinAMessage(t *testing.T) {
	for _, body := range []string{"DATA", "BDAT 100000 LAST"} {
		for fault, want := range map[lab.Fault]error{lab.Close: nil, lab.Reset: syscall.ECONNRESET} {
			var last int64
			failed := make(chan struct{})
			r := &lab.Receiver{Fault: func(step lab.Step, n int64) lab.Fault {
				if step == lab.AtBody && n >= 50_000 {
					last = n
					close(failed)
					return fault
				}
				return lab.None
			}}
			c := greeted(t, r)
			c.codes(t, mailLine, rcptLine)
			io.WriteString(c.Conn, body+"\r\n")
			if body == "DATA" {
				c.codes(t, "354")
			}
			io.WriteString(c.Conn, strings.Repeat("0123456\r\n", 10_000)) // more than is read
			<-failed
			if _, err := io.Copy(io.Discard, c.r); !errors.Is(err, want) {
				t.Errorf("%s: %v, not %v", body, err, want)
			}
			if last > 50_000+4096 || len(r.Received()) != 0 {
				t.Errorf("%s: failed after %d octets; %+v", body, last, r.Received())
			}
		}
	}
}

// The step counts go over all sessions.
func TestFaultCountsSteps(t *testing.T) {
	var n []int64
	r := &lab.Receiver{Fault: func(step lab.Step, at int64) lab.Fault {
		if step == lab.AtMAIL {
			n = append(n, at)
		}
		return lab.None
	}}
	addr := startReceiver(t, r)
	for range 2 {
		c := call(t, addr)
		c.codes(t, "220", "250 EHLO me", mailLine, "250 RSET", mailLine, "221 QUIT")
	}
	if !slices.Equal(n, []int64{1, 2, 3, 4}) || r.Sessions() != 2 {
		t.Errorf("%d, %d sessions", n, r.Sessions())
	}
}

func TestReceiverHangsUntilItIsClosed(t *testing.T) {
	hangs := make(chan struct{})
	r := &lab.Receiver{Fault: func(step lab.Step, _ int64) lab.Fault {
		if step == lab.AtEnd {
			close(hangs)
			return lab.Hang
		}
		return lab.None
	}}
	c := greeted(t, r)
	c.codes(t, mailLine, rcptLine, "354 DATA")
	io.WriteString(c.Conn, ".\r\n")
	<-hangs
	c.SetReadDeadline(time.Now().Add(20 * time.Millisecond))
	if _, err := c.r.ReadByte(); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("while it hangs: %v", err)
	}
	c.SetReadDeadline(time.Now().Add(time.Minute))
	r.Close()
	if line, err := c.r.ReadString('\n'); err == nil || line != "" {
		t.Errorf("%q, %v", line, err)
	}
	if len(r.Received()) != 0 {
		t.Error("a message without its reply was taken")
	}
}

// A reply that comes early is the only one, and the message is not taken.
func TestReceiverAnswersEarly(t *testing.T) {
	for _, body := range []string{"354 DATA", ""} {
		r := &lab.Receiver{Refuse: func(step lab.Step, argument string) string {
			if step == lab.AtBody && argument == "10" {
				return "554 5.7.1 enough"
			}
			return ""
		}}
		c := greeted(t, r)
		c.codes(t, mailLine, rcptLine)
		if body != "" {
			c.codes(t, body, "554 01234567") // 554 comes before anything else does
			c.codes(t, "250 .\r\nNOOP")
		} else {
			c.codes(t, "554 BDAT 14 LAST\r\n01234567", "250 ab\r\nNOOP")
		}
		if len(r.Received()) != 0 {
			t.Error("taken after all")
		}
	}
}

// pipes is a listener for connections within the process, which know exactly what was read.
type pipes chan net.Conn

func (p pipes) Accept() (net.Conn, error) {
	if conn, ok := <-p; ok {
		return conn, nil
	}
	return nil, net.ErrClosed
}
func (p pipes) Close() error   { close(p); return nil }
func (p pipes) Addr() net.Addr { return nil }

// A message whose final reply nobody has read was not taken, since its client will send it again.
func TestReceiverForgetsWhatItCouldNotConfirm(t *testing.T) {
	for _, reads := range []bool{true, false} {
		r, ln := new(lab.Receiver), make(pipes)
		ended := make(chan error, 1)
		go func() { ended <- r.Serve(ln) }()
		client, server := net.Pipe()
		ln <- server
		c := talker{client, bufio.NewReaderSize(client, 16)}
		c.codes(t, "220", "250 EHLO me", mailLine, rcptLine, "354 DATA")
		io.WriteString(client, ".\r\n")
		if reads {
			c.codes(t, "250")
		}
		client.Close()
		r.Close()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		if got := r.Received(); (len(got) == 1) != reads {
			t.Errorf("reply read: %v; %d messages", reads, len(got))
		}
	}
}
