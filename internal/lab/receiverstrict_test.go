package lab_test

import (
	"bytes"
	"crypto/tls"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/emersion/go-smtp"

	"callout/internal/lab"
)

func TestReceiverIsStrict(t *testing.T) {
	plain := []string{"8BITMIME"}
	for name, c := range map[string]struct {
		extensions []string
		dialogue   []string
	}{
		"MAIL first":                      {nil, []string{"250 RSET", "503 RCPT TO:<b@example.com>", "503 DATA"}},
		"nested MAIL":                     {nil, []string{mailLine, "503 MAIL FROM:<>"}},
		"no recipient":                    {nil, []string{mailLine, "503 DATA", "503 BDAT 2 LAST\r\n", "250 NOOP"}},
		"BINARYMIME by DATA":              {nil, []string{"250 MAIL FROM:<> BODY=BINARYMIME", rcptLine, "503 DATA"}},
		"DATA after BDAT":                 {nil, []string{mailLine, rcptLine, "250 BDAT 2\r\n", "503 DATA", "503 RCPT TO:<c@example.com>"}},
		"no brackets":                     {nil, []string{"501 MAIL FROM:a@example.org", mailLine, "501 RCPT TO:b@example.com", "501 RCPT TO:<>"}},
		"larger than SIZE":                {[]string{"SIZE 10"}, []string{"552 MAIL FROM:<> SIZE=11", mailLine, rcptLine, "354 DATA", "552 123456789\r\n."}},
		"chunks larger than SIZE":         {[]string{"SIZE 10", "CHUNKING"}, []string{mailLine, rcptLine, "552 BDAT 11\r\n123456789", "503 BDAT 0 LAST", mailLine}},
		"as large as SIZE":                {[]string{"SIZE 10"}, []string{"250 MAIL FROM:<> SIZE=10", rcptLine, "354 DATA", "250 ..2345678\r\n."}},
		"SMTPUTF8 not said":               {nil, []string{"553 MAIL FROM:<é@example.org>", mailLine, "553 RCPT TO:<é@example.com>"}},
		"SMTPUTF8 said":                   {nil, []string{"250 MAIL FROM:<é@example.org> SMTPUTF8", "250 RCPT TO:<é@example.com>"}},
		"twice":                           {nil, []string{"501 MAIL FROM:<> BODY=7BIT BODY=7BIT"}},
		"SIZE not announced":              {plain, []string{"555 MAIL FROM:<> SIZE=1"}},
		"SMTPUTF8 not announced":          {plain, []string{"555 MAIL FROM:<> SMTPUTF8"}},
		"BINARYMIME not announced":        {plain, []string{"555 MAIL FROM:<> BODY=BINARYMIME"}},
		"DSN not announced":               {plain, []string{"555 MAIL FROM:<> RET=FULL", mailLine, "555 RCPT TO:<b@example.com> NOTIFY=NEVER"}},
		"8BITMIME after HELO":             {plain, []string{"250 HELO me", "555 MAIL FROM:<> BODY=8BITMIME"}},
		"CHUNKING not announced":          {plain, []string{mailLine, rcptLine, "501 BDAT 2 LAST"}},
		"XCLIENT not announced":           {plain, []string{"502 XCLIENT NAME=x"}},
		"attribute not announced":         {[]string{"XCLIENT NAME ADDR"}, []string{"501 XCLIENT NAME=x PORT=1"}},
		"XCLIENT begins anew":             {[]string{"XCLIENT NAME ADDR"}, []string{"220 XCLIENT NAME=x", "503 MAIL FROM:<>"}},
		"STARTTLS not announced":          {nil, []string{"502 STARTTLS"}},
		"sent ahead without PIPELINING":   {plain, []string{"554 MAIL FROM:<>\r\nRCPT TO:<b@example.com>"}},
		"sent ahead of the reply to DATA": {nil, []string{mailLine, rcptLine, "554 DATA\r\nx"}},
		"bare LF in a command":            {nil, []string{"500 NOOP\nNOOP"}},
		"bare CR in a command":            {nil, []string{"500 NOOP\rNOOP"}},
		"endless command":                 {nil, []string{"500 " + strings.Repeat("x", 17<<10)}},
	} {
		t.Run(name, func(t *testing.T) {
			greeted(t, &lab.Receiver{Extensions: c.extensions}).codes(t, c.dialogue...)
		})
	}
}

func TestReceiverWithinTLSBehindXCLIENT(t *testing.T) {
	cert, err := lab.Certificate("mx.example.com")
	if err != nil {
		t.Fatal(err)
	}
	r := &lab.Receiver{Extensions: []string{"XCLIENT NAME ADDR"}, TLS: &tls.Config{Certificates: []tls.Certificate{cert}}}
	c := greeted(t, r)
	c.codes(t, "220 STARTTLS")
	within := tls.Client(c.Conn, trusting())
	c.Conn = within
	c.r.Reset(within)
	c.codes(t, "503 MAIL FROM:<>", "250 EHLO me", "503 STARTTLS", "220 XCLIENT NAME=x ADDR=192.0.2.1", "220 XCLIENT", "250 EHLO me",
		mailLine, rcptLine, "354 DATA", "250 .", "221 QUIT")
	if _, err := c.r.ReadByte(); err != io.EOF {
		t.Errorf("after QUIT: %v", err)
	}
	got := r.Received()
	if len(got) != 1 || !got[0].TLS || !slices.Equal(got[0].XCLIENT, []string{"NAME=x ADDR=192.0.2.1", ""}) {
		t.Errorf("%+v", got)
	}
}

// A client that is not ours sends what our tests send.
func TestReceiverTakesMailOfGoSMTP(t *testing.T) {
	r := new(lab.Receiver)
	message := bytes.Repeat([]byte(".a line with a dot\r\n\r\n..\r\n"), 50_000)
	c, err := smtp.Dial(startReceiver(t, r))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := c.SendMail("a@example.org", []string{"b@example.com", "c@example.com"}, bytes.NewReader(message)); err != nil {
		t.Fatal(err)
	}
	if err := c.Quit(); err != nil {
		t.Error(err)
	}
	got := r.Received()
	if len(got) != 1 || !bytes.Equal(got[0].Data, message) || len(got[0].Rcpts) != 2 || got[0].Lenient != 1 {
		t.Errorf("%d messages", len(got))
	}
}
