package servers

import (
	"bufio"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"
)

// dialogue is one SMTP or LMTP session, spoken by hand.
type dialogue struct {
	t    *testing.T
	conn net.Conn
	in   *bufio.Reader
}

// dial opens a session with a server, without reading its greeting.
func dial(t *testing.T, s *Server) *dialogue {
	t.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(s.Destinations[0], "lmtp://"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	conn.SetDeadline(time.Now().Add(time.Minute))
	return &dialogue{t: t, conn: conn, in: bufio.NewReader(conn)}
}

// hello opens a session up to the reply to EHLO or LHLO, which it returns too.
func hello(t *testing.T, s *Server) (*dialogue, string) {
	t.Helper()
	d := dial(t, s)
	if greeting := d.reply(); !strings.HasPrefix(greeting, "220") {
		t.Fatalf("%s greets with %q", s.Name, greeting)
	}
	if strings.HasPrefix(s.Destinations[0], "lmtp://") {
		return d, d.say("LHLO client.test")
	}
	return d, d.say("EHLO client.test")
}

// closed stands for a reply where the server has closed instead.
const closed = "closed"

// say sends commands in one write and returns the reply to the last.
func (d *dialogue) say(commands ...string) string {
	d.t.Helper()
	replies := d.pipeline(commands...)
	return replies[len(replies)-1]
}

// pipeline sends commands in one write and returns their replies.
func (d *dialogue) pipeline(commands ...string) []string {
	d.t.Helper()
	fmt.Fprint(d.conn, strings.Join(commands, "\r\n")+"\r\n") // an error shows when the replies are read
	replies := make([]string, len(commands))
	for i := range replies {
		replies[i] = d.reply()
	}
	return replies
}

// reply reads one reply, its lines separated by a line feed, or closed.
func (d *dialogue) reply() string {
	d.t.Helper()
	var lines []string
	for {
		line, err := d.in.ReadString('\n')
		if nerr, ok := err.(net.Error); ok && nerr.Timeout() {
			d.t.Fatalf("no reply within a minute; so far %q", lines)
		}
		if err != nil {
			return closed
		}
		lines = append(lines, strings.TrimRight(line, "\r\n"))
		if len(line) < 4 || line[3] != '-' {
			return strings.Join(lines, "\n")
		}
	}
}

// expect sends a command and fails the test when the reply is another.
func (d *dialogue) expect(command, want string) {
	d.t.Helper()
	if got := d.say(command); got != want {
		d.t.Errorf("%s: %q, want %q", command, got, want)
	}
}

// sayAll sends commands, pipelined or one at a time, and returns their replies.
func (d *dialogue) sayAll(pipelined bool, commands []string) []string {
	d.t.Helper()
	if pipelined {
		return d.pipeline(commands...)
	}
	replies := make([]string, len(commands))
	for i, command := range commands {
		replies[i] = d.say(command)
	}
	return replies
}

// replyWithin waits for a reply, and reports whether it came in time.
func (d *dialogue) replyWithin(within time.Duration) (reply string, ok bool) {
	d.t.Helper()
	d.conn.SetReadDeadline(time.Now().Add(within))
	_, err := d.in.Peek(1)
	d.conn.SetDeadline(time.Now().Add(time.Minute))
	if nerr, isNet := err.(net.Error); isNet && nerr.Timeout() {
		return "", false
	}
	return d.reply(), true
}
