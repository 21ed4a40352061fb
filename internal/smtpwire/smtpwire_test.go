package smtpwire

import (
	"errors"
	"io"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"testing/iotest"

	"pgregory.net/rapid"
)

func TestReadReply(t *testing.T) {
	tests := []struct {
		name, in string
		want     Reply
		text     string
	}{
		{"one line", "250 Ok\r\n", Reply{250, Enhanced{}, []string{"Ok"}}, "Ok"},
		{"an enhanced code", "550 5.1.1 no such user\r\n", Reply{550, Enhanced{5, 1, 1}, []string{"5.1.1 no such user"}}, "no such user"},
		{"several lines", "550-5.1.1 The account\r\n550-5.1.1 does not exist.\r\n550 5.1.1 see us\r\n",
			Reply{550, Enhanced{5, 1, 1}, []string{"5.1.1 The account", "5.1.1 does not exist.", "5.1.1 see us"}}, "The account does not exist. see us"},
		{"a bare LF", "250-a\n250 b\n", Reply{250, Enhanced{}, []string{"a", "b"}}, "a b"},
		{"a code alone", "250\r\n", Reply{250, Enhanced{}, []string{""}}, ""},
		{"a code and a space", "250 \r\n", Reply{250, Enhanced{}, []string{""}}, ""},
		{"a long line", "250 " + strings.Repeat("x", 1994) + "\r\n", Reply{250, Enhanced{}, []string{strings.Repeat("x", 1994)}}, strings.Repeat("x", 1994)},
		{"numbers that are no enhanced code", "550 5.1 x\r\n", Reply{550, Enhanced{}, []string{"5.1 x"}}, "5.1 x"},
		{"an IP address is no enhanced code", "550 5.1.1.1 x\r\n", Reply{550, Enhanced{}, []string{"5.1.1.1 x"}}, "5.1.1.1 x"},
		{"a code on a later line", "550-Access denied\r\n550 5.7.606 banned\r\n", Reply{550, Enhanced{5, 7, 606}, []string{"Access denied", "5.7.606 banned"}}, "Access denied banned"},
		{"a code in brackets", "550 (5.7.26) no\r\n", Reply{550, Enhanced{5, 7, 26}, []string{"(5.7.26) no"}}, "(5.7.26) no"},
		{"a code behind a #", "550 #5.1.0 no\r\n", Reply{550, Enhanced{5, 1, 0}, []string{"#5.1.0 no"}}, "#5.1.0 no"},
		{"octets above ASCII", "550 \xc3\xa4 \xe4\r\n", Reply{550, Enhanced{}, []string{"\xc3\xa4 \xe4"}}, "\xc3\xa4 \xe4"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for how, in := range map[string]io.Reader{"whole": strings.NewReader(tt.in), "by octets": iotest.OneByteReader(strings.NewReader(tt.in))} {
				r := NewReader(in)
				got, err := r.ReadReply()
				if err != nil || !reflect.DeepEqual(got, tt.want) || got.Text() != tt.text {
					t.Fatalf("%s: %+v (text %q), %v; want %+v", how, got, got.Text(), err, tt.want)
				}
				if _, err := r.ReadReply(); err != io.EOF {
					t.Fatalf("%s: at the end: %v", how, err)
				}
			}
		})
	}
}

func TestReadReplyRefuses(t *testing.T) {
	tests := []struct {
		name, in, want string
	}{
		{"no code", "hello\r\n", "no reply code"},
		{"an empty line", "\r\n", "no reply code"},
		{"two digits", "25 Ok\r\n", "no reply code"},
		{"a code below 200", "199 Ok\r\n", "no reply code"},
		{"a code above 599", "600 Ok\r\n", "no reply code"},
		{"a wrong separator", "250_Ok\r\n", "neither a space nor a hyphen"},
		{"different codes", "250-a\r\n550 b\r\n", "different codes"},
		{"a NUL", "250 a\x00b\r\n", "NUL"},
		{"a CR inside", "250 a\r550 b\r\n", "CR that ends no line"},
		{"too long a line", "250 " + strings.Repeat("x", 1995) + "\r\n", "longer than 2000"},
		{"an endless line", "250 " + strings.Repeat("x", 9000), "longer than 2000"},
		{"too many lines", strings.Repeat("250-x\r\n", 100) + "250 x\r\n", "more than 100 lines"},
		{"cut off in a line", "250 a", io.ErrUnexpectedEOF.Error()},
		{"cut off between lines", "250-a\r\n", io.ErrUnexpectedEOF.Error()},
		{"nothing", "", io.EOF.Error()},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := NewReader(strings.NewReader(tt.in)).ReadReply()
			if err == nil || !strings.Contains(err.Error(), tt.want) || strings.ContainsAny(err.Error(), "\r\n\x00") {
				t.Fatalf("%v; want one line with %q", err, tt.want)
			}
		})
	}
}

// A hundred lines is still a reply.
func TestReadReplyOfHundredLines(t *testing.T) {
	r, err := NewReader(strings.NewReader(strings.Repeat("250-x\r\n", 99) + "250 x\r\n")).ReadReply()
	if err != nil || len(r.Lines) != 100 {
		t.Fatalf("%d lines, %v", len(r.Lines), err)
	}
}

// Any reply that is written by the rules is read back as it was.
func TestReadReplyProperty(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		code := rapid.IntRange(200, 599).Draw(t, "code")
		lines := rapid.SliceOfN(rapid.StringMatching(`[ -~äö]{0,80}`), 1, 100).Draw(t, "lines")
		end := rapid.SampledFrom([]string{"\r\n", "\n"}).Draw(t, "end")
		var b strings.Builder
		for i, line := range lines {
			sep := "-"
			if i == len(lines)-1 {
				sep = " "
			}
			b.WriteString(strconv.Itoa(code) + sep + line + end)
		}
		r := NewReader(strings.NewReader(b.String() + "421 next\r\n"))
		got, err := r.ReadReply()
		if err != nil || got.Code != code || !reflect.DeepEqual(got.Lines, lines) {
			t.Fatalf("%+v, %v", got, err)
		}
		if next, err := r.ReadReply(); err != nil || next.Code != 421 {
			t.Fatalf("the next reply: %+v, %v", next, err)
		}
	})
}

func FuzzReadReply(f *testing.F) {
	for _, s := range []string{"250 Ok\r\n", "250-a\n250 b\n", "550 5.1.1 x\r\n", "25", "250-\r\n251 \r\n"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		r := NewReader(strings.NewReader(s))
		for {
			reply, err := r.ReadReply()
			var bad *ReplyError
			switch {
			case err == nil:
			case errors.As(err, &bad), errors.Is(err, ErrLineTooLong), errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
				return
			default:
				t.Fatalf("unexpected error %v", err)
			}
			if c := reply.Class(); c < 2 || c > 5 || len(reply.Lines) == 0 || len(reply.Lines) > MaxReplyLines {
				t.Fatalf("%+v", reply)
			}
			if strings.ContainsAny(reply.Text(), "\r\n\x00") {
				t.Fatalf("text %q is not one line", reply.Text())
			}
		}
	})
}

func TestEnhanced(t *testing.T) {
	for in, want := range map[string]Enhanced{
		"5.1.1": {5, 1, 1}, "2.0.0 Ok": {2, 0, 0}, "4.7.750 x": {4, 7, 750},
		"5.1.1x": {}, "6.1.1": {}, "5..1": {}, "5.1.": {}, "5.1.1234": {}, "": {}, "5.1.-1": {},
	} {
		got, _, ok := ParseEnhanced(in)
		if got != want || ok != (want != Enhanced{}) {
			t.Errorf("ParseEnhanced(%q) = %v, %v", in, got, ok)
		}
	}
}
