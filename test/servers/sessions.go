package servers

import (
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// Session is one connection as Postfix's log tells it.
type Session struct {
	Lines    []string
	Commands map[string]int // of the disconnect line, refused ones too; nil while the connection is open
	Asked    []Asked        // each RCPT, for a service that logs them
}

// Asked is one RCPT with the sender of its transaction.
type Asked struct{ From, To string }

var (
	smtpdLine   = regexp.MustCompile(`(?m)^.{15} \S+ (\w+)/smtpd\[(\d+)\]: (.*)$`)
	askedLine   = regexp.MustCompile(`info: RCPT from .*; from=<(.*?)> to=<(.*)> proto=`)
	commandText = regexp.MustCompile(`(\w+)=(?:\d+/)?(\d+)`)
)

// Sessions returns the connections to the service that logs under the given syslog_name, the oldest first.
func (p *Postfix) Sessions(t testing.TB, service string) []*Session {
	t.Helper()
	var all []*Session
	open := map[string]*Session{} // by process: each serves one connection at a time
	for _, m := range smtpdLine.FindAllStringSubmatch(p.Log(t), -1) {
		pid, text := m[2], m[3]
		switch {
		case m[1] != service:
		case strings.HasPrefix(text, "connect from "):
			open[pid] = &Session{}
			all = append(all, open[pid])
		}
		s := open[pid]
		if s == nil || m[1] != service {
			continue
		}
		s.add(text)
		if s.Commands != nil {
			delete(open, pid)
		}
	}
	return all
}

func (s *Session) add(text string) {
	s.Lines = append(s.Lines, text)
	if m := askedLine.FindStringSubmatch(text); m != nil {
		s.Asked = append(s.Asked, Asked{From: m[1], To: m[2]})
	}
	if rest, ok := strings.CutPrefix(text, "disconnect from "); ok {
		s.Commands = map[string]int{}
		for _, m := range commandText.FindAllStringSubmatch(rest, -1) {
			s.Commands[m[1]], _ = strconv.Atoi(m[2])
		}
	}
}

// TimesAsked returns how often each recipient was asked by a callout.
func (d *Destination) TimesAsked(t testing.TB) map[string]int {
	t.Helper()
	times := map[string]int{}
	for _, s := range d.Sessions(t, "callouts") {
		for _, a := range s.Asked {
			times[a.To]++
		}
	}
	return times
}

// CheckCallouts fails the test unless every connection to the callout port was one that a callout may make: it
// has ended, by QUIT, with the null sender in every transaction, and no message was begun.
func (d *Destination) CheckCallouts(t testing.TB) {
	t.Helper()
	all, idle := d.Sessions(t, "callouts"), 0
	for _, s := range all {
		dialogue := strings.Join(s.Lines, "\n\t")
		if s.Commands["quit"] != 1 || s.Commands["ehlo"] != 1 {
			t.Errorf("a callout session without one EHLO and one QUIT:\n\t%s", dialogue)
		}
		if s.Commands["data"]+s.Commands["bdat"] > 0 {
			t.Errorf("a callout session that began a message:\n\t%s", dialogue)
		}
		if s.Commands["mail"]+s.Commands["rcpt"] == 0 {
			idle++ // another session took what it was opened for
			continue
		}
		if len(s.Asked) == 0 || len(s.Asked) != s.Commands["rcpt"] || s.Commands["mail"] < 1 {
			t.Errorf("a callout session with %d RCPTs, %d of them logged:\n\t%s", s.Commands["rcpt"], len(s.Asked), dialogue)
		}
		for _, a := range s.Asked {
			if a.From != "" {
				t.Errorf("asked for <%s> with the sender <%s>:\n\t%s", a.To, a.From, dialogue)
			}
		}
		if strings.Contains(dialogue, "lost connection") || strings.Contains(dialogue, "too many errors") {
			t.Errorf("a callout session that broke off:\n\t%s", dialogue)
		}
	}
	if idle > 2+len(all)/10 {
		t.Errorf("%d of %d callout sessions asked nothing", idle, len(all))
	}
}
