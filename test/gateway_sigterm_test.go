package test

import (
	"strings"
	"syscall"
	"testing"

	"callout/internal/lab"
)

// A server that is told to end lets the messages finish that have begun, with DATA as with BDAT, tells whoever wants
// something new to try again, and exits.
func TestSigtermLetsRunningMessagesFinish(t *testing.T) {
	addr := freeAddr(t)
	hop := &lab.Receiver{Hostname: "mx.held.test"}
	startReceiver(t, addr, hop)
	g := newGateway(t, "", "[callout]\ncatch_all_check = false\n"+domain("held.test", addr))
	g.start(t)

	data, bdat, idle := dialMail(t, g.addr), dialMail(t, g.addr), dialMail(t, g.addr)
	data.address(t, "john@held.test", "")
	data.expect(t, "354", data.say("DATA"))
	data.write("Subject: half a me")
	bdat.address(t, "john@held.test", "")
	bdat.write("BDAT 6\r\nSubjec")
	bdat.expect(t, "250", bdat.reply())

	g.signal(t, syscall.SIGTERM)
	idle.expect(t, "421", idle.reply())
	eventually(t, patience, "nobody is let in any more", func() bool { return !listening("tcp", g.addr) })

	data.write("ssage\r\n\r\n.\r\nNOOP\r\n")
	data.expect(t, "250", data.reply())
	data.expect(t, "421", data.reply())
	bdat.write("BDAT 14 LAST\r\nt: another\r\n\r\n")
	bdat.expect(t, "250", bdat.reply())
	bdat.expect(t, "421", bdat.reply())
	g.awaitEnd(t)
	got := hop.Received()
	if len(got) != 2 || !strings.HasSuffix(string(got[0].Data), "\r\nSubject: half a message\r\n\r\n") ||
		!strings.HasSuffix(string(got[1].Data), "\r\nSubject: another\r\n\r\n") {
		t.Errorf("%d messages: %+v", len(got), got)
	}
}
