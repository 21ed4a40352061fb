package test

import "strings"

// messageHeader is the header of every message, without the empty line.
const messageHeader = "From: Sender <sender@client.test>\r\nTo: Recipient <recipient@keeper.test>\r\nSubject: test\r\n" +
	"Date: Fri, 27 Nov 2026 16:00:00 +0000\r\nMessage-ID: <1@client.test>\r\n"

// shape is a message that something between its sender and its reader might spoil.
type shape struct {
	name, message string
	binary        bool // it needs BODY=8BITMIME
}

var shapes = []shape{
	{name: "plain", message: messageHeader + "\r\nOne line.\r\n"},
	{name: "8-bit", binary: true, message: messageHeader + "X-Latin: caf\xe9\r\nX-UTF-8: café\r\n\r\n" +
		"all of them: " + everyOctet() + "\r\n" + strings.Repeat("\xff\xfe\x80é\r\n", 5000)},
	{name: "dots", message: messageHeader + "\r\n.\r\n..\r\n...\r\n.one\r\n..two\r\n. \r\n\r\n.\r\n\r\n.\r\n.\r\n" +
		strings.Repeat(".", 20_000) + "\r\n" + strings.Repeat(".\r\n", 20_000)},
	{name: "begins with a dot", message: ".begins: with a dot\r\n" + messageHeader + "\r\n"},
	{name: "an empty body", message: messageHeader + "\r\n"},
	{name: "no body", message: messageHeader},
	{name: "empty lines", message: messageHeader + strings.Repeat("\r\n", 5000)},
	{name: "nothing at all", message: ""},
	{name: "header lines of 10,000 octets", message: messageHeader + "X-Long: " + strings.Repeat("x", 9990) + "\r\n" +
		"X-Folded: " + strings.Repeat("y", 9988) + "\r\n " + strings.Repeat("z", 9999) + "\r\n\tand more\r\n\r\nbody\r\n"},
	{name: "a line of 200,000 octets", message: messageHeader + "\r\n" + strings.Repeat("0123456789", 20_000) + "\r\n"},
	{name: "commands", message: messageHeader + "\r\nRSET\r\nQUIT\r\nBDAT 10 LAST\r\n.\r\nMAIL FROM:<x@y.test>\r\n"},
}

// everyOctet has each but CR, LF and NUL.
func everyOctet() string {
	var b strings.Builder
	for i := 0; i < 256; i++ {
		if i != '\r' && i != '\n' {
			b.WriteByte(byte(i))
		}
	}
	return b.String()
}
