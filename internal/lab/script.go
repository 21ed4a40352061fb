package lab

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Script is a parsed script.
type Script struct {
	Steps    []Step
	sessions map[string][]*session // by host:port, in the order in which connections come
	hosts    []string              // in the order of the script
}

// Step is what a script asks its runner to do, and what it expects of it.
type Step struct {
	Line int    // of the script, from 1
	Do   string // what stood behind "> "
	Want string // what stood behind the "< " that follows it, "" for nothing
}

// session is one connection's part of a script.
type session struct {
	host  string
	line  int
	moves []move
}

// move is one line of a session.
type move struct {
	line int
	verb string // C, S, raw, wait, quiet, close, hang, refuse, unreachable
	text string
	wait time.Duration
}

// ParseScript reads a script. The error names the line.
func ParseScript(text string) (*Script, error) {
	s := &Script{sessions: make(map[string][]*session)}
	var current *session
	for i, line := range strings.Split(text, "\n") {
		line = strings.TrimRight(line, " \t\r")
		n := i + 1
		var err error
		switch {
		case line == "" || strings.HasPrefix(line, "#"):
		case strings.HasPrefix(line, "> "):
			s.Steps = append(s.Steps, Step{Line: n, Do: line[2:]})
		case strings.HasPrefix(line, "< "):
			if len(s.Steps) == 0 || s.Steps[len(s.Steps)-1].Want != "" {
				return nil, fmt.Errorf("line %d: no step for this result", n)
			}
			s.Steps[len(s.Steps)-1].Want = line[2:]
		case strings.HasPrefix(line, "== "):
			current, err = s.open(n, line[3:])
		case current == nil:
			err = fmt.Errorf("%q belongs to no session", line)
		default:
			var m move
			if m, err = parseMove(line); err == nil {
				m.line = n
				current.moves = append(current.moves, m)
			}
		}
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", n, err)
		}
	}
	return s, nil
}

// open begins a session of a host, or goes on with its last one.
func (s *Script) open(line int, text string) (*session, error) {
	host, goesOn := strings.CutSuffix(text, " goes on")
	open := s.sessions[host]
	if goesOn {
		if len(open) == 0 {
			return nil, fmt.Errorf("%s has no session that could go on", host)
		}
		return open[len(open)-1], nil
	}
	if len(open) == 0 {
		s.hosts = append(s.hosts, host)
	}
	current := &session{host: host, line: line}
	s.sessions[host] = append(open, current)
	return current, nil
}

func parseMove(line string) (m move, err error) {
	verb, text, _ := strings.Cut(line, " ")
	m = move{verb: strings.TrimSuffix(verb, ":"), text: text}
	switch verb {
	case "C:", "S:", "quiet", "close", "hang", "refuse", "unreachable":
	case "raw":
		m.text, err = strconv.Unquote(text)
	case "wait":
		m.wait, err = time.ParseDuration(text)
	default:
		err = fmt.Errorf("%q is no move of a session", line)
	}
	return m, err
}

// matches reports whether s is pattern, in which each * stands for any octets.
func matches(pattern, s string) bool {
	first, rest, wild := strings.Cut(pattern, "*")
	if !wild {
		return pattern == s
	}
	if !strings.HasPrefix(s, first) {
		return false
	}
	for i := len(first); i <= len(s); i++ {
		if matches(rest, s[i:]) {
			return true
		}
	}
	return false
}
