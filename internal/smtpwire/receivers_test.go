package smtpwire

import (
	"bytes"
	"io"
	"regexp"
	"strings"
	"testing"
	"testing/iotest"
)

// Receivers that are as simple as can be, for the real ones to be held against.

// strictData takes message data apart as RFC 5321 section 4.5.2 has it: the message, its bare newlines made CRLF;
// whether there were any; what follows the data. ok is false where the data has no end.
func strictData(in string) (message string, bare bool, after string, ok bool) {
	raw, after, ok := strings.Cut("\r\n"+in, "\r\n.\r\n")
	if !ok {
		return "", false, "", false
	}
	if raw == "" {
		return "", false, after, true
	}
	var b strings.Builder
	for _, line := range strings.Split(raw[2:], "\r\n") {
		line = strings.TrimPrefix(line, ".")
		bare = bare || strings.ContainsAny(line, "\r\n")
		b.WriteString(strings.NewReplacer("\r", "\r\n", "\n", "\r\n").Replace(line) + "\r\n")
	}
	return b.String(), bare, after, true
}

// lenientData takes CRLF, CR and LF for a line's end, all alike, drops NUL, and returns how many octets the first
// message has on the wire. It is the server that smugglers look for.
func lenientData(in string) (octets int, ok bool) {
	for pos := 0; pos < len(in); {
		length := strings.IndexAny(in[pos:], "\r\n")
		if length < 0 {
			return 0, false
		}
		line := in[pos : pos+length]
		pos += length
		if strings.HasPrefix(in[pos:], "\r\n") {
			pos++
		}
		pos++
		if strings.ReplaceAll(line, "\x00", "") == "." {
			return pos, true
		}
	}
	return 0, false
}

// oneMessage fails the test unless both the strict and the lenient receiver see exactly one message on the wire, and
// the strict one sees this message.
func oneMessage(t interface{ Fatalf(string, ...any) }, wire, message string) {
	got, bare, after, ok := strictData(wire)
	if !ok || bare || after != "" || got != message {
		t.Fatalf("strict receiver: %q, bare %v, then %q, %v; want %q", got, bare, after, ok, message)
	}
	if octets, ok := lenientData(wire); !ok || octets != len(wire) {
		t.Fatalf("lenient receiver: the message ends after %d of %d octets of %q, %v", octets, len(wire), wire, ok)
	}
}

// hiddenDot is what a DotWriter does not write.
var hiddenDot = regexp.MustCompile("(^|\r\n)\x00+[.]")

// leavesOnce fails the test unless a DotWriter writes a message so that every receiver sees it once, or, where it has
// a dot behind NULs, refuses it so that none sees it. want is what the strict one sees.
func leavesOnce(t interface{ Fatalf(string, ...any) }, message, want string) {
	var wire bytes.Buffer
	w := NewDotWriter(&wire)
	n, err := w.Write([]byte(message))
	closed := w.Close()
	if hiddenDot.MatchString(message) {
		if _, ended := lenientData(wire.String()); err != ErrHiddenDot || closed != err || ended {
			t.Fatalf("DotWriter: %q: %v, %v, wrote %q; want ErrHiddenDot", message, err, closed, wire.String())
		}
		return
	}
	if err != nil || n != len(message) || closed != nil {
		t.Fatalf("DotWriter: %d of %d octets of %q, %v, %v", n, len(message), message, err, closed)
	}
	oneMessage(t, wire.String(), want)
}

// unheard is for a Drain whose progress is of no interest.
func unheard(int) {}

// readBy reads r to its end with a buffer of n octets.
func readBy(r io.Reader, n int) (string, error) {
	var b strings.Builder
	p := make([]byte, n)
	for {
		n, err := r.Read(p)
		b.Write(p[:n])
		if err == io.EOF {
			return b.String(), nil
		}
		if err != nil {
			return b.String(), err
		}
	}
}

// everyWay calls f with in as it may come from a connection: whole, octet by octet, in two parts, whatever they are.
func everyWay(in string, f func(from io.Reader, how string, at int)) {
	f(strings.NewReader(in), "whole", 0)
	f(iotest.OneByteReader(strings.NewReader(in)), "octet by octet", 0)
	for i := 1; i < len(in); i++ {
		f(io.MultiReader(strings.NewReader(in[:i]), strings.NewReader(in[i:])), "split at", i)
	}
}

// The receivers that the rest is held against do what their comments say.
func TestReceivers(t *testing.T) {
	for wire, octets := range map[string]int{
		"a\r\n.\r\nQUIT\r\n": 6, "a\n.\nQUIT\r\n": 4, "a\r.\rQUIT\r\n": 4, "a\n.\r\nQUIT\r\n": 5, ".\nQUIT\r\n": 2, "a\r\n\x00.\r\nQUIT\r\n": 7, "a\r\n..\r\n.\r\n": 10,
	} {
		if got, ok := lenientData(wire); got != octets || !ok {
			t.Errorf("lenientData(%q) = %d, %v; want %d", wire, got, ok, octets)
		}
	}
	message, bare, after, ok := strictData("a\n.\nb\r\n..c\r\n.\r\nQUIT\r\n")
	if message != "a\r\n.\r\nb\r\n.c\r\n" || !bare || after != "QUIT\r\n" || !ok {
		t.Errorf("strictData: %q, %v, %q, %v", message, bare, after, ok)
	}
}
