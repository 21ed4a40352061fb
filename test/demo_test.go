package test

import (
	"regexp"
	"testing"
)

func TestDemoOnceShowsDecisionsCalloutsAndCacheHits(t *testing.T) {
	r := callout(t, "demo", "--once", "--policy", "127.0.0.1:0", "--gateway", "127.0.0.1:0", "--http", "127.0.0.1:0", "--destination", "127.0.0.1:0") // the usual ports may be taken
	if r.exit != 0 {
		t.Fatalf("exit %d, want 0\n%s%s", r.exit, r.stdout, r.stderr)
	}
	for what, pattern := range map[string]string{
		"an accepted recipient":       `DUNNO`,
		"a refused recipient":         `550 5\.1\.1 `,
		"how many callouts were made": `[1-9][0-9]* RCPT TO`,
		"a cache hit":                 `from the cache`,
		"a refused RCPT":              `S: 550 5\.1\.1 `,
		"a message that arrived":      `took 1 message; nothing was stored here`,
	} {
		if !regexp.MustCompile(pattern).MatchString(r.stdout) {
			t.Errorf("the output does not show %s:\n%s", what, r.stdout)
		}
	}
}
