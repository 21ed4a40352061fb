package lab

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// move is one line of a session.
type move struct {
	line  int
	verb  string // the first word, without its colon
	text  string // what is said, or octets
	wait  time.Duration
	shake handshake // of starttls and tls
}

// whole reports whether the move is a connection that does not come about: a session's only line.
func (m move) whole() bool {
	return m.verb == "refuse" || m.verb == "unreachable" || m.verb == "cannot"
}

// last reports whether nothing can follow the move.
func (m move) last() bool {
	switch m.verb {
	case "close", "hang", "endless":
		return true
	case "starttls", "tls":
		return m.shake.how != completes
	}
	return m.whole()
}

func parseMove(line string) (m move, err error) {
	verb, text, _ := strings.Cut(line, " ")
	m = move{verb: strings.TrimSuffix(verb, ":"), text: text}
	switch verb {
	case "C:", "S:":
	case "quiet", "close", "hang", "refuse", "unreachable":
		if text != "" {
			err = fmt.Errorf("%s takes nothing behind it, not %q", verb, text)
		}
	case "cannot":
		if text != "bind" {
			err = fmt.Errorf("%q is no move of a session; write cannot bind", line)
		}
	case "raw":
		m.text, err = unquote(text)
	case "endless":
		m.text, err = unquote(text)
		if err == nil && m.text == "" {
			err = fmt.Errorf("endless needs octets")
		}
	case "slowly":
		pause, octets, _ := strings.Cut(text, " ")
		if m.wait, err = time.ParseDuration(pause); err == nil {
			m.text, err = unquote(octets)
		}
	case "wait":
		m.wait, err = time.ParseDuration(text)
	case "starttls", "tls":
		m.shake, err = parseHandshake(text)
	default:
		err = fmt.Errorf("%q is no move of a session", line)
	}
	return m, err
}

// unquote reads octets as Go writes strings.
func unquote(s string) (string, error) {
	octets, err := strconv.Unquote(s)
	if err != nil {
		return "", fmt.Errorf("%s are no octets in quotes", s)
	}
	return octets, nil
}
