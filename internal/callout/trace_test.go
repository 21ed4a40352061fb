package callout_test

import (
	"net"
	"strings"
	"sync"
	"testing"

	"callout/internal/address"
	"callout/internal/callout"
	"callout/internal/domains"
	"callout/internal/lab"
)

// follow collects the lines that a question's trace is called with.
type follow struct {
	mu    sync.Mutex
	lines []string
}

func (f *follow) add(l callout.Line) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.lines = append(f.lines, l.Text)
}

func (f *follow) has(text string) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return strings.Contains(strings.Join(f.lines, "\n"), text)
}

// A session that is kept serves others too. Each question is told its own lines, and nobody those of another.
func TestEachQuestionIsToldItsOwnLines(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	d := &lab.Destination{Hostname: "mx.example.com", Domains: map[string]lab.Domain{
		"example.com": {Mailboxes: []string{"john"}}, "other.example": {Mailboxes: []string{"secret"}},
	}}
	go d.Serve(ln)
	t.Cleanup(d.Close)
	pools := callout.NewPools(callout.Options{})
	defer pools.Close(t.Context())
	host, err := callout.ParseHost(ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	settings := domains.DefaultSettings().Callout
	ask := func(recipient string, trace func(callout.Line)) {
		t.Helper()
		r, err := address.Parse(recipient)
		if err != nil {
			t.Fatal(err)
		}
		if a := pools.Ask(t.Context(), callout.Question{
			Destination: callout.Destination{{host}}, Recipient: r, Settings: &settings, Trace: trace,
		}); a.Outcome != callout.Accepted {
			t.Fatalf("%s: %+v", recipient, a)
		}
	}
	var first, second follow
	ask("john@example.com", first.add)
	ask("secret@other.example", second.add) // in the session that the first has opened
	ask("secret@other.example", nil)
	if !first.has("EHLO") || !first.has("RCPT TO:<john@example.com>") || first.has("secret") {
		t.Errorf("the first was told %q", first.lines)
	}
	if second.has("EHLO") || !second.has("RCPT TO:<secret@other.example>") || !second.has("250 2.1.5") || second.has("john") {
		t.Errorf("the second was told %q", second.lines)
	}
}
