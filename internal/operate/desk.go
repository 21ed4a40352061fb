package operate

import (
	"context"
	"log/slog"

	"callout/internal/access"
	"callout/internal/callout"
	"callout/internal/decisions"
	"callout/internal/doctor"
	"callout/internal/domains"
	"callout/internal/history"
	"callout/internal/nexthop"
	"callout/internal/verify"
)

// Options are what a Desk works with. All are needed but Listener and Hops.
type Options struct {
	Verifier  *verify.Verifier
	Domains   *domains.Registry
	Pools     *callout.Pools
	Access    *access.Access
	Decisions *decisions.Log
	History   *history.History
	Hops      *nexthop.Hops  // nil: there is no gateway
	Ward      *doctor.Ward   // examines destinations
	Doctor    doctor.Options // of an examination
	Log       *slog.Logger
	// Listener returns the key of Callout's own listener that a host leads to, as far as DNS need not be asked; "": none. It must
	// not block. nil: none is known.
	Listener func(callout.Host) string
}

// Desk is where the operations are called. Its methods may be called from any goroutine.
type Desk struct {
	verifier  *verify.Verifier
	domains   *domains.Registry
	pools     *callout.Pools
	access    *access.Access
	decisions *decisions.Log
	history   *history.History
	hops      *nexthop.Hops
	ward      *doctor.Ward
	doctor    doctor.Options
	log       *slog.Logger
	listener  func(callout.Host) string

	refusals refusals
	imports  Crowd

	open  context.Context // ends when what goes on for long is to end
	close context.CancelFunc
}

// New returns a Desk. Close it before what it works with.
func New(o Options) *Desk {
	k := &Desk{
		verifier: o.Verifier, domains: o.Domains, pools: o.Pools, access: o.Access, decisions: o.Decisions, history: o.History,
		hops: o.Hops, ward: o.Ward, doctor: o.Doctor, log: o.Log, listener: o.Listener,
		imports: Crowd{Most: maxImports, Each: maxImportsEach, What: "imports"},
	}
	if k.listener == nil {
		k.listener = func(callout.Host) string { return "" }
	}
	k.open, k.close = context.WithCancel(context.Background())
	return k
}

// Close ends what goes on for long: Watch, Examine and Verify. Other operations can still be called.
func (k *Desk) Close() { k.close() }

// long returns a context that ends with ctx, and with the Desk.
func (k *Desk) long(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(ctx)
	stop := context.AfterFunc(k.open, cancel)
	return ctx, func() {
		stop()
		cancel()
	}
}

// done writes a change to the audit log. The change stands whether or not its line does. What is alerted of may be another
// from now on.
func (k *Desk) done(ctx context.Context, who *access.Actor, action, target, detail string) {
	k.history.LookAgain()
	k.access.Record(context.WithoutCancel(ctx), who, action, target, detail, false)
}
