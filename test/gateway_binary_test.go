package test

import (
	"fmt"
	"strings"
	"testing"

	"callout/internal/lab"
	"callout/test/servers"
)

// No real server that is a next hop here takes BINARYMIME.
func TestGatewayPassesBinaryMessagesOnAsTheyCame(t *testing.T) {
	t.Parallel()
	addr := freeAddr(t)
	r := &lab.Receiver{Hostname: "binary.test"}
	startReceiver(t, addr, r)
	g := startGateway(t, "", &keeper{Domain: "binary.test", Destination: addr})
	message := messageHeader + "\r\n" + everyOctet() + "\r\n\n\r\r\n.\r\n\n.\n\r.\r" + strings.Repeat("\x00\r\n.", 10_000) + "the end"
	c := dialMail(t, g.addr)
	sizes := []int{len(message), 1000, 97, 3, 2}
	for _, size := range sizes {
		c.address(t, fmt.Sprintf("chunks%d@binary.test", size), "BODY=BINARYMIME")
		whole := message
		if size < 10 {
			whole = message[:2000]
		}
		c.expect(t, "250 ", c.bdat(whole, size))
	}
	// Without BINARYMIME too a message in chunks need not end with CRLF.
	c.address(t, "text@binary.test", "")
	c.expect(t, "250 ", c.bdat(messageHeader+"\r\nthe end", 10))
	c.quit(t)

	received := r.Received()
	if len(received) != len(sizes)+1 {
		t.Fatalf("%d messages arrived, want %d", len(received), len(sizes)+1)
	}
	for i, one := range received {
		want, parameters := message, "FROM:<"+mailSender+"> BODY=BINARYMIME"
		switch {
		case i == len(sizes):
			want, parameters = messageHeader+"\r\nthe end", "FROM:<"+mailSender+">"
		case sizes[i] < 10:
			want = message[:2000]
		}
		trace, ok := strings.CutSuffix(string(one.Data), want)
		if !ok || !one.Chunked || !strings.HasPrefix(one.Mail, parameters) {
			t.Errorf("%s for %s: chunks %t, as it was sent %t, want %s and both", one.Mail, one.Rcpts, one.Chunked, ok, parameters)
		}
		if !oneReceivedField(trace) {
			t.Errorf("in front of the message there is %q, want one Received field", trace)
		}
	}
}

// oneReceivedField reports whether lines are the one field that a gateway puts in front.
func oneReceivedField(lines string) bool {
	return strings.HasPrefix(lines, "Received: ") && strings.Count(lines, "\r\n") == strings.Count(lines, "\r\n\t")+1
}

// A binary message can't go where it is not taken, and it is not changed.
func TestGatewayRefusesABinaryMessageForAPostfix(t *testing.T) {
	t.Parallel()
	k, _ := servers.StartPostfixKeeper(t, "")
	g := startGateway(t, "", k)
	c := dialMail(t, g.addr)
	recipient := servers.ValidUser(0) + "@" + k.Domain
	c.expect(t, "250 ", c.say("MAIL FROM:<"+mailSender+"> BODY=BINARYMIME"))
	c.expect(t, "554 5.6.3 ", c.say("RCPT TO:<"+recipient+">"))
	c.expect(t, "250 ", c.say("RSET"))
	c.address(t, recipient, "BODY=8BITMIME")
	c.expect(t, "250 ", c.bdat(messageHeader+"\r\n", 100))
	c.quit(t)
	checkArrived(t, k, servers.ValidUser(0), messageHeader+"\r\n")
}
