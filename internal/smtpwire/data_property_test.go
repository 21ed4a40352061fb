package smtpwire

import (
	"io"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// dataOctets draws octets in which line ends and dots are frequent.
func dataOctets(t *rapid.T, label string) string {
	piece := rapid.SampledFrom([]string{"\r", "\n", "\r\n", ".", ".\r\n", "\r\n.", "\r\n.\r\n", "a", "bc", "\x00", "\xff", strings.Repeat("x", 255), strings.Repeat("y", 4090)})
	return strings.Join(rapid.SliceOfN(piece, 0, 40).Draw(t, label), "")
}

// Any octets at all are read as the simplest receiver reads them, in whatever parts they come and are read.
func TestDataReaderProperty(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in := dataOctets(t, "in") + "\r\n.\r\n" + dataOctets(t, "behind")
		message, bare, after, _ := strictData(in)
		split := rapid.IntRange(0, len(in)).Draw(t, "split")
		size := rapid.SampledFrom([]int{1, 2, 7, 300, 5000}).Draw(t, "size")
		for _, newlines := range []Newlines{RejectBare, NormalizeBare} {
			r := NewReader(io.MultiReader(strings.NewReader(in[:split]), strings.NewReader(in[split:])))
			d := r.Data(newlines)
			got, err := readBy(d, size)
			switch {
			case newlines == RejectBare && bare:
				if err != ErrBareNewline || !strings.HasPrefix(message, got) || d.Drain(unheard) != nil {
					t.Fatalf("%q, %v; want ErrBareNewline in %q", got, err, message)
				}
			case got != message || err != nil:
				t.Fatalf("%q, %v; want %q", got, err, message)
			}
			if rest, _ := io.ReadAll(r.br); string(rest) != after {
				t.Fatalf("behind the data %q; want %q", rest, after)
			}
		}
	})
}

// Whatever octets a client sends, what is passed on after normalising is one message to every server.
func TestNormalizedDataIsOneMessageToEveryServer(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		message, err := readBy(NewReader(strings.NewReader(dataOctets(t, "in")+"\r\n.\r\n")).Data(NormalizeBare), 100)
		if err != nil {
			t.Fatal(err)
		}
		leavesOnce(t, message, message)
	})
}

func FuzzData(f *testing.F) {
	for _, s := range smuggling {
		f.Add("a"+s+"b\r\n.\r\nQUIT\r\n", uint16(3), uint16(2))
	}
	f.Fuzz(func(t *testing.T, in string, split, size uint16) {
		cut := min(int(split), len(in))
		message, bare, after, ok := strictData(in)
		for _, newlines := range []Newlines{RejectBare, NormalizeBare} {
			r := NewReader(io.MultiReader(strings.NewReader(in[:cut]), strings.NewReader(in[cut:])))
			d := r.Data(newlines)
			got, err := readBy(d, int(size)%5000+1)
			switch {
			case !ok:
				if err != io.ErrUnexpectedEOF && err != ErrBareNewline || d.Drain(unheard) != io.ErrUnexpectedEOF {
					t.Fatalf("%q has no end: %v", in, err)
				}
				continue
			case newlines == RejectBare && bare:
				if err != ErrBareNewline || d.Drain(unheard) != nil {
					t.Fatalf("%q has bare newlines: %v", in, err)
				}
			case got != message || err != nil:
				t.Fatalf("%q: %q, %v; want %q", in, got, err, message)
			default:
				leavesOnce(t, got, got)
			}
			if rest, _ := io.ReadAll(r.br); string(rest) != after {
				t.Fatalf("%q: behind the data %q; want %q", in, rest, after)
			}
		}
	})
}
