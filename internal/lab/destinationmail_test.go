package lab_test

import (
	"net"
	"strings"
	"testing"

	"callout/internal/lab"
)

func startTaking(t *testing.T, takes bool) (*lab.Destination, talker) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	d := &lab.Destination{Hostname: "mx", TakesMail: takes, Domains: map[string]lab.Domain{"example.com": {Mailboxes: []string{"b"}}}}
	go d.Serve(ln)
	t.Cleanup(d.Close)
	c := call(t, ln.Addr().String())
	c.codes(t, "220", "250 EHLO me")
	return d, c
}

func TestDestinationTakesMail(t *testing.T) {
	d, c := startTaking(t, true)
	c.codes(t, "503 DATA", mailLine, "503 DATA", "550 RCPT TO:<nobody@example.com>", "503 DATA", rcptLine, "354 DATA",
		"250 one\n.\nMAIL FROM:<>\r.\r\r\n..\r\ntwo\r\n.")
	if n := d.Messages.Load(); n != 1 {
		t.Errorf("%d messages", n)
	}
	c.codes(t, "503 DATA", mailLine, rcptLine, "354 DATA", "250 .\r\nNOOP", "250", mailLine, rcptLine, "554 DATA\r\nx")
	if n := d.Messages.Load(); n != 2 {
		t.Errorf("%d messages", n)
	}
}

func TestDestinationTakesOnlySoMuch(t *testing.T) {
	d, c := startTaking(t, true)
	c.codes(t, mailLine, rcptLine, "354 DATA", "250 "+strings.Repeat("x", 10<<20-2)+"\r\n.",
		mailLine, rcptLine, "354 DATA", "552 "+strings.Repeat("x", 10<<20-1)+"\r\n.", "250 NOOP")
	if n := d.Messages.Load(); n != 1 {
		t.Errorf("%d messages", n)
	}
}

func TestDestinationTakesNoMailUnlessTold(t *testing.T) {
	d, c := startTaking(t, false)
	c.codes(t, mailLine, rcptLine, "554 DATA", "250 NOOP")
	if n := d.Messages.Load(); n != 0 {
		t.Errorf("%d messages", n)
	}
}
