package test

import (
	"bufio"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"callout/test/servers"
)

// connectFrom is connectMail from an address of this host.
func connectFrom(t *testing.T, from, addr string) *mailClient {
	t.Helper()
	d := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(from)}}
	conn, err := d.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	conn.SetDeadline(time.Now().Add(time.Minute))
	return &mailClient{conn: conn, in: bufio.NewReader(conn)}
}

// A Postfix that trusts the gateway notes in its Received field who the client of each message really was.
func TestGatewayTellsAPostfixByXCLIENTWhoTheClientIs(t *testing.T) {
	t.Parallel()
	k, postfix := servers.StartPostfixKeeper(t, "smtpd_authorized_xclient_hosts = 127.0.0.0/8\n")
	g := startGateway(t, "xclient = true\nproxy_from = [\"127.0.0.2\"]\n", k)
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("the log of Postfix:\n%s", postfix.Log(t))
		}
	})

	direct := connectFrom(t, "127.0.0.3", g.addr)
	direct.expect(t, "220", direct.reply())
	direct.expect(t, "250", direct.say("EHLO direct.test"))
	behind := connectFrom(t, "127.0.0.2", g.addr)
	behind.write("PROXY TCP4 198.51.100.7 198.51.100.1 1007 25\r\n")
	behind.expect(t, "220", behind.reply())
	behind.expect(t, "250", behind.say("HELO behind.test"))
	proxied := connectFrom(t, "127.0.0.2", g.addr)
	proxied.write("PROXY TCP4 203.0.113.9 198.51.100.1 1009 25\r\n")
	proxied.expect(t, "220", proxied.reply())
	proxied.expect(t, "250", proxied.say("EHLO proxied.test"))

	// In turn, and each more than once: what Postfix was told of one client must not stay for the next.
	turns := []struct {
		c    *mailClient
		want string
	}{
		{direct, "from direct.test (unknown [127.0.0.3]) by postfix.test (Postfix) with "},
		{behind, "from behind.test (unknown [198.51.100.7]) by postfix.test (Postfix) with "},
		{direct, "from direct.test (unknown [127.0.0.3]) by postfix.test (Postfix) with "},
		{direct, "from direct.test (unknown [127.0.0.3]) by postfix.test (Postfix) with "},
		{proxied, "from proxied.test (unknown [203.0.113.9]) by postfix.test (Postfix) with "},
		{behind, "from behind.test (unknown [198.51.100.7]) by postfix.test (Postfix) with "},
	}
	for i, turn := range turns {
		turn.c.address(t, servers.ValidUser(i)+"@"+k.Domain, "")
		turn.c.expect(t, "250", turn.c.data(t, fmt.Sprintf("Subject: %d\r\n\r\n", i)))
	}
	unfold := strings.NewReplacer("\r\n\t", " ", "\r\n ", " ")
	for i, turn := range turns {
		kept := k.Kept(t, servers.ValidUser(i))
		if len(kept) != 1 {
			t.Errorf("message %d: %d have arrived", i, len(kept))
			continue
		}
		first := ""
		for line := range strings.Lines(unfold.Replace(kept[0])) {
			if text, ok := strings.CutPrefix(line, "Received: "); ok {
				first = text
				break
			}
		}
		if !strings.HasPrefix(first, turn.want) {
			t.Errorf("message %d: Received: %s\nwant %s", i, first, turn.want)
		}
	}
}
