package operate

import (
	"context"
	"log/slog"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"callout/internal/callout"
	"callout/internal/config"
	"callout/internal/domains"
	"callout/internal/history"
	"callout/internal/nexthop"
	"callout/internal/store"
	"callout/internal/verify"
)

// bubble is a server in a bubble of synctest, with all that alerts are made from.
type bubble struct {
	registry *domains.Registry
	pools    *callout.Pools
	hops     *nexthop.Hops // nil: there are none
	verifier *verify.Verifier
	lookout  *Lookout
	past     *history.History
	desk     *Desk
}

// inBubble starts a server with a file of domains, and ends it, its pools and hops too, with the test.
func inBubble(t *testing.T, file string, pools *callout.Pools, hops *nexthop.Hops) *bubble {
	ctx, b := context.Background(), &bubble{pools: pools, hops: hops}
	c, err := config.Parse("callout.toml", []byte(file))
	check(t, err)
	db := opened(t)
	behind := store.NewBehind(db, store.BehindOptions{})
	b.registry, err = domains.New(ctx, db, behind, c.Domains, c.BuildDomain)
	check(t, err)
	b.verifier, err = verify.New(ctx, verify.Options{Domains: b.registry, Asker: pools, Store: db, Behind: behind, MaxEntries: 1000})
	check(t, err)
	b.lookout = NewLookout(b.verifier, pools, b.registry).WithHops(hops)
	b.past, err = history.New(ctx, history.Options{Gatherer: prometheus.NewRegistry(), Store: db, Log: slog.New(slog.DiscardHandler),
		Alerts: b.lookout.Alerts, Over: b.lookout.Over})
	check(t, err)
	b.desk = New(Options{Verifier: b.verifier, Domains: b.registry, Pools: pools, History: b.past, Hops: hops})
	t.Cleanup(func() {
		b.desk.Close()
		if hops != nil {
			hops.Close(ctx)
		}
		b.verifier.Close(ctx)
		pools.Close(ctx)
		b.past.Close(ctx)
		behind.Close(ctx)
		db.Close()
	})
	return b
}
