package test

import (
	"strings"
	"testing"
)

// Postfix hands a policy server the recipient without its quotes, whatever it holds, and an address literal as it
// came. Of what has no domain it hands over everything but postmaster, which it accepts itself (RFC 5321 section
// 4.5.1).
func TestOddAddressesAsPostfixHandsThemOver(t *testing.T) {
	t.Parallel()
	d := startDestination(t, []string{"dest.test"},
		"john@dest.test", `"john smith"@dest.test`, `"a\"b"@dest.test`, "a..b@dest.test", `"back\\slash"@dest.test`)
	s := startServer(t, domain("dest.test", d.Callouts))
	tp := startTap(t, s.policy)
	f := startFront(t, d, "inet:"+tp.addr, "dest.test")

	tests := []struct {
		rcpt   string // as the client writes it
		policy string // as it reaches Callout, "" for not at all
		reply  string // what the client is told
		asked  string // as the destination's log has it, which quotes odd dots; "" for not at all
	}{
		{`"john smith"@dest.test`, `john smith@dest.test`, "250 2.1.5 ", `"john smith"@dest.test`},
		{`"a\"b"@dest.test`, `a"b@dest.test`, "250 2.1.5 ", `"a\"b"@dest.test`},
		{`"back\\slash"@dest.test`, `back\slash@dest.test`, "250 2.1.5 ", `"back\\slash"@dest.test`},
		{`"john"@dest.test`, `john@dest.test`, "250 2.1.5 ", `john@dest.test`},
		{`a..b@dest.test`, `a..b@dest.test`, "250 2.1.5 ", `"a..b"@dest.test`},
		{`"no body"@dest.test`, `no body@dest.test`, "550 5.1.1 ", `"no body"@dest.test`},
		{`"a\"c"@dest.test`, `a"c@dest.test`, "550 5.1.1 ", `"a\"c"@dest.test`},
		{`"a,b"@dest.test`, `a,b@dest.test`, "550 5.1.1 ", `"a,b"@dest.test`},
		{`""@dest.test`, `@dest.test`, "550 5.1.3 ", ""},
		{`postmaster`, ``, "250 2.1.5 ", ""},
		{`root`, `root`, "250 2.1.5 ", ""},
		{`nobody-here`, `nobody-here`, "550 5.1.1 ", ""}, // by Postfix, from its local users
		{`root@[127.0.0.1]`, `root@[127.0.0.1]`, "250 2.1.5 ", ""},
		{`nobody-here@[127.0.0.1]`, `nobody-here@[127.0.0.1]`, "550 5.1.1 ", ""}, // likewise
	}
	for _, test := range tests {
		seen := len(tp.recipients())
		if got := rcpt(t, f.addr, test.rcpt); !strings.HasPrefix(got, test.reply) {
			t.Errorf("RCPT TO:<%s>: %s, want %s", test.rcpt, got, test.reply)
		}
		if got := strings.Join(tp.recipients()[seen:], " and "); got != test.policy {
			t.Errorf("RCPT TO:<%s> reached Callout as %q, want %q", test.rcpt, got, test.policy)
		}
	}
	times := d.TimesAsked(t)
	for _, test := range tests {
		if test.asked != "" && times[test.asked] != 1 {
			t.Errorf("RCPT TO:<%s>: the destination was asked for %s %d times, want once: %v",
				test.rcpt, test.asked, times[test.asked], times)
		}
	}
	if want := 9; len(times) != want { // with the probe; "john" and john are one
		t.Errorf("the destination was asked for %d recipients, want %d: %v", len(times), want, times)
	}
	// Other clients of the protocol may ask where Postfix does not.
	for _, recipient := range []string{"postmaster", "Postmaster", "root@[127.0.0.1]", "x@[IPv6:::1]"} {
		if action := askOnce(t, s.policy, recipient); action != "DUNNO" {
			t.Errorf("%s: %s, want DUNNO", recipient, action)
		}
	}
}
