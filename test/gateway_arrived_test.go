package test

import (
	"slices"
	"strings"
	"testing"
)

// traceFields are the fields that next hops put in front of a message, besides Received.
var traceFields = []string{"return-path", "delivered-to", "x-original-to", "envelope-to", "delivery-date"}

// checkArrived fails the test unless a user's mailbox holds one message: the one that was sent, with nothing but
// trace fields in front. Those of Received tell of the next hop, of Callout, and of the given hosts before it.
func checkArrived(t *testing.T, k *keeper, user, sent string, before ...string) {
	t.Helper()
	kept := k.Kept(t, user)
	if len(kept) != 1 {
		t.Errorf("%d messages of %s at %s, want one", len(kept), user, k.Name)
		return
	}
	checkSame(t, k, kept[0], sent, before...)
}

// checkSame fails the test unless a message that was kept is the one that was sent.
func checkSame(t *testing.T, k *keeper, kept, sent string, before ...string) {
	t.Helper()
	if k.Name == "Exim" && !hasBody(sent) {
		kept = strings.TrimSuffix(kept, "\r\n") // Exim ends every header with an empty line
	}
	trace, ok := strings.CutSuffix(kept, sent)
	if !ok {
		i := 0
		for i < min(len(kept), len(sent)) && kept[len(kept)-1-i] == sent[len(sent)-1-i] {
			i++
		}
		t.Errorf("at %s another message than was sent: %d octets, sent %d; counted from the end they differ at %d:\n%q\nsent\n%q",
			k.Name, len(kept), len(sent), i, around(kept, len(kept)-i), around(sent, len(sent)-i))
		return
	}
	checkTrace(t, k, trace, before)
}

// hasBody reports whether there is an empty line behind the header of a message.
func hasBody(message string) bool { return strings.Contains("\r\n"+message, "\r\n\r\n") }

// around is what stands around a place.
func around(s string, i int) string { return s[max(0, i-200):min(len(s), i+200)] }

// checkTrace fails the test unless there are none but the trace fields that have to be there.
func checkTrace(t *testing.T, k *keeper, trace string, before []string) {
	t.Helper()
	var by []string // what the Received fields say of who received it
	unfolded := strings.NewReplacer("\r\n\t", " ", "\r\n ", " ").Replace(trace)
	for line := range strings.Lines(unfolded) {
		name, text, _ := strings.Cut(strings.TrimSpace(line), ":")
		switch name = strings.ToLower(name); {
		case name == "received":
			_, text, _ = strings.Cut(text, " by ")
			host, _, _ := strings.Cut(text, " ")
			by = append(by, host)
		case name == "return-path" && !strings.Contains(text, "<"+mailSender+">"):
			t.Errorf("at %s: %q, want <%s>", k.Name, line, mailSender)
		case !slices.Contains(traceFields, name):
			t.Errorf("at %s the message has a line in front that was not sent: %q", k.Name, line)
		}
	}
	if want := append([]string{k.Host, "callout.test"}, before...); !slices.Equal(by, want) {
		t.Errorf("at %s: received by %q, want %q\n%s", k.Name, by, want, trace)
	}
}
