package test

import (
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// session is one connection as Postfix's log tells it.
type session struct {
	lines    []string
	commands map[string]int // of the disconnect line, refused ones too; nil while the connection is open
	asked    []asked        // each RCPT, for a service that logs them
}

// asked is one RCPT with the sender of its transaction.
type asked struct{ from, to string }

var (
	smtpdLine   = regexp.MustCompile(`(?m)^.{15} \S+ (\w+)/smtpd\[(\d+)\]: (.*)$`)
	askedLine   = regexp.MustCompile(`info: RCPT from .*; from=<(.*?)> to=<(.*)> proto=`)
	commandText = regexp.MustCompile(`(\w+)=(?:\d+/)?(\d+)`)
)

// sessions returns the connections to the service that logs under the given syslog_name, the oldest first.
func (p *postfix) sessions(t *testing.T, service string) []*session {
	t.Helper()
	var all []*session
	open := map[string]*session{} // by process: each serves one connection at a time
	for _, m := range smtpdLine.FindAllStringSubmatch(p.log(t), -1) {
		pid, text := m[2], m[3]
		switch {
		case m[1] != service:
		case strings.HasPrefix(text, "connect from "):
			open[pid] = &session{}
			all = append(all, open[pid])
		}
		s := open[pid]
		if s == nil || m[1] != service {
			continue
		}
		s.add(text)
		if s.commands != nil {
			delete(open, pid)
		}
	}
	return all
}

func (s *session) add(text string) {
	s.lines = append(s.lines, text)
	if m := askedLine.FindStringSubmatch(text); m != nil {
		s.asked = append(s.asked, asked{from: m[1], to: m[2]})
	}
	if rest, ok := strings.CutPrefix(text, "disconnect from "); ok {
		s.commands = map[string]int{}
		for _, m := range commandText.FindAllStringSubmatch(rest, -1) {
			s.commands[m[1]], _ = strconv.Atoi(m[2])
		}
	}
}

// timesAsked returns how often each recipient was asked by a callout.
func (d *destination) timesAsked(t *testing.T) map[string]int {
	t.Helper()
	times := map[string]int{}
	for _, s := range d.sessions(t, "callouts") {
		for _, a := range s.asked {
			times[a.to]++
		}
	}
	return times
}

// checkCallouts fails the test unless every connection to the callout port was one that a callout may make: it
// has ended, by QUIT, with the null sender in every transaction, and no message was begun.
func (d *destination) checkCallouts(t *testing.T) {
	t.Helper()
	for _, s := range d.sessions(t, "callouts") {
		dialogue := strings.Join(s.lines, "\n\t")
		if s.commands["quit"] != 1 || s.commands["ehlo"] != 1 {
			t.Errorf("a callout session without one EHLO and one QUIT:\n\t%s", dialogue)
		}
		if s.commands["data"]+s.commands["bdat"] > 0 {
			t.Errorf("a callout session that began a message:\n\t%s", dialogue)
		}
		if len(s.asked) == 0 || len(s.asked) != s.commands["rcpt"] || s.commands["mail"] < 1 {
			t.Errorf("a callout session with %d RCPTs, %d of them logged:\n\t%s", s.commands["rcpt"], len(s.asked), dialogue)
		}
		for _, a := range s.asked {
			if a.from != "" {
				t.Errorf("asked for <%s> with the sender <%s>:\n\t%s", a.to, a.from, dialogue)
			}
		}
		if strings.Contains(dialogue, "lost connection") || strings.Contains(dialogue, "too many errors") {
			t.Errorf("a callout session that broke off:\n\t%s", dialogue)
		}
	}
}
