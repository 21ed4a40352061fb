package api

import (
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
)

// encoding/json looks at all blanks again that came before whenever it gets some more: a body that is read in small pieces and
// begins with many would keep a processor busy for seconds.
func TestABodyIsReadInLargePieces(t *testing.T) {
	whole := &arrival{body: iotest.OneByteReader(strings.NewReader(strings.Repeat(" ", 100)))}
	b := make([]byte, 64)
	for _, want := range []int{64, 36} {
		if n, err := whole.Read(b); n != want || err != nil && !errors.Is(err, io.EOF) {
			t.Errorf("%d octets, %v; want %d", n, err, want)
		}
	}
	cut := &arrival{body: io.MultiReader(strings.NewReader("{"), iotest.ErrReader(io.ErrUnexpectedEOF))}
	if n, err := cut.Read(b); n != 1 || !errors.Is(err, io.ErrUnexpectedEOF) || !errors.Is(cut.err, io.ErrUnexpectedEOF) {
		t.Errorf("a body that is cut: %d octets, %v, kept %v", n, err, cut.err)
	}
}
