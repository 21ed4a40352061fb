package operate

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
)

// textOnly refuses what is no text: the files of spreadsheets themselves (ZIP archives begin so), and UTF-16.
func textOnly(r io.Reader) (*bufio.Reader, error) {
	in := bufio.NewReaderSize(r, headSize)
	head, _ := in.Peek(headSize) // an error comes again from Read
	if bytes.HasPrefix(head, []byte("PK\x03\x04")) || bytes.IndexByte(head, 0) >= 0 {
		return nil, failure(Unusable, "this is no CSV file; save it as CSV UTF-8; nothing was imported")
	}
	return in, nil
}

// headSize is how much of a file is looked at before it is read.
const headSize = 4096

// separator returns what stands between the columns: where the first line has semicolons and no commas, as spreadsheets of many
// countries write it, semicolons. What is within quotes is in a field.
func separator(in *bufio.Reader) rune {
	head, _ := in.Peek(headSize)
	found, quoted := ',', false
	for _, c := range bytes.TrimLeft(head, "\r\n") {
		switch {
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == ',':
			return ','
		case c == ';':
			found = ';'
		case c == '\r' || c == '\n':
			return found
		}
	}
	return found
}

// lineEnds makes LF of every end of a line, CR LF and CR alone too. Those within quotes are changed with them, which does no harm:
// no local-part may have one, and no other column is kept.
type lineEnds struct {
	r  io.Reader
	cr bool // the last octet was a CR, so that an LF belongs to it
}

func (l *lineEnds) Read(p []byte) (int, error) {
	for {
		n, err := l.r.Read(p)
		kept := p[:0]
		for _, c := range p[:n] {
			belongs := l.cr && c == '\n'
			if l.cr = c == '\r'; l.cr {
				c = '\n'
			}
			if !belongs {
				kept = append(kept, c)
			}
		}
		if len(kept) > 0 || n == 0 || err != nil {
			return len(kept), err
		}
	}
}

// withoutMark leaves out the byte order mark that spreadsheets begin a file with.
type withoutMark struct {
	r     io.Reader
	begun bool
}

func (w *withoutMark) Read(p []byte) (int, error) {
	if w.begun || len(p) < 3 {
		return w.r.Read(p)
	}
	w.begun = true
	n, err := io.ReadAtLeast(w.r, p, 3)
	if errors.Is(err, io.ErrUnexpectedEOF) {
		err = io.EOF
	}
	if n >= 3 && string(p[:3]) == "\ufeff" {
		n = copy(p, p[3:n])
	}
	return n, err
}

// maxRow is how many octets a row may have, about: those of an address and of columns that are not kept.
const maxRow = 64 << 10

var errLongRow = fmt.Errorf("a row is longer than %d octets", maxRow)

// boundedRow ends where a row is too long, which may go over many lines in quotes and would be kept until its end. Whoever reads rows
// sets size to 0 behind each.
type boundedRow struct {
	r    io.Reader
	size int // octets since
}

func (b *boundedRow) Read(p []byte) (int, error) {
	if b.size > maxRow {
		return 0, errLongRow
	}
	n, err := b.r.Read(p)
	b.size += n
	return n, err
}
