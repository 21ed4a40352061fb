package smtpwire

import (
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"pgregory.net/rapid"
)

// readChunks reads in as chunks of these sizes and one of what is left, and finishes the message.
func readChunks(from io.Reader, newlines Newlines, total, readSize int, sizes ...int) (got string, state *NewlineState, err error) {
	r, state := NewReader(from), new(NewlineState)
	for _, size := range append(sizes, total) {
		size = min(size, total)
		total -= size
		part, err := readBy(r.Chunk(int64(size), newlines, state), readSize)
		got += part
		if err != nil {
			return got, state, err
		}
	}
	return got, state, state.Finish()
}

func TestChunkReader(t *testing.T) {
	tests := []struct {
		name, in   string
		reject     error
		normalized string
	}{
		{"nothing", "", nil, ""},
		{"a line", "a\r\n", nil, "a\r\n"},
		{"a line without its end", "a\r\nb", nil, "a\r\nb"},
		{"dots", ".\r\n..\r\n.a\r\n.\r\n", nil, ".\r\n..\r\n.a\r\n.\r\n"},
		{"empty lines", "\r\n\r\n", nil, "\r\n\r\n"},
		{"NUL and octets above ASCII", "\x00\xff\r\n", nil, "\x00\xff\r\n"},
		{"a bare LF", "a\nb\r\n", ErrBareNewline, "a\r\nb\r\n"},
		{"a bare CR", "a\rb\r\n", ErrBareNewline, "a\r\nb\r\n"},
		{"a bare CR at the end", "a\r", ErrBareNewline, "a\r\n"},
		{"a CR alone", "\r", ErrBareNewline, "\r\n"},
		{"an LF alone", "\n", ErrBareNewline, "\r\n"},
		{"two CR", "a\r\r\n", ErrBareNewline, "a\r\n\r\n"},
		{"two LF", "a\r\n\n", ErrBareNewline, "a\r\n\r\n"},
		{"LF and CR", "a\n\rb", ErrBareNewline, "a\r\n\r\nb"},
		{"the end of data elsewhere", "a\n.\n.\r.\rb\r\n", ErrBareNewline, "a\r\n.\r\n.\r\n.\r\nb\r\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			everyWay(tt.in, func(from io.Reader, how string, at int) {
				// The chunks end where the parts do, and the reads are as short as can be or long.
				got, state, err := readChunks(from, NormalizeBare, len(tt.in), 1+at%3*50, at)
				if got != tt.normalized || err != nil || state.EndsWithCRLF() != (got == "" || strings.HasSuffix(got, "\r\n")) {
					t.Fatalf("normalize, %s %d: %q, %v", how, at, got, err)
				}
			})
			everyWay(tt.in, func(from io.Reader, how string, at int) {
				got, state, err := readChunks(from, RejectBare, len(tt.in), 1+at%3*50, at)
				if err != tt.reject || !strings.HasPrefix(tt.in, got) || err == nil && got != tt.in {
					t.Fatalf("reject, %s %d: %q, %v", how, at, got, err)
				}
				if err == nil && state.EndsWithCRLF() != (got == "" || strings.HasSuffix(got, "\r\n")) {
					t.Fatalf("reject, %s %d: %q ends with CRLF: %v", how, at, got, state.EndsWithCRLF())
				}
				if state.Finish() != tt.reject {
					t.Fatalf("reject, %s %d: Finish: %v", how, at, state.Finish())
				}
			})
			everyWay(tt.in, func(from io.Reader, how string, at int) {
				got, state, err := readChunks(from, BinaryNewlines, len(tt.in), 1+at%3*50, at)
				if got != tt.in || err != nil || state.EndsWithCRLF() != (got == "" || strings.HasSuffix(got, "\r\n")) {
					t.Fatalf("binary, %s %d: %q, %v", how, at, got, err)
				}
			})
		})
	}
}

// After a bare newline nothing more of the message is given, in later chunks neither, and each can be drained: the
// next command is found.
func TestChunksOfARefusedMessage(t *testing.T) {
	r, state := NewReader(strings.NewReader("a\r\nb\nc\r\nBDAT 4\r\nd\r\n.QUIT\r\n")), new(NewlineState)
	c := r.Chunk(8, RejectBare, state)
	if got, err := readBy(c, 100); got != "a\r\nb" || err != ErrBareNewline {
		t.Fatalf("%q, %v", got, err)
	}
	if err := c.Drain(unheard); err != nil {
		t.Fatal(err)
	}
	if line, err := r.ReadLine(); string(line) != "BDAT 4" || err != nil {
		t.Fatalf("the next command is %q, %v", line, err)
	}
	c = r.Chunk(4, RejectBare, state)
	if got, err := readBy(c, 100); got != "" || err != ErrBareNewline || c.Drain(unheard) != nil || state.Finish() != ErrBareNewline {
		t.Fatalf("%q, %v, Finish: %v", got, err, state.Finish())
	}
	if line, err := r.ReadLine(); string(line) != "QUIT" || err != nil {
		t.Fatalf("the next command is %q, %v", line, err)
	}
}

// A chunk of any length is drained, from wherever reading stopped.
func TestDrainOfAChunk(t *testing.T) {
	in := strings.Repeat("0123456\r\n", 2000)
	for _, newlines := range []Newlines{RejectBare, NormalizeBare, BinaryNewlines} {
		for _, read := range []int{0, 1, 8, 9, 5000, len(in)} {
			r := NewReader(strings.NewReader(in + "QUIT\r\n"))
			c := r.Chunk(int64(len(in)), newlines, new(NewlineState))
			if _, err := io.ReadFull(c, make([]byte, read)); err != nil || c.Drain(unheard) != nil {
				t.Fatal(err)
			}
			if line, err := r.ReadLine(); string(line) != "QUIT" || err != nil {
				t.Fatalf("%d octets read: the next command is %q, %v", read, line, err)
			}
		}
	}
}

func TestChunkThatIsCutOff(t *testing.T) {
	broken := errors.New("broken")
	for _, newlines := range []Newlines{RejectBare, NormalizeBare, BinaryNewlines} {
		for end, want := range map[io.Reader]error{strings.NewReader(""): io.ErrUnexpectedEOF, iotest.ErrReader(broken): broken} {
			c := NewReader(io.MultiReader(strings.NewReader("a\r\nb\r"), end)).Chunk(6, newlines, new(NewlineState))
			if got, err := readBy(c, 100); err != want || !strings.HasPrefix(got, "a\r\nb") {
				t.Errorf("%q, %v; want %v", got, err, want)
			}
			if err := c.Drain(unheard); err != want {
				t.Errorf("Drain: %v; want %v", err, want)
			}
		}
	}
}

// A line has at most MaxDataLine octets across chunks too. Binary messages have no lines.
func TestMaxDataLineOfChunks(t *testing.T) {
	longest := strings.Repeat("x", MaxDataLine-2) + "\r\n"
	for _, newlines := range []Newlines{RejectBare, NormalizeBare} {
		if got, _, err := readChunks(strings.NewReader(longest+longest), newlines, 2*len(longest), 5000, 100, MaxDataLine-101, 100); got != longest+longest || err != nil {
			t.Errorf("lines of MaxDataLine octets: %d octets, %v", len(got), err)
		}
		if got, _, err := readChunks(strings.NewReader("x"+longest), newlines, 1+len(longest), 5000, 100, 1000); err != ErrDataLine {
			t.Errorf("a line that is too long: %d octets, %v", len(got), err)
		}
	}
	if got, _, err := readChunks(strings.NewReader("x"+longest), BinaryNewlines, 1+len(longest), 5000, 100); got != "x"+longest || err != nil {
		t.Errorf("binary: %d octets, %v", len(got), err)
	}
}

// Where a message is cut into chunks does not matter.
func TestChunkBordersDoNotMatter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in := dataOctets(t, "in")
		sizes := rapid.SliceOfN(rapid.IntRange(0, 20), 0, 20).Draw(t, "sizes")
		readSize := rapid.SampledFrom([]int{1, 3, 5000}).Draw(t, "read")
		split := rapid.IntRange(0, len(in)).Draw(t, "split")
		for _, newlines := range []Newlines{RejectBare, NormalizeBare, BinaryNewlines} {
			want, whole, wantErr := readChunks(strings.NewReader(in), newlines, len(in), 5000)
			from := io.MultiReader(strings.NewReader(in[:split]), strings.NewReader(in[split:]))
			got, state, err := readChunks(from, newlines, len(in), readSize, sizes...)
			if got != want || err != wantErr || err == nil && state.EndsWithCRLF() != whole.EndsWithCRLF() {
				t.Fatalf("%q, %v; in one chunk %q, %v", got, err, want, wantErr)
			}
			if newlines != BinaryNewlines && err == nil {
				leavesOnce(t, got, strings.TrimSuffix(got, "\r\n")+endOf(got))
			}
		}
	})
}

// endOf returns what ends a message once it went through DATA: the CRLF that it had or was given.
func endOf(message string) string {
	if message == "" {
		return ""
	}
	return "\r\n"
}
