package lab

import (
	"io"
	"net"
	"net/textproto"
	"strings"
	"testing"
)

// However the octets are divided, the content is the same.
func TestDotReaderInPieces(t *testing.T) {
	for text, want := range map[string]string{
		".\r\n":                          "",
		"a\r\n.\r\n":                     "a\r\n",
		"..\r\n...\r\n.a\r\n.\r\n":       ".\r\n..\r\na\r\n",
		".\rb\r\n.\r\n":                  "\rb\r\n",
		".\r\r\n.\r\n":                   "\r\r\n",
		"\r\n\r\n.\r\n":                  "\r\n\r\n",
		"a\n.\nb\r.\rc\r\n.\nd\r\n.\r\n": "a\n.\nb\r.\rc\r\n\nd\r\n",
	} {
		for i := range len(text) {
			var d dotReader
			first, _, ended := d.read([]byte(text[:i]))
			got := string(first)
			if ended {
				t.Errorf("%q ended %q", text[:i], text)
			}
			rest, used, ended := d.read([]byte(text[i:] + "QUIT"))
			if got += string(rest); got != want || !ended || used != len(text)-i {
				t.Errorf("%q | %q gave %q, %v after %d", text[:i], text[i:], got, ended, used)
			}
		}
	}
}

func TestReceiverHasOnlySoMuchRoom(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	r := new(Receiver)
	go r.Serve(ln)
	defer r.Close()
	c, err := textproto.Dial("tcp", ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	say := func(code int, text string) {
		t.Helper()
		if text != "" {
			io.WriteString(c.W, text+"\r\n")
			c.W.Flush()
		}
		if _, _, err := c.ReadResponse(code); err != nil {
			t.Fatalf("%.20q: %v", text, err)
		}
	}
	say(220, "")
	say(250, "EHLO me")
	r.octets.Store(receiverOctets - 10_000) // as if messages were kept
	for _, m := range []struct{ code, octets int }{{452, 20_000}, {250, 9000}, {452, 5000}, {250, 10}} {
		say(250, "MAIL FROM:<>")
		say(250, "RCPT TO:<b@example.com>")
		say(354, "DATA")
		say(m.code, strings.Repeat("x", m.octets)+"\r\n.")
	}
	// The path and CRLF are counted with each message.
	if got, want := r.octets.Load(), int64(receiverOctets-10_000+9000+10+2*(len("TO:<b@example.com>")+2)); got != want {
		t.Errorf("%d octets are counted, not %d", got, want)
	}
	if len(r.Received()) != 2 {
		t.Errorf("%d messages", len(r.Received()))
	}
}
