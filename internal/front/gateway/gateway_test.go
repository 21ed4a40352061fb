package gateway_test

import (
	"strings"
	"testing"
)

// A message for a mailbox that exists arrives as it was sent, behind a Received field.
func TestMessageArrives(t *testing.T) {
	h := build(t, plan{})
	c := h.dial(t)
	c.say("EHLO client.example")
	c.expect("250")
	c.say("MAIL FROM:<sender@elsewhere.example>", "RCPT TO:<john@example.com>", "RCPT TO:<nobody@example.com>", "RCPT TO:<jane@example.com>", "DATA")
	c.expect("250 2.1.0", "250 2.1.5", "550 5.1.1 mailbox does not exist", "250 2.1.5", "354")
	c.send("Subject: x\r\n\r\n..dot\r\n.\r\n")
	c.expect("250")
	c.say("QUIT")
	c.expect("221")
	c.closed()
	got := h.hop.Received()
	if len(got) != 1 || len(got[0].Rcpts) != 2 {
		t.Fatalf("%d messages: %+v", len(got), got)
	}
	field, message, _ := strings.Cut(string(got[0].Data), "Subject")
	if "Subject"+message != "Subject: x\r\n\r\n.dot\r\n" || !strings.HasPrefix(field, "Received: from client.example ([127.0.0.1])\r\n\tby filter.example.net (Callout) with ESMTP id ") {
		t.Errorf("%q", got[0].Data)
	}
}

// A message in chunks likewise.
func TestMessageInChunksArrives(t *testing.T) {
	h := build(t, plan{})
	c := h.dial(t)
	c.say("EHLO client.example")
	c.expect("250")
	c.say("MAIL FROM:<>", "RCPT TO:<john@example.com>")
	c.send("BDAT 5\r\na\r\n.\rBDAT 4 LAST\r\n\nb\r")
	c.send("\n")
	c.expect("250 2.1.0", "250 2.1.5", "250 2.0.0 5 octets", "250")
	got := h.hop.Received()
	if len(got) != 1 || !strings.HasSuffix(string(got[0].Data), "\r\na\r\n.\r\nb\r\n") || !got[0].Chunked {
		t.Fatalf("%+v", got)
	}
}
