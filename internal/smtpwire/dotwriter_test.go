package smtpwire

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestDotWriter(t *testing.T) {
	for message, want := range map[string]string{
		"":                        ".\r\n",
		"\r\n":                    "\r\n.\r\n",
		"a\r\n":                   "a\r\n.\r\n",
		"a":                       "a\r\n.\r\n",
		".":                       "..\r\n.\r\n",
		".\r\n":                   "..\r\n.\r\n",
		"..a\r\n.\r\n":            "...a\r\n..\r\n.\r\n",
		"a.\r\nb..c\r\n":          "a.\r\nb..c\r\n.\r\n",
		"\r\n.\r\nMAIL FROM:<>":   "\r\n..\r\nMAIL FROM:<>\r\n.\r\n",
		"a\x00.\r\n\x00\xff.\r\n": "a\x00.\r\n\x00\xff.\r\n.\r\n",
		"\x00\r\n.\x00\r\n":       "\x00\r\n..\x00\r\n.\r\n",
	} {
		for split := range len(message) + 1 {
			var wire bytes.Buffer
			w := NewDotWriter(&wire)
			for _, part := range []string{message[:split], message[split:]} {
				if n, err := w.Write([]byte(part)); n != len(part) || err != nil {
					t.Fatalf("%q split at %d: %d, %v", message, split, n, err)
				}
			}
			if err := w.Close(); err != nil || wire.String() != want {
				t.Fatalf("%q split at %d: %q, %v; want %q", message, split, wire.String(), err, want)
			}
			if _, err := w.Write([]byte("x")); err == nil || w.Close() == nil || wire.String() != want {
				t.Fatalf("%q: %q was written behind the end, %v", message, wire.String()[len(want):], err)
			}
		}
	}
}

// Octets that another server could take for a line's end are not written, and a message that has them is never ended.
func TestDotWriterRefusesBareNewlines(t *testing.T) {
	for _, message := range append([]string{"\n", "\r", "a\r", "a\r\r\n"}, smuggling...) {
		message = "a\r\n" + message
		for split := range len(message) + 1 {
			var wire bytes.Buffer
			w := NewDotWriter(&wire)
			w.Write([]byte(message[:split]))
			w.Write([]byte(message[split:]))
			want := ErrBareNewline
			if at := hiddenDot.FindStringIndex(message); at != nil && at[1] <= strings.IndexAny(strings.ReplaceAll(message, "\r\n", "  "), "\r\n") {
				want = ErrHiddenDot // it comes first
			}
			if err := w.Close(); err != want {
				t.Fatalf("%q split at %d: %v", message, split, err)
			}
			written := wire.String()
			if _, ended := lenientData(written); ended || strings.ContainsAny(strings.ReplaceAll(written, "\r\n", ""), "\n") {
				t.Fatalf("%q split at %d: %q was written", message, split, written)
			}
		}
	}
}

// A dot behind NULs that begin a line could end the message at a server that drops NUL. Such a message is not ended.
func TestDotWriterRefusesHiddenDots(t *testing.T) {
	for _, message := range []string{"\x00.\r\n", "a\r\n\x00\x00.\x00\r\n", "\x00\r\n\x00.b\r\n"} {
		for split := range len(message) + 1 {
			var wire bytes.Buffer
			w := NewDotWriter(&wire)
			w.Write([]byte(message[:split]))
			w.Write([]byte(message[split:]))
			if err := w.Close(); err != ErrHiddenDot || strings.Contains(wire.String(), ".") {
				t.Fatalf("%q split at %d: %v, %q was written", message, split, err, wire.String())
			}
		}
	}
}

// A message that could not be written whole is not ended.
func TestDotWriterDoesNotEndAfterAnError(t *testing.T) {
	broken := errors.New("broken")
	for after := range 6 {
		wire := &failing{after: after, err: broken}
		w := NewDotWriter(wire)
		w.Write([]byte("a\r\n.b\r\n"))
		w.Write([]byte(".c\r\n"))
		if err := w.Close(); err != broken && after < wire.writes {
			t.Errorf("the write after %d fails: %v", after, err)
		}
		if wire.late {
			t.Errorf("the write after %d fails: more was written", after)
		}
	}
}

// failing fails one write and notes the ones after it.
type failing struct {
	after, writes int
	err           error
	late          bool
}

func (f *failing) Write(p []byte) (int, error) {
	f.late = f.late || f.writes > f.after
	f.writes++
	if f.writes > f.after {
		return 0, f.err
	}
	return len(p), nil
}

// Any message of CRLF lines that is written for DATA is read back as it was, in whatever parts it is written and comes.
func TestDotWriterThenDataReader(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		lines := rapid.SliceOfN(rapid.SampledFrom([]string{"", ".", "..", ".a", "a.", "\x00", "\xe4", "Subject: x", strings.Repeat("x", 5000), "QUIT"}), 0, 30).Draw(t, "lines")
		message := ""
		for _, line := range lines {
			message += line + "\r\n"
		}
		var wire bytes.Buffer
		w := NewDotWriter(&wire)
		for rest := message; rest != ""; {
			n := min(len(rest), rapid.SampledFrom([]int{1, 2, 3, 50, 5000}).Draw(t, "n"))
			if _, err := w.Write([]byte(rest[:n])); err != nil {
				t.Fatal(err)
			}
			rest = rest[n:]
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		oneMessage(t, wire.String(), message)
		split := rapid.IntRange(0, wire.Len()).Draw(t, "split")
		from := io.MultiReader(strings.NewReader(wire.String()[:split]), strings.NewReader(wire.String()[split:]))
		if got, err := readBy(NewReader(from).Data(RejectBare), 1000); got != message || err != nil {
			t.Fatalf("%q, %v; want %q", got, err, message)
		}
	})
}

// Messages stream through without an allocation for each call.
func TestStreamingDoesNotAllocate(t *testing.T) {
	r := NewReader(&endless{[]byte("0123456789\r\n..0123456789\r\n\n"), 0})
	d, w := r.Data(NormalizeBare), NewDotWriter(io.Discard)
	p := make([]byte, 10000)
	if n := testing.AllocsPerRun(100, func() {
		n, err := d.Read(p)
		if err == nil {
			_, err = w.Write(p[:n])
		}
		if err != nil {
			t.Error(err)
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// endless gives the same octets over and over.
type endless struct {
	octets []byte
	at     int
}

func (e *endless) Read(p []byte) (n int, err error) {
	for n < len(p) {
		k := copy(p[n:], e.octets[e.at:])
		n += k
		e.at = (e.at + k) % len(e.octets)
	}
	return n, nil
}
