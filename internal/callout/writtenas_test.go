package callout_test

import (
	"context"
	"net"
	"testing"
	"testing/synctest"

	"callout/internal/callout"
)

// mailers is a resolver of one domain whose MX records name two hosts, the second of which has no address.
type mailers struct{ zone }

func (mailers) LookupMX(context.Context, string) ([]*net.MX, error) {
	return []*net.MX{{Host: "mx1.example.com.", Pref: 10}, {Host: "mx2.example.com.", Pref: 20}}, nil
}

// Who knows what a domain's settings say finds the hosts that MX records led to.
func TestAHostOfMXRecordsIsFoundByWhatIsWritten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dns := mailers{zone{"mx1.example.com": "192.0.2.1", "fixed.example.com": "192.0.2.3"}}
		a := newAsker(t, callout.Options{Dial: refuse, Resolver: dns})
		a.ask("john@example.com", nil, "mx:example.com", "fixed.example.com")
		found := map[string]bool{}
		for _, h := range a.StatusOf("mx:example.com") {
			found[h.Address] = true
		}
		if len(found) != 2 || !found["192.0.2.1:25"] || !found["mx2.example.com:25"] {
			t.Errorf("mx:example.com leads to %v", found)
		}
		if of := a.StatusOf("fixed.example.com:25"); len(of) != 1 || len(of[0].Names) != 1 {
			t.Errorf("a host that is written goes by %+v", of)
		}
		if of := a.StatusOf("mx1.example.com:25"); len(of) != 1 {
			t.Errorf("mx1.example.com is found at %+v", of)
		}
	})
}
