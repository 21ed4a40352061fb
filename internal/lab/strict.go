package lab

// dotReader reads the octets that come behind DATA as strictly as RFC 5321 section 4.5.2 has them: a line ends with
// CRLF and with nothing else, and only a line of a single dot is the end. It shares nothing with the reader of
// the gateway, so that one can be checked by the other.
type dotReader struct {
	state dotState
	out   []byte
}

// dotState is what stood before the next octet.
type dotState uint8

const (
	lineBegun  dotState = iota // CRLF, or nothing yet
	lineDot                    // a dot at the start of a line
	lineDotCR                  // a dot at the start of a line and CR
	lineCR                     // CR
	lineWithin                 // anything else
)

// read returns the content of octets, which is valid until the next read, how many of them belong to the message,
// and whether they end it.
func (d *dotReader) read(octets []byte) (content []byte, used int, ended bool) {
	d.out = d.out[:0]
	for i, c := range octets {
		switch {
		case d.state == lineDotCR && c == '\n':
			return d.out, i + 1, true
		case d.state == lineBegun && c == '.':
			d.state = lineDot
			continue
		case d.state == lineDot && c == '\r':
			d.state = lineDotCR
			continue
		case d.state == lineDotCR: // that CR was content
			d.out = append(d.out, '\r')
			d.state = lineCR
		}
		d.out = append(d.out, c)
		switch {
		case c == '\n' && d.state == lineCR:
			d.state = lineBegun
		case c == '\r':
			d.state = lineCR
		default:
			d.state = lineWithin
		}
	}
	return d.out, len(octets), false
}

// endCounter counts the ends that a lenient reader would see: a line of a single dot, where CR, LF and CRLF end
// a line and NUL counts for nothing.
type endCounter struct {
	n    int
	line bool // something is in the line
	aDot bool // and that is a dot
}

func (e *endCounter) count(octets []byte) {
	for _, c := range octets {
		switch {
		case c == 0:
		case c == '\r' || c == '\n':
			if e.aDot {
				e.n++
			}
			e.line, e.aDot = false, false
		default:
			e.aDot = c == '.' && !e.line
			e.line = true
		}
	}
}
