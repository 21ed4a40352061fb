package lab_test

import (
	"bufio"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"callout/internal/lab"
)

// serveEach answers every connection of a real listener.
func serveEach(t *testing.T, serve func(conn net.Conn)) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				conn.SetDeadline(time.Now().Add(time.Minute))
				serve(conn)
			}()
		}
	}()
	t.Cleanup(func() {
		ln.Close()
		<-done
	})
	return ln.Addr().String()
}

func startDelay(t *testing.T, server string, oneWay time.Duration) *lab.Delay {
	t.Helper()
	d, err := lab.NewDelay(server, oneWay)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.Close)
	return d
}

func startDestination(t *testing.T) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	d := &lab.Destination{Hostname: "mx", Domains: map[string]lab.Domain{"example.com": {Mailboxes: []string{"john"}}}}
	go d.Serve(ln)
	t.Cleanup(d.Close)
	return ln.Addr().String()
}

// talker is a client that reads as many lines as it expects.
type talker struct {
	net.Conn
	r *bufio.Reader
}

func call(t *testing.T, addr string) talker {
	t.Helper()
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	conn.SetDeadline(time.Now().Add(time.Minute))
	return talker{conn, bufio.NewReader(conn)}
}

func (c talker) say(t *testing.T, octets string, lines int) {
	t.Helper()
	if _, err := io.WriteString(c.Conn, octets); err != nil {
		t.Fatal(err)
	}
	c.hear(t, lines)
}

func (c talker) hear(t *testing.T, lines int) (last string) {
	t.Helper()
	for range lines {
		var err error
		if last, err = c.r.ReadString('\n'); err != nil {
			t.Fatal(err)
		}
	}
	return last
}

// A turn is a round trip that the client has waited for, however much is in it.
func TestTurnsAndCommandsAreCounted(t *testing.T) {
	d := startDelay(t, startDestination(t), 0)
	c := call(t, d.Addr())
	c.hear(t, 1)
	c.say(t, "EHLO me\r\n", 3)
	c.say(t, "MAIL FROM:<>\r\nrcpt TO:<john@example.com>\r\nRCPT TO:<x@example.com>\r\nRSET\r\n", 4)
	before := d.Traffic()
	if want := (lab.Traffic{Turns: 2, Mails: 1, Recipients: 2, Resets: 1}); before != want {
		t.Errorf("%+v; want %+v", before, want)
	}
	c.say(t, "QUIT\r\n", 1)
	c.Close()
	other := call(t, d.Addr())
	other.hear(t, 1)
	other.say(t, "NOOP\r\n", 1)
	if got, want := d.Traffic().Minus(before), (lab.Traffic{Turns: 2, Quits: 1}); got != want {
		t.Errorf("then %+v; want %+v", got, want)
	}
	if d.Connections() != 2 || d.Most() != 1 || d.Turns() != 4 {
		t.Errorf("%d connections, %d at most, %d turns", d.Connections(), d.Most(), d.Turns())
	}
	if each := d.Each(); len(each) != 2 || each[0].Turns != 3 || each[1] != (lab.Traffic{Turns: 1}) {
		t.Errorf("each: %+v", each)
	}
}

// A command that comes in pieces is one command, and one turn while the server says nothing.
func TestPieces(t *testing.T) {
	d := startDelay(t, serveEach(t, func(conn net.Conn) {
		fmt.Fprint(conn, "220 mx\r\n")
		io.Copy(io.Discard, conn)
	}), 0)
	c := call(t, d.Addr())
	c.hear(t, 1)
	for _, piece := range []string{"MAI", "L FROM:<>\r", "\nRC"} {
		io.WriteString(c.Conn, piece)
		time.Sleep(20 * time.Millisecond)
	}
	c.say(t, "PT TO:<"+strings.Repeat("x", 20_000)+"\r\nRSET\r\n", 0)
	c.Close()
	for d.Traffic().Resets == 0 {
		time.Sleep(time.Millisecond)
	}
	if got, want := d.Traffic(), (lab.Traffic{Turns: 1, Mails: 1, Recipients: 1, Resets: 1}); got != want {
		t.Errorf("%+v; want %+v", got, want)
	}
}

// Octets arrive after the delay, in order, and the greeting takes it once.
func TestDelay(t *testing.T) {
	const oneWay = 50 * time.Millisecond
	d := startDelay(t, startDestination(t), oneWay)
	begun := time.Now()
	took := func(what string, least time.Duration) {
		t.Helper()
		if got := time.Since(begun); got < least || got > least+time.Second {
			t.Errorf("%s after %v; want %v", what, got, least)
		}
		begun = time.Now()
	}
	c := call(t, d.Addr())
	c.hear(t, 1)
	took("greeting", oneWay)
	c.say(t, "EHLO me\r\n", 3)
	took("EHLO", 2*oneWay)
	var flight strings.Builder
	for range 2000 {
		flight.WriteString("NOOP\r\n")
	}
	c.say(t, flight.String(), 2000)
	took("a flight", 2*oneWay)
	c.say(t, "QUIT\r\n", 1)
	took("QUIT", 2*oneWay)
	if _, err := c.r.ReadByte(); err != io.EOF {
		t.Errorf("after QUIT: %v", err)
	}
	if got := d.Turns(); got != 3 {
		t.Errorf("%d turns", got)
	}
}

// What is on its way is bounded: whoever does not read is not read from.
func TestDelayIsBounded(t *testing.T) {
	written := make(chan int, 1)
	server := serveEach(t, func(conn net.Conn) {
		conn.SetDeadline(time.Now().Add(500 * time.Millisecond))
		n := 0
		for {
			k, err := conn.Write(make([]byte, 16<<10))
			n += k
			if err != nil {
				written <- n
				return
			}
		}
	})
	d := startDelay(t, server, 0)
	c := call(t, d.Addr())
	if n := <-written; n > 40<<20 {
		t.Errorf("%d octets taken for a client that reads none", n)
	}
	c.Close()
}

// Connections that are open at once are counted as long as their clients have not closed, whoever else has.
func TestMost(t *testing.T) {
	d := startDelay(t, startDestination(t), 20*time.Millisecond)
	for range 50 { // one after the other
		c := call(t, d.Addr())
		c.Close()
	}
	for d.Connections() < 50 {
		time.Sleep(time.Millisecond)
	}
	if got := d.Most(); got != 1 {
		t.Errorf("%d at once; want 1", got)
	}
	c := call(t, d.Addr())
	c.hear(t, 1)
	c.say(t, "QUIT\r\n", 1)
	if _, err := c.r.ReadByte(); err != io.EOF {
		t.Errorf("after QUIT: %v", err)
	}
	call(t, d.Addr()).hear(t, 1)
	if got := d.Most(); got != 2 {
		t.Errorf("%d at once, one of them closed by the server alone; want 2", got)
	}
}

// Commands within TLS can't be counted; turns can. A refused STARTTLS is no TLS.
func TestTrafficWithinTLS(t *testing.T) {
	cert, err := lab.Certificate("mx.example.com")
	if err != nil {
		t.Fatal(err)
	}
	server := serveEach(t, func(conn net.Conn) {
		r := bufio.NewReader(conn)
		fmt.Fprint(conn, "220 mx\r\n")
		r.ReadString('\n')
		fmt.Fprint(conn, "454 not now\r\n")
		r.ReadString('\n')
		fmt.Fprint(conn, "250 reset\r\n")
		r.ReadString('\n')
		fmt.Fprint(conn, "220 go\r\n")
		within := tls.Server(conn, &tls.Config{Certificates: []tls.Certificate{cert}})
		bufio.NewReader(within).ReadString('\n')
		fmt.Fprint(within, "250 reset\r\n")
	})
	d := startDelay(t, server, 0)
	c := call(t, d.Addr())
	c.hear(t, 1)
	c.say(t, "STARTTLS\r\n", 1)
	c.say(t, "RSET\r\n", 1)
	c.say(t, "STARTTLS\r\n", 1)
	within := tls.Client(c.Conn, trusting())
	talker{within, bufio.NewReader(within)}.say(t, "RSET\r\n", 1)
	// Two for the handshake: its first message, and its last together with the command.
	if got, want := d.Traffic(), (lab.Traffic{Turns: 5, Resets: 1}); got != want {
		t.Errorf("%+v; want %+v", got, want)
	}
}

// What follows a STARTTLS that was answered with 220 is not read for commands, whatever it is.
func TestNothingIsReadBehindSTARTTLS(t *testing.T) {
	d := startDelay(t, serveEach(t, func(conn net.Conn) {
		fmt.Fprint(conn, "220 mx\r\n")
		for r := bufio.NewReader(conn); ; fmt.Fprint(conn, "220 go\r\n") {
			if _, err := r.ReadString('\n'); err != nil {
				return
			}
		}
	}), 0)
	c := call(t, d.Addr())
	c.hear(t, 1)
	c.say(t, "starttls\r\n", 1)
	c.say(t, "RSET\r\n", 1)
	if got, want := d.Traffic(), (lab.Traffic{Turns: 2}); got != want {
		t.Errorf("%+v; want %+v", got, want)
	}
}

// A server that is not there closes the client's connection.
func TestDelayWithoutAServer(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ln.Close()
	c := call(t, startDelay(t, ln.Addr().String(), 0).Addr())
	if _, err := c.r.ReadByte(); err == nil {
		t.Error("an octet from nowhere")
	}
}
