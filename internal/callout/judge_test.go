package callout

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"callout/internal/address"
	"callout/internal/smtpwire"
)

func TestJudge(t *testing.T) {
	tests := []struct {
		replies string // code [enhanced], separated by commas
		outcome Outcome
		kind    Kind
	}{
		{"250, 250 2.1.5, 251, 252, 299", Accepted, 0},
		{"550, 550 5.1.1, 551, 552, 553, 554, 501, 501 5.1.3, 521, 556, 550 5.1.0, 550 5.1.6, 550 5.1.10", Rejected, 0},
		{"550 5.5.0, 550 5.4.1, 552 5.2.2, 550 5.2.1, 550 5.7.1, 550 5.7.0, 550 5.0.0, 550 5.5.2, 550 5.6.7", Rejected, 0},
		{"500, 502, 503, 504, 530, 555, 503 5.5.1, 530 5.7.0, 502 5.1.1", Unknown, AboutUs},
		{"550 5.1.7, 550 5.1.8, 554 5.5.1, 550 5.5.3", Unknown, AboutUs},
		{"550 5.7.22, 550 5.7.28", Rejected, 0},
		{"550 5.7.23, 550 5.7.24, 550 5.7.25, 550 5.7.26, 550 5.7.27", Unknown, AboutUs},
		{"550 5.7.51, 550 5.7.64", Unknown, AboutUs},
		{"550 5.7.50, 550 5.7.52, 550 5.7.63, 550 5.7.65", Rejected, 0},
		{"550 5.7.501, 550 5.7.504, 550 5.7.506, 550 5.7.508, 550 5.7.513", Unknown, AboutUs},
		{"550 5.7.500, 550 5.7.505, 550 5.7.507, 550 5.7.514", Rejected, 0},
		{"550 5.7.606, 550 5.7.649, 550 5.7.700, 550 5.7.750", Unknown, AboutUs},
		{"550 5.7.605, 550 5.7.650, 550 5.7.699, 550 5.7.751", Rejected, 0},
		{"550 5.7.606:, 550 #5.7.26, 550 (5.7.26), 550  5.7.606, 550 [5.7.25], 550 5.7.23-, 550 5.7.26\t", Unknown, AboutUs},
		{"400, 450, 450 4.2.0, 451, 452, 499, 450 5.1.1", Unknown, Temporary},
		{"421, 421 4.3.2, 421 5.1.1", Unknown, Closed},
		{"354, 300", Unknown, Garbage},
	}
	for _, tt := range tests {
		for one := range strings.SplitSeq(tt.replies, ", ") {
			r, err := smtpwire.NewReader(strings.NewReader(one + " text\r\n")).ReadReply()
			if err != nil {
				t.Fatal(err)
			}
			if outcome, kind := Judge(r); outcome != tt.outcome || (outcome == Unknown && kind != tt.kind) {
				t.Errorf("Judge(%s) = %v, %v; want %v, %v", one, outcome, kind, tt.outcome, tt.kind)
			}
		}
	}
}

// Whatever a destination says, only a 2xx is a yes and only a 5xx can be a no.
func TestJudgeProperty(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := smtpwire.Reply{Code: rapid.IntRange(200, 599).Draw(t, "code")}
		r.Enhanced = smtpwire.Enhanced{
			Class:   uint16(rapid.SampledFrom([]int{0, 2, 4, 5}).Draw(t, "class")),
			Subject: uint16(rapid.IntRange(0, 9).Draw(t, "subject")),
			Detail:  uint16(rapid.IntRange(0, 999).Draw(t, "detail")),
		}
		outcome, _ := Judge(r)
		if (outcome == Accepted) != (r.Class() == 2) || (outcome == Rejected && r.Class() != 5) {
			t.Fatalf("Judge(%v) = %v", r, outcome)
		}
	})
}

func TestRandomRecipient(t *testing.T) {
	seen := make(map[address.Recipient]bool)
	first := make(map[byte]bool)
	for range 5000 {
		r := RandomRecipient("", "example.com")
		local := r.Local()
		if len(local) != 20 || strings.Trim(local, probeChars) != "" || local[0] < 'a' || local[0] > 'z' || r.Domain() != "example.com" {
			t.Fatalf("%q", r)
		}
		if seen[r] {
			t.Fatalf("%q was drawn twice", r)
		}
		seen[r], first[local[0]] = true, true
		if again, err := address.Parse(r.String()); err != nil || again != r {
			t.Fatalf("%q is not normal", r)
		}
	}
	if len(first) != 26 {
		t.Errorf("only %d first letters in 5,000 draws", len(first))
	}
	if r := RandomRecipient("callout-", "example.com"); !strings.HasPrefix(r.Local(), "callout-") || len(r.Local()) != 28 {
		t.Errorf("with a prefix: %q", r)
	}
}

func TestParseHost(t *testing.T) {
	for in, want := range map[string]string{
		"mx.example.com": "mx.example.com:25", "MX.Example.com.:2525": "mx.example.com:2525", "smtp://mx.example.com": "mx.example.com:25",
		"192.0.2.1": "192.0.2.1:25", "192.0.2.1:587": "192.0.2.1:587", "[2001:db8::1]:26": "[2001:db8::1]:26",
		"2001:db8::1": "[2001:db8::1]:25", "[2001:db8::1]": "[2001:db8::1]:25", "localhost:25": "localhost:25",
		"smtps://mx.example.com": "smtps://mx.example.com:465", "SMTPS://[2001:db8::1]:466": "smtps://[2001:db8::1]:466",
		"lmtp://mx": "lmtp://mx:24", "lmtp://192.0.2.1:2003": "lmtp://192.0.2.1:2003",
		"mx:example.com": "mx:example.com", "mx:Example.COM:2525": "mx:example.com:2525", "mx:25": "mx:25", "mx": "mx:25",
	} {
		if h, err := ParseHost(in); err != nil || h.String() != want {
			t.Errorf("ParseHost(%q) = %v, %v; want %s", in, h, err, want)
		}
	}
	for _, in := range []string{"", ":25", "mx:", "mx:192.0.2.1", "smtps://", "lmtp:///run/lmtp", "smtps://mx:0", "a b:25", "mx.example.com:0", "mx.example.com:65536", "mx.example.com:smtp", "mx.example.com:", "http://x/", "a:b:c"} {
		if h, err := ParseHost(in); err == nil {
			t.Errorf("ParseHost(%q) = %v; want an error", in, h)
		}
	}
}
