package smtpwire

import (
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
)

func TestDataReader(t *testing.T) {
	tests := []struct {
		name, in, want string
	}{
		{"an empty message", ".\r\n", ""},
		{"an empty line", "\r\n.\r\n", "\r\n"},
		{"a message", "Subject: a\r\n\r\nb\r\n.\r\n", "Subject: a\r\n\r\nb\r\n"},
		{"a dot in front of text", ".a\r\n.\r\n", "a\r\n"},
		{"a doubled dot", "a\r\n..\r\n..b\r\n...\r\n.\r\n", "a\r\n.\r\n.b\r\n..\r\n"},
		{"a doubled dot at the start", "..\r\n.\r\n", ".\r\n"},
		{"dots in a line", "a.\r\nb..c\r\n.\r\n", "a.\r\nb..c\r\n"},
		{"a dot and a space", ". \r\n.\r\n", " \r\n"},
		{"NUL and octets above ASCII", "\x00\xff\xc3\xa4\r\n\x00.\r\n.\r\n", "\x00\xff\xc3\xa4\r\n\x00.\r\n"},
		{"a NUL between the dot and its line's end", "a\r\n.\x00\r\n.\r\n", "a\r\n\x00\r\n"},
		{"other characters that end lines elsewhere", "a\x0b.\x0b\x0c.\x0c\x85.\x85\xe2\x80\xa8.\r\n.\r\n", "a\x0b.\x0b\x0c.\x0c\x85.\x85\xe2\x80\xa8.\r\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for _, newlines := range []Newlines{RejectBare, NormalizeBare} {
				for _, size := range []int{1, 2, 3, 4096} {
					everyWay(tt.in+"QUIT\r\n", func(from io.Reader, how string, at int) {
						r := NewReader(from)
						if got, err := readBy(r.Data(newlines), size); got != tt.want || err != nil {
							t.Fatalf("%s %d: %q, %v", how, at, got, err)
						}
						if line, err := r.ReadLine(); string(line) != "QUIT" || err != nil {
							t.Fatalf("%s %d: the next command is %q, %v", how, at, line, err)
						}
					})
				}
			}
		})
	}
}

// smuggling are the sequences that one server or another has taken for the end of data, as published since December
// 2023, and their relatives.
var smuggling = []string{
	"\n.\n", "\n.\r\n", "\n.\r", "\r.\r", "\r.\r\n", "\r.\n",
	"\r\n.\n", "\r\n.\r", "\r\n\n.\n", "\r\n\r.\r", "\r\n\n.\r\n", "\r\n\r.\r\n",
	"\r\r\n.\r\r\n", "\r\n.\r\r\n", "\n\n.\n\n", "\r\r.\r\r", "\n\r.\n\r", "\n\r.\r\n", "\n\r\n.\n\r\n",
	"\r\n\x00.\n", "\r\n\x00.\r", "\r\x00\n.\r\n", "\r\n.\x00\n", "\n\x00.\r\n", "\r\n.\r\x00\n", "\r\n.\x00\r",
	"\r\n..\n", "\n..\r\n", "\n..\n", "\r..\r", "\r\n.\n\r\n", "\r\n.\r.\r\n", "\n.\r\r\n", "\r\n.\n.\r\n.\n",
	"\r\n. \n", "\n .\r\n", "\r\n.\t\n", "\n.", "\r.", "\r\n.\n.",
}

// Nothing but CRLF.CRLF ends the data, wherever it stands and however it comes; and what is passed on has one end for
// a server that takes less, too.
func TestNoSmuggling(t *testing.T) {
	const smuggled = "MAIL FROM:<a@example.com>\r\nRCPT TO:<b@example.com>\r\nDATA\r\nbad\r\n"
	for _, start := range []string{"", "\r\n", "a", "Subject: a\r\n\r\nb"} {
		for _, sequence := range smuggling {
			in := start + sequence + smuggled + ".\r\nQUIT\r\n"
			message, bare, after, ok := strictData(in)
			if !bare || after != "QUIT\r\n" || !ok {
				t.Fatalf("the example %q is none: %v, %q, %v", in, bare, after, ok)
			}
			leavesOnce(t, message, message)
			everyWay(in, func(from io.Reader, how string, at int) {
				r := NewReader(from)
				got, err := readBy(r.Data(NormalizeBare), 64)
				if got != message || err != nil {
					t.Fatalf("%q, %s %d: %q, %v; want %q", in, how, at, got, err, message)
				}
				if line, err := r.ReadLine(); string(line) != "QUIT" || err != nil {
					t.Fatalf("%q, %s %d: the next command is %q, %v", in, how, at, line, err)
				}
			})
			everyWay(in, func(from io.Reader, how string, at int) {
				r := NewReader(from)
				d := r.Data(RejectBare)
				got, err := readBy(d, 64)
				if err != ErrBareNewline || !strings.HasPrefix(message, got) {
					t.Fatalf("%q, %s %d: %q, %v; want ErrBareNewline", in, how, at, got, err)
				}
				if n, err := d.Read(make([]byte, 10)); n != 0 || err != ErrBareNewline {
					t.Fatalf("%q, %s %d: read on: %d, %v", in, how, at, n, err)
				}
				if err := d.Drain(unheard); err != nil {
					t.Fatalf("%q, %s %d: Drain: %v", in, how, at, err)
				}
				if n, err := d.Read(make([]byte, 10)); n != 0 || err != ErrBareNewline {
					t.Fatalf("%q, %s %d: read behind Drain: %d, %v", in, how, at, n, err)
				}
				if line, err := r.ReadLine(); string(line) != "QUIT" || err != nil {
					t.Fatalf("%q, %s %d: the next command is %q, %v", in, how, at, line, err)
				}
			})
		}
	}
}

// A client that goes away leaves no whole message behind, wherever in the data it was: before the dot, behind it, or
// between the CR and LF of the end.
func TestDataThatIsCutOff(t *testing.T) {
	const whole = "Subject: a\r\n\r\n..b\nc\rd\r\n.\r\n"
	for i := range len(whole) {
		for _, newlines := range []Newlines{RejectBare, NormalizeBare} {
			d := NewReader(strings.NewReader(whole[:i])).Data(newlines)
			_, err := readBy(d, 8)
			if err != io.ErrUnexpectedEOF && (newlines == NormalizeBare || err != ErrBareNewline) {
				t.Fatalf("%q: %v", whole[:i], err)
			}
			for range 2 {
				if err := d.Drain(unheard); err != io.ErrUnexpectedEOF {
					t.Fatalf("%q: Drain: %v", whole[:i], err)
				}
			}
		}
	}
	broken := errors.New("broken")
	r := NewReader(io.MultiReader(strings.NewReader("a\r\n."), iotest.ErrReader(broken), strings.NewReader("\r\n")))
	d := r.Data(RejectBare)
	for range 2 {
		if got, err := readBy(d, 100); err != broken || len(got) > 3 {
			t.Fatalf("a connection that fails: %q, %v", got, err)
		}
	}
}

// A line may have MaxDataLine octets, its CRLF included and the dot that was added to it not, and no more.
func TestMaxDataLine(t *testing.T) {
	longest := strings.Repeat("x", MaxDataLine-2)
	for _, newlines := range []Newlines{RejectBare, NormalizeBare} {
		message := longest + "\r\n" + longest + "\r\n"
		if got, err := readBy(NewReader(strings.NewReader("."+longest+"\r\n"+longest+"\r\n.\r\n")).Data(newlines), 5000); got != message || err != nil {
			t.Fatalf("lines of MaxDataLine octets: %d octets, %v", len(got), err)
		}
		for _, long := range []string{longest + "x\r\n", longest + "xxx", longest + longest} {
			r := NewReader(strings.NewReader("a\r\n" + long + "\r\n.b\r\n.\r\nQUIT\r\n"))
			d := r.Data(newlines)
			if got, err := readBy(d, 5000); err != ErrDataLine || len(got) > MaxDataLine+3 {
				t.Fatalf("a line of %d octets: %d octets, %v", len(long), len(got), err)
			}
			if err := d.Drain(unheard); err != nil {
				t.Fatal(err)
			}
			if line, err := r.ReadLine(); string(line) != "QUIT" || err != nil {
				t.Fatalf("the next command is %q, %v", line, err)
			}
		}
	}
}

// Drain takes a message that nobody wants to its end, from wherever reading stopped, and its lines may be of any length.
func TestDrain(t *testing.T) {
	in := "Subject: a\r\n\r\n..b\nc\rd\r\n\n.\n" + strings.Repeat("x", 2*MaxDataLine) + "\r\n.\r\n"
	for _, read := range []int{0, 1, 13, 17, 18, 19, 20, 21, 22, 23, 30, 5000} {
		r := NewReader(strings.NewReader(in + "QUIT\r\n"))
		d := r.Data(NormalizeBare)
		if _, err := io.ReadFull(d, make([]byte, read)); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			if err := d.Drain(unheard); err != nil {
				t.Fatal(err)
			}
		}
		if n, err := d.Read(make([]byte, 10)); n != 0 || err == nil {
			t.Fatalf("%d octets read: read behind Drain: %d, %v", read, n, err)
		}
		if line, err := r.ReadLine(); string(line) != "QUIT" || err != nil {
			t.Fatalf("%d octets read: the next command is %q, %v", read, line, err)
		}
	}
	d := NewReader(strings.NewReader(in)).Data(RejectBare)
	if _, err := readBy(d, 100); err != ErrBareNewline || d.Drain(unheard) != nil {
		t.Fatal(err)
	}
	if _, err := readBy(d, 100); err != ErrBareNewline {
		t.Fatalf("what was wrong first is %v behind Drain", err)
	}
}

// Read gives what has come rather than wait for more.
func TestDataReaderDoesNotWaitForMore(t *testing.T) {
	for in, want := range map[string]string{"a\r\nb": "a\r\nb", "a\r\n": "a\r\n", "a\r\n.": "a\r\n", "a\r\n.\r": "a\r\n", "a\r": "a", "a\n": "a\r\n"} {
		more := &asked{}
		d := NewReader(io.MultiReader(strings.NewReader(in), more)).Data(NormalizeBare)
		p := make([]byte, 100)
		if n, err := d.Read(p); string(p[:n]) != want || err != nil || more.asked {
			t.Errorf("%q: %q, %v, asked for more: %v; want %q", in, p[:n], err, more.asked, want)
		}
		if n, err := d.Read(p); n != 0 || err != io.ErrUnexpectedEOF || !more.asked {
			t.Errorf("%q: then %d, %v, asked for more: %v", in, n, err, more.asked)
		}
	}
}

// asked notes that it was read.
type asked struct{ asked bool }

func (a *asked) Read([]byte) (int, error) {
	a.asked = true
	return 0, io.EOF
}
