package servers

import (
	"slices"
	"strings"
	"testing"
)

// What Exim says in place of a verdict.
const (
	eximOneRecipient = "550 only one recipient accepted for NULL sender"
	eximTooMany      = "554 Too many nonmail commands"
)

func TestEximRefusesTheSecondRecipientOfABounce(t *testing.T) {
	t.Parallel()
	s := StartExim(t)
	known, unknown := s.valid(2), s.invalid(2)
	for _, test := range []struct {
		name    string
		rcpts   []string
		replies []string
	}{
		{"known behind known", known, []string{"250 Accepted", eximOneRecipient}},
		{"unknown behind known", []string{known[0], unknown[0]}, []string{"250 Accepted", eximOneRecipient}},
		// A refused recipient counts too.
		{"known behind unknown", []string{unknown[0], known[0]}, []string{"550 Unrouteable address", eximOneRecipient}},
		{"unknown behind unknown", unknown, []string{"550 Unrouteable address", eximOneRecipient}},
		{"ten", s.valid(10), append([]string{"250 Accepted"}, slices.Repeat([]string{eximOneRecipient}, 9)...)},
		{"a hundred", s.valid(100), append([]string{"250 Accepted"}, slices.Repeat([]string{eximOneRecipient}, 99)...)},
	} {
		for _, pipelined := range []bool{false, true} {
			d, _ := hello(t, s)
			d.expect(null, "250 OK")
			if got := d.sayAll(pipelined, test.rcpts); !slices.Equal(got, test.replies) {
				t.Errorf("%s, pipelined %v: %q, want %q", test.name, pipelined, got, test.replies)
			}
			// The next transaction starts anew.
			d.expect("RSET", "250 Reset OK")
			d.expect(null, "250 OK")
			d.expect(known[1], "250 Accepted")
			d.expect("QUIT", "221 exim.test closing connection")
		}
	}
}

// smtp_accept_max_nonmail is 10, and the first RSET is not counted.
func TestEximClosesAtTheTwelfthReset(t *testing.T) {
	t.Parallel()
	s := StartExim(t)
	for _, test := range []struct {
		name      string
		round     []string
		replies   []string // but to the RSET at its end
		pipelined bool
	}{
		{"bare", []string{"RSET"}, nil, false},
		{"known", []string{null, s.valid(1)[0], "RSET"}, []string{"250 OK", "250 Accepted"}, false},
		{"unknown", []string{null, s.invalid(1)[0], "RSET"}, []string{"250 OK", "550 Unrouteable address"}, false},
		{"known, pipelined", []string{null, s.valid(1)[0], "RSET"}, []string{"250 OK", "250 Accepted"}, true},
	} {
		d, _ := hello(t, s)
		for i := range 12 {
			reset := "250 Reset OK"
			if i == 11 {
				reset = eximTooMany
			}
			want := append(slices.Clone(test.replies), reset)
			if got := d.sayAll(test.pipelined, test.round); !slices.Equal(got, want) {
				t.Fatalf("%s, round %d: %q, want %q", test.name, i+1, got, want)
			}
		}
		d.expect(null, closed)
	}
}

// What is pipelined behind the RSET that was too many gets no reply at all.
func TestEximLeavesCommandsBehindTheTwelfthResetUnanswered(t *testing.T) {
	t.Parallel()
	s := StartExim(t)
	d, _ := hello(t, s)
	round := []string{null, s.valid(1)[0], "RSET"}
	got := d.pipeline(slices.Repeat(round, 14)...)
	want := append(slices.Repeat([]string{"250 OK", "250 Accepted", "250 Reset OK"}, 11), "250 OK", "250 Accepted", eximTooMany)
	want = append(want, slices.Repeat([]string{closed}, 6)...)
	if !slices.Equal(got, want) {
		t.Errorf("%d replies %q\nwant %q", len(got), got, want)
	}
}

// smtp_accept_max is 20.
func TestEximTurnsTheTwentyFirstSessionAway(t *testing.T) {
	t.Parallel()
	s := StartExim(t)
	for i := range 20 {
		if greeting := dial(t, s).reply(); !strings.HasPrefix(greeting, "220 ") {
			t.Fatalf("session %d: %q, want 220", i+1, greeting)
		}
	}
	d := dial(t, s)
	if got, want := d.reply(), "421 Too many concurrent SMTP connections; please try again later."; got != want {
		t.Errorf("session 21: %q, want %q", got, want)
	}
	if got := d.reply(); got != closed {
		t.Errorf("behind the 421: %q, want %s", got, closed)
	}
}
