package operate

import (
	"strings"
	"testing"

	"callout/internal/decisions"
)

func TestWhyIsSaidInASentence(t *testing.T) {
	age := 5400.0
	for _, tt := range []struct {
		e    decisions.Entry
		want string
	}{
		{decisions.Entry{Reason: "recipient", Source: "callout", Host: "mx:25", Reply: "250 Ok"}, `mx:25 answered "250 Ok" (just asked).`},
		{decisions.Entry{Reason: "recipient", Source: "cache", AgeSeconds: &age, Host: "mx:25", Reply: "550 no"}, `mx:25 answered "550 no" (from the cache, asked 1 h ago).`},
		{decisions.Entry{Reason: "recipient", Source: "callout", Would: "reject", Host: "mx:25", Reply: "550 no"},
			`Would be refused, and is accepted because it is paused or not enforced: mx:25 answered "550 no" (just asked).`},
		{decisions.Entry{Reason: "recipient", Source: "callout", Would: "reject", Host: "[2001:db8::1]:25", Reply: "550 no"},
			`Would be refused, and is accepted because it is paused or not enforced: [2001:db8::1]:25 answered "550 no" (just asked).`},
		{decisions.Entry{Reason: "list_empty", Would: "defer"}, "Would be deferred, and is accepted because it is paused or not enforced: the mode of the domain is list, and its list is empty."},
		{decisions.Entry{Reason: "catch_all", Source: "callout", Host: "mx:25", Reply: "250 Ok"}, `The domain accepts every recipient: mx:25 took a random address with "250 Ok" (just asked).`},
		{decisions.Entry{Reason: "no_connection", Source: "callout", Problem: "callout to mx:25: connect: refused"}, "The destination did not say whether it exists: callout to mx:25: connect: refused (just asked)."},
		{decisions.Entry{Reason: "not_served"}, "The domain is not one of those served here."},
	} {
		if got := Why(&tt.e); got != tt.want {
			t.Errorf("%+v:\n%s\nwant\n%s", tt.e, got, tt.want)
		}
	}
	for seconds, want := range map[float64]string{0: "0 s", 59: "59 s", 60: "1 min", 3599: "59 min", 3600: "1 h", 172_799: "47 h", 345_600: "4 days"} {
		if got := Why(&decisions.Entry{Reason: "recipient", Source: "cache", AgeSeconds: &seconds}); !strings.Contains(got, "asked "+want+" ago") {
			t.Errorf("%v s: %s", seconds, got)
		}
	}
	for _, reason := range []string{"recipient", "catch_all", "stale", "listed", "not_listed", "list_empty", "off", "not_served", "syntax", "slow", "given_up", "timeout"} {
		if got := Why(&decisions.Entry{Reason: reason, Problem: "p"}); !strings.HasSuffix(got, ".") {
			t.Errorf("%s: %q", reason, got)
		}
	}
}
