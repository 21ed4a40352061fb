package smtpwire

import (
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
)

// A server refuses a line that is too long, skips it, and reads the next command: whether the line is a little too
// long or does not fit into the buffer, and however it comes.
func TestSkipLineAfterTooLongALine(t *testing.T) {
	for _, length := range []int{MaxLine - 1, MaxLine, 4093, 4094, 4095, 4096, 4097, 10000} {
		for _, end := range []string{"\r\n", "\n"} {
			in := strings.Repeat("x", length) + end + "NOOP\r\n"
			for how, from := range map[string]io.Reader{"whole": strings.NewReader(in), "by octets": iotest.OneByteReader(strings.NewReader(in))} {
				r := NewReader(from)
				if _, err := r.ReadLine(); length+len(end) <= MaxLine {
					if err != nil {
						t.Fatalf("%d octets, %s: %v", length, how, err)
					}
				} else if err != ErrLineTooLong {
					t.Fatalf("%d octets, %s: %v", length, how, err)
				} else if err := r.SkipLine(10000); err != nil {
					t.Fatalf("%d octets, %s: SkipLine: %v", length, how, err)
				}
				if line, err := r.ReadLine(); string(line) != "NOOP" || err != nil {
					t.Fatalf("%d octets, %s: the next line is %q, %v", length, how, line, err)
				}
			}
		}
	}
}

func TestSkipLineIsBounded(t *testing.T) {
	in := strings.Repeat("x", 5000) + "\n"
	if err := NewReader(strings.NewReader(in)).SkipLine(5000); err != ErrLineTooLong {
		t.Errorf("an LF behind max: %v", err)
	}
	if err := NewReader(strings.NewReader(in)).SkipLine(5001); err != nil {
		t.Errorf("an LF at max: %v", err)
	}
	if err := NewReader(strings.NewReader(in[:100])).SkipLine(5001); err != io.ErrUnexpectedEOF {
		t.Errorf("a line that is cut off: %v", err)
	}
	broken := errors.New("broken")
	if err := NewReader(iotest.ErrReader(broken)).SkipLine(5001); err != broken {
		t.Errorf("a connection that fails: %v", err)
	}
}

// PeekLine shows what ReadLine will return, and never waits for the connection.
func TestPeekLine(t *testing.T) {
	long := strings.Repeat("x", MaxLine-1)
	r := NewReader(io.MultiReader(strings.NewReader("one\r\ntwo\nthr"), strings.NewReader("ee\r\n"), strings.NewReader(long+"\n"+"x"+long+"\n")))
	if line, ok := r.PeekLine(); ok {
		t.Fatalf("%q before anything came", line)
	}
	if err := r.Wait(); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"one", "two"} {
		for range 2 {
			if line, ok := r.PeekLine(); !ok || string(line) != want {
				t.Fatalf("%q, %v; want %q", line, ok, want)
			}
		}
		if line, err := r.ReadLine(); string(line) != want || err != nil {
			t.Fatalf("%q, %v; want %q", line, err, want)
		}
	}
	if line, ok := r.PeekLine(); ok {
		t.Fatalf("%q, of which only a part has come", line)
	}
	if line, err := r.ReadLine(); string(line) != "three" || err != nil {
		t.Fatalf("%q, %v", line, err)
	}
	if err := r.Wait(); err != nil {
		t.Fatal(err)
	}
	if line, ok := r.PeekLine(); !ok || string(line) != long {
		t.Fatalf("a line of MaxLine octets: %d octets, %v", len(line), ok)
	}
	if _, err := r.ReadLine(); err != nil {
		t.Fatal(err)
	}
	if line, ok := r.PeekLine(); ok {
		t.Fatalf("a line that is too long: %d octets", len(line))
	}
	if _, err := r.ReadLine(); err != ErrLineTooLong {
		t.Fatal(err)
	}
}

func TestPeekLineDoesNotAllocate(t *testing.T) {
	r := NewReader(strings.NewReader("RCPT TO:<a@example.com>\r\n"))
	if err := r.Wait(); err != nil {
		t.Fatal(err)
	}
	if n := testing.AllocsPerRun(100, func() {
		if _, ok := r.PeekLine(); !ok {
			t.Error("no line")
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// The buffer is at least NewReader's: a line of MaxLine octets must fit.
func TestNewReaderSizeHasAMinimum(t *testing.T) {
	line := strings.Repeat("x", MaxLine-1)
	if got, err := NewReaderSize(strings.NewReader(line+"\n"), 1).ReadLine(); string(got) != line || err != nil {
		t.Errorf("%d octets, %v", len(got), err)
	}
}
