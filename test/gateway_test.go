package test

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"callout/test/servers"
)

type keeper = servers.Keeper

// gateway is a "callout serve" that takes mail.
type gateway struct {
	*server
	addr string // host:port of its SMTP server
}

// newGateway writes the configuration of a gateway in front of domains: settings are lines of [gateway], tables the
// [[domain]]s and what else there is. It does not start it.
func newGateway(t *testing.T, settings, tables string) *gateway {
	t.Helper()
	addr := freeAddr(t)
	return &gateway{server: newServer(t, fmt.Sprintf("[gateway]\nlisten = [%q]\n%s%s", addr, settings, tables)), addr: addr}
}

// startGateway starts a gateway in front of next hops, and stops it after the test.
func startGateway(t *testing.T, settings string, next ...*keeper) *gateway {
	t.Helper()
	tables := ""
	for _, k := range next {
		tables += domain(k.Domain, k.Destination)
	}
	g := newGateway(t, settings, tables)
	g.start(t)
	return g
}

// startKeepers starts a next hop of every kind, all at once since each takes a second.
func startKeepers(t *testing.T) []*keeper {
	t.Helper()
	all := make([]*keeper, 3)
	var wg sync.WaitGroup
	wg.Go(func() { all[0], _ = servers.StartPostfixKeeper(t, "") })
	wg.Go(func() { all[1] = servers.StartDovecotKeeper(t) })
	wg.Go(func() { all[2] = servers.StartEximKeeper(t) })
	wg.Wait()
	if t.Failed() {
		t.FailNow()
	}
	t.Cleanup(func() {
		for _, k := range all {
			if t.Failed() {
				lines := strings.Split(k.Log(), "\n")
				t.Logf("the end of the log of %s:\n%s", k.Name, strings.Join(lines[max(0, len(lines)-20):], "\n"))
			}
		}
	})
	return all
}
