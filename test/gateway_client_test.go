package test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"
)

// mailClient is one session of a client that hands mail in, and says every octet of it itself.
type mailClient struct {
	conn net.Conn
	in   *bufio.Reader
	sent strings.Builder // the commands so far, for when something goes wrong
}

// The sender of all mail.
const mailSender = "sender@client.test"

// dialMail connects, reads the greeting, and says EHLO. The session may take a minute.
func dialMail(t *testing.T, addr string) *mailClient {
	t.Helper()
	c := connectMail(t, addr)
	c.expect(t, "220", c.reply())
	c.expect(t, "250", c.say("EHLO client.test"))
	return c
}

// connectMail connects, and says and reads nothing.
func connectMail(t *testing.T, addr string) *mailClient {
	t.Helper()
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	conn.SetDeadline(time.Now().Add(time.Minute))
	return &mailClient{conn: conn, in: bufio.NewReader(conn)}
}

// gone stands for a reply where the connection ends instead.
const gone = "gone"

// write writes octets as they are. Where the other end is gone, the next reply says so.
func (c *mailClient) write(octets string) { io.WriteString(c.conn, octets) }

// reply reads a reply, its lines joined by spaces, or gone.
func (c *mailClient) reply() string {
	var text string
	for {
		line, err := c.in.ReadString('\n')
		if err != nil {
			return gone
		}
		line = strings.TrimRight(line, "\r\n")
		if len(line) < 4 || line[3] != '-' {
			return text + line
		}
		text += line[:3] + " " + line[4:] + " "
	}
}

// say writes a command and returns its reply.
func (c *mailClient) say(command string) string {
	fmt.Fprintf(&c.sent, "%.200q ", command)
	c.write(command + "\r\n")
	return c.reply()
}

// expect fails the test unless a reply begins as wanted.
func (c *mailClient) expect(t *testing.T, want, reply string) {
	t.Helper()
	if !strings.HasPrefix(reply, want) {
		t.Fatalf("%q after %s, want %s", reply, c.sent.String(), want)
	}
}

// address opens a transaction with one recipient. parameters are those of MAIL.
func (c *mailClient) address(t *testing.T, recipient, parameters string) {
	t.Helper()
	if parameters != "" {
		parameters = " " + parameters
	}
	c.expect(t, "250 2.1.0 ", c.say("MAIL FROM:<"+mailSender+">"+parameters))
	c.expect(t, "250 2.1.5 ", c.say("RCPT TO:<"+recipient+">"))
}

// data sends a message with DATA and returns the final reply.
func (c *mailClient) data(t *testing.T, message string) string {
	t.Helper()
	c.expect(t, "354", c.say("DATA"))
	c.write(stuffed(message))
	return c.reply()
}

// stuffed is a message as it goes over the wire behind DATA, with its end (RFC 5321 4.5.2).
func stuffed(message string) string {
	message = strings.ReplaceAll("\r\n"+message, "\r\n.", "\r\n..")[2:]
	if message != "" && !strings.HasSuffix(message, "\r\n") {
		message += "\r\n"
	}
	return message + ".\r\n"
}

// bdat sends a message with BDAT in chunks of a size (RFC 3030) and returns the reply to the last, or to the first
// that was not taken.
func (c *mailClient) bdat(message string, size int) string {
	for len(message) > size {
		c.write(fmt.Sprintf("BDAT %d\r\n%s", size, message[:size]))
		if reply := c.reply(); !strings.HasPrefix(reply, "250") {
			return reply
		}
		message = message[size:]
	}
	c.write(fmt.Sprintf("BDAT %d LAST\r\n%s", len(message), message))
	return c.reply()
}

// quit ends the session.
func (c *mailClient) quit(t *testing.T) {
	t.Helper()
	c.expect(t, "221", c.say("QUIT"))
	if reply := c.reply(); reply != gone {
		t.Errorf("%q behind the reply to QUIT", reply)
	}
}
