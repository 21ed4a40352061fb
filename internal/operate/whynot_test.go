package operate

import (
	"testing"

	"callout/internal/decisions"
)

// Where nobody was asked, the sentence does not say that somebody was; nor that what was said long ago has just been asked.
func TestWhyDoesNotSayAskedWhereNobodyWas(t *testing.T) {
	age := 90.0
	for _, tt := range []struct {
		e    decisions.Entry
		want string
	}{
		{decisions.Entry{Reason: "closed", Source: "none", Problem: "callout to mx:25: left alone since 12:00:00, not asked before 12:00:01 (rcpt: closed, 421 4.7.0)"},
			"The destination was not asked whether it exists: callout to mx:25: left alone since 12:00:00, not asked before 12:00:01 (rcpt: closed, 421 4.7.0)."},
		{decisions.Entry{Reason: "stale", Source: "callout", Host: "mx:25", Reply: "250 Ok"}, `The destination can't say now, and it existed when last asked: mx:25 answered "250 Ok".`},
		{decisions.Entry{Reason: "stale", Source: "cache", AgeSeconds: &age, Host: "mx:25", Reply: "250 Ok"},
			`The destination can't say now, and it existed when last asked: mx:25 answered "250 Ok" (from the cache, asked 1 min ago).`},
	} {
		if got := Why(&tt.e); got != tt.want {
			t.Errorf("%+v:\n%s\nwant\n%s", tt.e, got, tt.want)
		}
	}
}
