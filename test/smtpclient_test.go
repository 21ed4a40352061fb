package test

import (
	"fmt"
	"net"
	"net/textproto"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// dialogue is a raw SMTP client that writes what it is given.
type dialogue struct {
	conn *textproto.Conn
}

// dialSMTP connects and reads the greeting.
func dialSMTP(t *testing.T, addr string) *dialogue {
	t.Helper()
	c, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	c.SetDeadline(time.Now().Add(time.Minute))
	d := &dialogue{conn: textproto.NewConn(c)}
	t.Cleanup(func() { d.conn.Close() })
	d.read(t)
	return d
}

// say writes a command and returns its reply, the lines joined by spaces.
func (d *dialogue) say(t *testing.T, command string) string {
	t.Helper()
	if err := d.conn.PrintfLine("%s", command); err != nil {
		t.Fatalf("%s: %v", command, err)
	}
	return d.read(t)
}

func (d *dialogue) read(t *testing.T) string {
	t.Helper()
	code, text, err := d.conn.ReadResponse(0)
	if err != nil {
		t.Fatalf("read a reply: %v", err)
	}
	return fmt.Sprintf("%d %s", code, strings.ReplaceAll(text, "\n", " "))
}

// rcpt asks a server for one recipient, as written between the angle brackets, and returns its reply to RCPT.
func rcpt(t *testing.T, addr, recipient string) string {
	t.Helper()
	d := dialSMTP(t, addr)
	for _, command := range []string{"EHLO client.test", "MAIL FROM:<sender@client.test>"} {
		if reply := d.say(t, command); reply[0] != '2' {
			t.Fatalf("%s: %s", command, reply)
		}
	}
	reply := d.say(t, "RCPT TO:<"+recipient+">")
	d.say(t, "QUIT")
	return reply
}

// swaks sends a message that has the given subject, and returns the whole transcript and whether it was accepted.
func swaks(t *testing.T, addr, recipient, subject string) (transcript string, accepted bool) {
	t.Helper()
	cmd := exec.Command(tool(t, "swaks"), "--server", addr, "--ehlo", "client.test", "--from", "sender@client.test",
		"--to", recipient, "--header", "Subject: "+subject, "--body", "test", "--timeout", "60")
	out, err := cmd.CombinedOutput()
	if _, ended := err.(*exec.ExitError); err != nil && !ended {
		t.Fatalf("swaks: %v", err)
	}
	return string(out), err == nil
}

// replyTo returns the reply that swaks shows for the first command that begins as given, "" for none.
func replyTo(command, transcript string) string {
	found := false
	for line := range strings.Lines(transcript) {
		if text, ok := strings.CutPrefix(line, " -> "); ok {
			found = strings.HasPrefix(text, command)
		} else if text, ok := strings.CutPrefix(line, "<-  "); ok && found {
			return strings.TrimSpace(text)
		} else if text, ok := strings.CutPrefix(line, "<** "); ok && found {
			return strings.TrimSpace(text)
		}
	}
	return ""
}
