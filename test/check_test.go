package test

import (
	"strings"
	"testing"
)

func TestCheckShowsTheDialogueAndExitsByTheVerdict(t *testing.T) {
	t.Parallel()
	d := startDestination(t, []string{"dest.test"}, "john@dest.test")
	nobodyThere := freeAddr(t)
	tests := []struct {
		name string
		args []string
		exit int
		says []string // in this order
	}{
		{"valid", []string{"john@dest.test", "--to", d.Callouts}, 0,
			[]string{"220 destination.test", "MAIL FROM:<>", "RCPT TO:<john@dest.test>", "250 2.1.5", "valid"}},
		{"invalid", []string{"nobody@dest.test", "--to", d.Callouts}, 1,
			[]string{"MAIL FROM:<>", "RCPT TO:<nobody@dest.test>", "550 5.1.1", "invalid"}},
		{"unknown", []string{"john@dest.test", "--to", nobodyThere}, 2, []string{nobodyThere, "unknown"}},
		{"no address", []string{"--to", d.Callouts}, 3, nil},
		{"never asked", []string{"@dest.test", "--to", d.Callouts}, 1, []string{"invalid", "550 5.1.3"}},
		{"no domain", []string{"john", "--to", d.Callouts}, 3, nil},
		{"bad destination", []string{"john@dest.test", "--to", "host:port"}, 3, nil},
		{"unknown flag", []string{"john@dest.test", "--too", d.Callouts}, 3, nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			r := callout(t, append([]string{"check"}, test.args...)...)
			if r.exit != test.exit {
				t.Errorf("exit %d, want %d\n%s%s", r.exit, test.exit, r.stdout, r.stderr)
			}
			rest := r.stdout
			for _, part := range test.says {
				_, after, found := strings.Cut(rest, part)
				if !found {
					t.Errorf("no %q where it was expected in\n%s", part, r.stdout)
				}
				rest = after
			}
			if strings.Contains(r.stdout, "\x1b") {
				t.Errorf("coloured, though this is no terminal: %q", r.stdout)
			}
			if test.exit == 3 && (r.stdout != "" || strings.Count(r.stderr, "\n") != 1) {
				t.Errorf("printed %q and said %q, want one line of error", r.stdout, r.stderr)
			}
		})
	}
	for _, session := range d.Sessions(t, "callouts") {
		if len(session.Asked) == 0 {
			t.Errorf("a connection that asked nothing:\n\t%s", strings.Join(session.Lines, "\n\t"))
		}
	}
	d.CheckCallouts(t)
}
