package gateway_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"callout/internal/front/gateway"
)

// A client that talks while banner_delay lasts gets 554 and is closed; none of what it said is done.
func TestBannerDelay(t *testing.T) {
	for name, tt := range map[string]struct {
		talks time.Duration // after the connection; 0: not at all
		want  string
		after time.Duration
	}{
		"at once":   {time.Nanosecond, "554 5.5.1 filter.example.net you talked before it was your turn", 0},
		"meanwhile": {4 * time.Second, "554 5.5.1 filter.example.net you talked before it was your turn", 4 * time.Second},
		"never":     {0, "220 filter.example.net ESMTP", 5 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := buildFake(t, plan{settings: func(s *gateway.Settings) { s.BannerDelay = 5 * time.Second }})
				begun := time.Now()
				c := f.connect(t)
				if tt.talks > 0 {
					go func() {
						time.Sleep(tt.talks)
						c.say("EHLO client.example", "MAIL FROM:<smuggled@elsewhere.example>", "RCPT TO:<john@example.com>")
					}()
				}
				c.expect(tt.want)
				if took := time.Since(begun).Truncate(time.Second); took != tt.after {
					t.Errorf("told after %v; want %v", took, tt.after)
				}
				if strings.HasPrefix(tt.want, "220") {
					c.ask("EHLO client.example", "250")
					return
				}
				c.closed()
				if said := f.hop.Transcript(); len(said) != 0 {
					t.Errorf("the destination heard %q", said)
				}
			})
		})
	}
}

// Without a delay a client that waits has the banner at once, and what one says at once is seen all the same.
func TestNoBannerDelay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := buildFake(t, plan{})
		begun := time.Now()
		c := f.connect(t)
		c.expect("220")
		if took := time.Since(begun); took > time.Millisecond {
			t.Errorf("the banner came after %v", took)
		}
		c = f.connect(t)
		go c.say("EHLO client.example")
		c.expect("554 5.5.1")
		c.closed()
	})
}

// A client that goes away before the banner is nobody to be told anything.
func TestClientGoesBeforeTheBanner(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := buildFake(t, plan{settings: func(s *gateway.Settings) { s.BannerDelay = 5 * time.Second }})
		c := f.connect(t)
		c.conn.Close()
		synctest.Wait()
		if f.log.String() != "" {
			t.Errorf("logged: %s", f.log)
		}
		f.connect(t).expect("220")
	})
}
