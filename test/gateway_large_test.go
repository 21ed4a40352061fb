package test

import (
	"strconv"
	"strings"
	"testing"

	"callout/test/servers"
)

const mebibyte = 1 << 20

func TestGatewayTakesMessagesUpToItsDefaultLimitAndNoneAbove(t *testing.T) {
	t.Parallel()
	const limit = 50 * mebibyte
	k := servers.StartDovecotKeeper(t)
	g := startGateway(t, "", k)
	c := dialMail(t, g.addr)
	largest := largeMessage(limit)
	c.address(t, servers.ValidUser(0)+"@"+k.Domain, "SIZE="+strconv.Itoa(limit)) // Dovecot has no SIZE: it goes no further
	c.expect(t, "250 ", c.data(t, largest))
	checkArrived(t, k, servers.ValidUser(0), largest)

	larger, recipient := largest+"x\r\n", servers.ValidUser(1)+"@"+k.Domain
	c.expect(t, "552 5.3.4 ", c.say("MAIL FROM:<"+mailSender+"> SIZE="+strconv.Itoa(len(larger))))
	c.address(t, recipient, "") // who does not say how large it is finds out at the end
	c.expect(t, "552 5.3.4 ", c.data(t, larger))
	c.address(t, recipient, "")
	c.expect(t, "552 5.3.4 ", c.bdat(larger, len(larger)))
	c.expect(t, "250 ", c.say("RSET"))
	c.address(t, recipient, "")
	c.expect(t, "552 5.3.4 ", c.bdat(larger, mebibyte))
	c.expect(t, "250 ", c.say("RSET"))

	c.address(t, recipient, "")
	c.expect(t, "250 ", c.data(t, messageHeader+"\r\n"))
	c.quit(t)
	checkArrived(t, k, servers.ValidUser(1), messageHeader+"\r\n") // and none of the larger ones
}

func TestGatewayTakesMessagesOfAHundredMebibytesWhereItIsToldTo(t *testing.T) {
	t.Parallel()
	const limit = 100 * mebibyte
	k, _ := servers.StartPostfixKeeper(t, "")
	g := startGateway(t, "max_message_size = \"100MiB\"\n", k)
	c := dialMail(t, g.addr)
	message := largeMessage(limit)
	c.address(t, servers.ValidUser(0)+"@"+k.Domain, "SIZE="+strconv.Itoa(limit)+" BODY=8BITMIME")
	c.expect(t, "250 ", c.bdat(message, 3*mebibyte+1))
	c.expect(t, "552 5.3.4 ", c.say("MAIL FROM:<"+mailSender+"> SIZE="+strconv.Itoa(limit+1)))
	c.quit(t)
	checkArrived(t, k, servers.ValidUser(0), message)
}

// largeMessage is a message of exactly so many octets. Its lines are numbered, and every seventh begins with a dot.
func largeMessage(size int) string {
	b := make([]byte, 0, size+100)
	b = append(b, messageHeader+"\r\n"...)
	filler := strings.Repeat("\xe9x", 30) + "\r\n"
	for i := 0; len(b) < size; i++ {
		if i%7 == 0 {
			b = append(b, '.')
		}
		b = strconv.AppendInt(b, int64(i), 10)
		b = append(b, filler...)
	}
	b = b[:size]
	copy(b[size-4:], "!!\r\n") // no half line end, and none twice, whatever was cut
	return string(b)
}
