package lab

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"
)

// Script is a parsed script.
type Script struct {
	Steps    []Instruction
	sessions map[string][]*session // by host:port, in the order in which connections come
	hosts    []string              // in the order of the script
}

// Instruction is what a script asks its runner to do, and what it expects of it.
type Instruction struct {
	Line int    // of the script, from 1
	Do   string // what stood behind "> ", or a whole line that begins with "dns "
	Want string // what stood behind the "< " that follows it, several joined by " | ", "" for nothing
}

// session is one connection's part of a script.
type session struct {
	host   string // host:port
	source netip.Addr
	line   int
	moves  []move
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
			s.Steps = append(s.Steps, Instruction{Line: n, Do: line[2:]})
		case strings.HasPrefix(line, "< "):
			err = s.result(line[2:])
		case strings.HasPrefix(line, "dns "):
			_, err = parseRecord(line[4:])
			s.Steps = append(s.Steps, Instruction{Line: n, Do: line})
			current = nil
		case strings.HasPrefix(line, "== "):
			current, err = s.open(n, line[3:])
		case current == nil:
			err = fmt.Errorf("%q belongs to no session", line)
		default:
			err = current.add(n, line)
		}
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", n, err)
		}
	}
	return s, nil
}

// result adds to what the last step is to give.
func (s *Script) result(text string) error {
	if len(s.Steps) == 0 || strings.HasPrefix(s.Steps[len(s.Steps)-1].Do, "dns ") {
		return errors.New("no step for this result")
	}
	last := &s.Steps[len(s.Steps)-1]
	if last.Want != "" {
		last.Want += " | "
	}
	last.Want += text
	return nil
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
	current := &session{line: line}
	var err error
	host, source, from := strings.Cut(text, " from ")
	if from {
		if current.source, err = netip.ParseAddr(source); err != nil {
			return nil, fmt.Errorf("%q is no IP address", source)
		}
	}
	if strings.Contains(host, " ") {
		return nil, fmt.Errorf("%q is no host:port", host)
	}
	if len(s.sessions[host]) == 0 {
		s.hosts = append(s.hosts, host)
	}
	current.host = host
	s.sessions[host] = append(s.sessions[host], current)
	return current, nil
}

// add appends a move. Nothing may stand behind one that ends the session.
func (s *session) add(n int, line string) error {
	m, err := parseMove(line)
	if err != nil {
		return err
	}
	if len(s.moves) > 0 && s.moves[len(s.moves)-1].last() {
		return fmt.Errorf("line %d has ended this session", s.moves[len(s.moves)-1].line)
	}
	if m.whole() && len(s.moves) > 0 {
		return fmt.Errorf("%q is a session's only line", line)
	}
	m.line = n
	s.moves = append(s.moves, m)
	return nil
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
