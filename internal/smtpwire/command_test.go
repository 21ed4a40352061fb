package smtpwire

import (
	"bytes"
	"strings"
	"testing"
)

func TestSplitCommand(t *testing.T) {
	tests := []struct {
		line string
		verb Verb
		args string
	}{
		{"EHLO mail.example.com", EHLO, "mail.example.com"},
		{"ehlo mail.example.com", EHLO, "mail.example.com"},
		{"mAiL FROM:<a@example.com> SIZE=1", MAIL, "FROM:<a@example.com> SIZE=1"},
		{"RCPT   TO:<a@example.com> \t ", RCPT, "TO:<a@example.com>"},
		{"DATA", DATA, ""},
		{"DATA \t", DATA, ""},
		{"QUIT now please", QUIT, "now please"},
		{"StartTLS", STARTTLS, ""},
		{"BDAT 100 LAST", BDAT, "100 LAST"},
		{"", UnknownVerb, ""},
		{"   ", UnknownVerb, ""},
		{" QUIT", UnknownVerb, "QUIT"},
		{"QUIT\tnow", UnknownVerb, ""},
		{"QUIT\x00", UnknownVerb, ""},
		{"QUITS", UnknownVerb, ""},
		{"QUI", UnknownVerb, ""},
		{"STARTTLSX y", UnknownVerb, "y"},
		{"UNKNOWN", UnknownVerb, ""},
		{"GET / HTTP/1.1", UnknownVerb, "/ HTTP/1.1"},
		{"\xe2\x84\xaaUIT", UnknownVerb, ""},
		{"\xff\xfe \xff", UnknownVerb, "\xff"},
	}
	for _, tt := range tests {
		verb, args := SplitCommand([]byte(tt.line))
		if verb != tt.verb || string(args) != tt.args {
			t.Errorf("SplitCommand(%q) = %v, %q; want %v, %q", tt.line, verb, args, tt.verb, tt.args)
		}
	}
}

// Every verb is found under its name, in any case.
func TestVerbsAreFoundByTheirNames(t *testing.T) {
	for v := EHLO; int(v) < len(verbNames); v++ {
		for _, word := range []string{v.String(), strings.ToLower(v.String())} {
			if got, args := SplitCommand([]byte(word + " x")); got != v || string(args) != "x" {
				t.Errorf("SplitCommand(%q) = %v, %q", word, got, args)
			}
		}
	}
	if s := Verb(200).String(); s != "UNKNOWN" {
		t.Errorf("Verb(200) is called %q", s)
	}
}

// A server reads each of its clients' commands without allocating.
func TestCommandsDoNotAllocate(t *testing.T) {
	line := []byte("rcpt TO: <@relay.example.com,@other.example.com:\"a > b\"@example.com> NOTIFY=NEVER")
	broken := []byte("FROM:<a@example.com")
	params := []byte("SIZE=100 BODY=8BITMIME SMTPUTF8")
	var verb Verb
	var path, rest []byte
	var err error
	for name, f := range map[string]func(){
		"SplitCommand and ParsePath": func() {
			verb, rest = SplitCommand(line)
			path, rest, err = ParsePath(rest, "TO")
			if verb != RCPT || err != nil || len(path) == 0 || len(rest) == 0 {
				t.Errorf("%v, %q, %q, %v", verb, path, rest, err)
			}
		},
		"ParsePath of a broken path": func() {
			if _, _, err = ParsePath(broken, "FROM"); err == nil {
				t.Error("no error")
			}
		},
		"NextParam": func() {
			if _, _, _, _, err = NextParam(params); err != nil {
				t.Error(err)
			}
		},
		"ParseMailParams": func() {
			if p, err := ParseMailParams(params); err != nil || p.Size != 100 {
				t.Errorf("%+v, %v", p, err)
			}
		},
	} {
		if n := testing.AllocsPerRun(100, f); n != 0 {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
}

func BenchmarkCommand(b *testing.B) {
	line := []byte("RCPT TO:<somebody.or.other@example.com> NOTIFY=NEVER")
	b.ReportAllocs()
	for b.Loop() {
		_, args := SplitCommand(line)
		if _, _, err := ParsePath(args, "TO"); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkPeekLine(b *testing.B) {
	r := NewReader(bytes.NewReader(bytes.Repeat([]byte("RCPT TO:<somebody.or.other@example.com>\r\n"), 10)))
	if err := r.Wait(); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, ok := r.PeekLine(); !ok {
			b.Fatal("no line")
		}
	}
}

func FuzzCommand(f *testing.F) {
	for _, s := range []string{
		"MAIL FROM:<a@example.com> SIZE=100 BODY=8BITMIME SMTPUTF8 RET=FULL ENVID=a+2Bb AUTH=<>",
		"RCPT TO: <@a,@[IPv6:::1]:\"a>\\\" b\"@example.com> NOTIFY=SUCCESS,DELAY ORCPT=utf-8;\xc3\xa4@x",
		"BDAT 9223372036854775808 LAST", "MAIL FROM:<", "RCPT TO:<>x", "rcpt to:<\"a@b", "MAIL FROM:<a> =", "",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, line []byte) {
		_, args := SplitCommand(line)
		if size, _, err := ParseBDAT(args); size < 0 || err != nil && size != 0 {
			t.Fatalf("BDAT of %d octets, %v", size, err)
		}
		for _, keyword := range []string{"FROM", "TO"} {
			path, rest, err := ParsePath(args, keyword)
			if err != nil {
				if _, ok := err.(*SyntaxError); !ok || len(path)+len(rest) > 0 {
					t.Fatalf("%q, %q, %T %v", path, rest, err, err)
				}
				continue
			}
			checkPath(t, path)
			checkParams(t, rest)
		}
		checkParams(t, args)
	})
}

// checkPath says that a path can be put between brackets again and is read as the same: nothing in it can be taken
// for its end.
func checkPath(t *testing.T, path []byte) {
	for _, c := range path {
		if isControl(c) {
			t.Fatalf("path %q", path)
		}
	}
	again, rest, err := ParsePath([]byte("TO:<"+string(path)+"> X"), "TO")
	if err != nil || !bytes.Equal(again, path) || string(rest) != "X" {
		t.Fatalf("%q is read again as %q, %q, %v", path, again, rest, err)
	}
}

// checkParams says that what is kept of parameters can be written behind a command as it is.
func checkParams(t *testing.T, rest []byte) {
	mail, err := ParseMailParams(rest)
	if _, ok := err.(*ParamError); err != nil && (!ok || strings.ContainsAny(err.Error(), "\r\n\x00")) {
		t.Fatalf("%T %q", err, err)
	}
	rcpt, err := ParseRcptParams(rest)
	if _, ok := err.(*ParamError); err != nil && !ok {
		t.Fatalf("%T %q", err, err)
	}
	if mail.Size < -1 {
		t.Fatalf("SIZE %d", mail.Size)
	}
	for _, s := range []string{mail.Ret, mail.EnvID, rcpt.Notify, rcpt.ORcpt} {
		for i := range len(s) {
			if s[i] <= ' ' || s[i] == '=' || s[i] == 0x7f {
				t.Fatalf("value %q", s)
			}
		}
	}
}
