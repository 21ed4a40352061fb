package lab_test

import (
	"io"
	"net"
	"slices"
	"strings"
	"testing"

	"callout/internal/lab"
)

// startReceiver has a Receiver listen, and returns a client that has read its greeting and said EHLO.
func startReceiver(t *testing.T, r *lab.Receiver) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	r.Hostname = "mx.example.com"
	ended := make(chan error, 1)
	go func() { ended <- r.Serve(ln) }()
	t.Cleanup(func() {
		r.Close()
		if err := <-ended; err != nil {
			t.Errorf("Serve: %v", err)
		}
	})
	return ln.Addr().String()
}

// code says a command and returns the code of its reply, which may have several lines.
func (c talker) code(t *testing.T, command string) string {
	t.Helper()
	if command != "" {
		if _, err := io.WriteString(c.Conn, command+"\r\n"); err != nil {
			t.Fatal(err)
		}
	}
	for {
		if line := c.hear(t, 1); len(line) < 4 || line[3] != '-' {
			return strings.TrimSpace(line[:min(3, len(line))])
		}
	}
}

// codes says commands one at a time, and fails where a reply has another code than stands in front of its command.
func (c talker) codes(t *testing.T, commands ...string) {
	t.Helper()
	for _, command := range commands {
		want, command, _ := strings.Cut(command, " ")
		if got := c.code(t, command); got != want {
			t.Fatalf("%q was answered with %s, not %s", command, got, want)
		}
	}
}

// greeted returns a client for whom everything is ready for MAIL.
func greeted(t *testing.T, r *lab.Receiver) talker {
	t.Helper()
	c := call(t, startReceiver(t, r))
	hello := "250 EHLO me"
	if r.LMTP {
		hello = "250 LHLO me"
	}
	c.codes(t, "220", hello)
	return c
}

const (
	mailLine = "250 MAIL FROM:<a@example.org>"
	rcptLine = "250 RCPT TO:<b@example.com>"
)

func TestReceiverRemembersWhatItTook(t *testing.T) {
	r := new(lab.Receiver)
	c := greeted(t, r)
	c.codes(t, "250 MAIL FROM:<a@example.org> SIZE=10 BODY=8BITMIME RET=FULL", "250 RCPT TO:<b@example.com> NOTIFY=NEVER",
		`250 RCPT TO:<"c>d"@example.com>`, "354 DATA", "250 ..dot\r\n\xe4\r\n..\r\n.")
	c.codes(t, mailLine, rcptLine, "354 DATA", "250 .", "221 QUIT")
	if _, err := c.r.ReadByte(); err != io.EOF {
		t.Errorf("after QUIT: %v", err)
	}

	got := r.Received()
	if len(got) != 2 {
		t.Fatalf("%+v", got)
	}
	if m := got[0]; m.Session != 1 || m.Mail != "FROM:<a@example.org> SIZE=10 BODY=8BITMIME RET=FULL" ||
		!slices.Equal(m.Rcpts, []string{"TO:<b@example.com> NOTIFY=NEVER", `TO:<"c>d"@example.com>`}) ||
		string(m.Data) != ".dot\r\n\xe4\r\n.\r\n" || m.Chunked || m.TLS || m.Lenient != 1 {
		t.Errorf("%+v", m)
	}
	if len(got[1].Data) != 0 {
		t.Errorf("the empty message has %q", got[1].Data)
	}
	if all := r.Transcript(); len(all) != 9 || all[0] != "1: EHLO me" || all[8] != "1: QUIT" || r.Sessions() != 1 {
		t.Errorf("%d sessions: %q", r.Sessions(), all)
	}
}

// What looks like an end to a careless reader is content, and counted.
func TestOnlyCRLFDotCRLFEndsAMessage(t *testing.T) {
	for _, end := range []string{"\n.\n", "\n.\r\n", "\r\n.\n", "\r.\r", "\r\n.\r", "\r.\r\n", "\n.\r", "\r.\n",
		"\r\n\x00.\r\n", "\r\n.\x00\r\n", "\r\n.\r\r\n"} {
		r := new(lab.Receiver)
		c := greeted(t, r)
		smuggled := "one" + end + "MAIL FROM:<x@example.net>\r\nRCPT TO:<b@example.com>\r\nDATA\r\ntwo\r\n"
		c.codes(t, mailLine, rcptLine, "354 DATA", "250 "+smuggled+".", "221 QUIT")
		got := r.Received()
		if len(got) != 1 || got[0].Lenient != 2 || !strings.HasSuffix(string(got[0].Data), "two\r\n") {
			t.Errorf("%q: %+v", end, got)
		}
		if len(r.Transcript()) != 5 {
			t.Errorf("%q: %q", end, r.Transcript())
		}
	}
}

func TestReceiverTakesChunks(t *testing.T) {
	r := new(lab.Receiver)
	c := greeted(t, r)
	c.say(t, "MAIL FROM:<> BODY=BINARYMIME\r\nRCPT TO:<b@example.com>\r\nBDAT 8\r\n\r\n.\r\n\n\x00.BDAT 2 last\r\n\r\r", 4)
	c.codes(t, mailLine, rcptLine, "250 BDAT 0 LAST", "221 QUIT")
	got := r.Received()
	if len(got) != 2 || string(got[0].Data) != "\r\n.\r\n\n\x00.\r\r" || !got[0].Chunked || got[0].Lenient != 1 || len(got[1].Data) != 0 {
		t.Errorf("%+v", got)
	}
}

// The octets of a chunk that is refused are no commands, and the chunks behind it are refused as well.
func TestChunksOfARefusedMessageAreRead(t *testing.T) {
	r := &lab.Receiver{Refuse: func(step lab.Step, argument string) string {
		if step == lab.AtChunk && argument == "6" {
			return "554 5.6.0 no"
		}
		return ""
	}}
	c := greeted(t, r)
	c.codes(t, mailLine, rcptLine, "554 BDAT 6\r\nQUIT", "503 BDAT 8 LAST\r\nRSET\r\n", mailLine, rcptLine, "250 BDAT 2 LAST\r\n")
	if got := r.Received(); len(got) != 1 || string(got[0].Data) != "\r\n" {
		t.Errorf("%+v", got)
	}
}

func TestLMTPAnswersEachRecipient(t *testing.T) {
	r := &lab.Receiver{LMTP: true, Refuse: func(step lab.Step, argument string) string {
		if step == lab.AtEnd && strings.Contains(argument, "full@") {
			return "452 4.2.2 full"
		}
		return ""
	}}
	c := greeted(t, r)
	c.codes(t, "500 EHLO me", mailLine, rcptLine, "250 RCPT TO:<full@example.com>", "250 RCPT TO:<c@example.com>", "354 DATA",
		"250 x\r\n.", "452", "250", mailLine, "250 RCPT TO:<full@example.com>", "354 DATA", "452 x\r\n.")
	got := r.Received()
	if len(got) != 1 || !slices.Equal(got[0].Rcpts, []string{"TO:<b@example.com>", "TO:<c@example.com>"}) {
		t.Errorf("%+v", got)
	}
}

func TestReceiverRefusesAtEveryStep(t *testing.T) {
	dialogue := []string{"220", "250 EHLO me", "220 XCLIENT NAME=x", "250 EHLO me", mailLine, rcptLine, "354 DATA", "250 x\r\n.", "250 RSET", "221 QUIT"}
	for step, n := range map[lab.Step]int{lab.AtGreeting: 0, lab.AtEHLO: 1, lab.AtXCLIENT: 2, lab.AtMAIL: 4, lab.AtRCPT: 5, lab.AtDATA: 6,
		lab.AtEnd: 7, lab.AtRSET: 8, lab.AtQUIT: 9} {
		r := &lab.Receiver{Extensions: []string{"XCLIENT NAME ADDR"}, Refuse: func(at lab.Step, _ string) string {
			if at == step {
				return "550-5.0.0 no\r\n550 5.0.0 no"
			}
			return ""
		}}
		c := call(t, startReceiver(t, r))
		c.codes(t, dialogue[:n]...)
		_, command, _ := strings.Cut(dialogue[n], " ")
		c.codes(t, "550 "+command)
		if got := r.Received(); step == lab.AtEnd && len(got) != 0 {
			t.Errorf("refused at the end: %+v", got)
		}
		if step == lab.AtGreeting {
			c.codes(t, "503 EHLO me", "221 QUIT")
		}
	}
}

// A reply with other words does what the usual one does.
func TestReceiverSaysOtherWords(t *testing.T) {
	r := &lab.Receiver{Refuse: func(step lab.Step, argument string) string {
		switch step {
		case lab.AtRCPT:
			return "251 2.1.5 forwarding"
		case lab.AtDATA:
			return "354 do"
		}
		return ""
	}}
	c := greeted(t, r)
	c.codes(t, mailLine, "251 RCPT TO:<b@example.com>", "354 DATA", "250 x\r\n.")
	if len(r.Received()) != 1 {
		t.Error("not taken")
	}
}
