package verify

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"callout/internal/address"
	"callout/internal/callout"
	"callout/internal/domains"
	"callout/internal/smtpwire"
	"callout/internal/store"
)

// Question is what a front end wants to know.
type Question struct {
	Recipient address.Recipient
	Front     string // the front end's name, "policy" for example
	Client    string // IP address of the sending host, for the log
	Sender    string // reverse-path, for the log
}

// Asker puts questions to destinations; callout.Pools does.
type Asker interface {
	Ask(ctx context.Context, q callout.Question) callout.Answer
}

// Options are what a Verifier works with. All but Log and Registerer are needed.
type Options struct {
	Domains    *domains.Registry
	Asker      Asker
	Store      store.Store
	Behind     *store.Behind // of the same Store
	MaxEntries int           // verdicts in memory, at least 1,000
	Log        *slog.Logger  // nil: silent
	Registerer prometheus.Registerer
}

// Verifier answers questions. Its methods may be called from any goroutine.
type Verifier struct {
	domains *domains.Registry
	asker   Asker
	store   store.Store
	behind  *store.Behind
	log     *slog.Logger
	metrics *metrics
	keys    keyring
	cache   *cache
	start   time.Time // the clock's zero, with its monotonic reading

	states     sync.Map      // of *state, by domain
	everything atomic.Uint64 // generation of the last clear of everything
	genMu      sync.Mutex
	gens       map[string]uint64 // generations of domains whose state is not made yet

	ctx    context.Context // ends when callouts are given up
	cancel context.CancelFunc
	flying sync.WaitGroup
}

// New returns a Verifier that goes on where the store left off.
func New(ctx context.Context, o Options) (*Verifier, error) {
	gens, err := o.Store.Generations(ctx)
	if err != nil {
		return nil, fmt.Errorf("reading generations: %w", err)
	}
	c, err := newCache(o.MaxEntries)
	if err != nil {
		return nil, fmt.Errorf("making the cache: %w", err)
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	v := &Verifier{
		domains: o.Domains, asker: o.Asker, store: o.Store, behind: o.Behind, log: o.Log,
		keys: newKeyring(), cache: c, start: time.Now(), gens: gens.Domains,
	}
	v.everything.Store(gens.All)
	v.ctx, v.cancel = context.WithCancel(context.Background())
	v.metrics = newMetrics(o.Registerer, v)
	return v, nil
}

// now reads the clock that ages are measured with: it does not jump when the machine's clock is set.
func (v *Verifier) now() int64 { return int64(time.Since(v.start)) }

// wall returns the wall-clock time of a reading of now, by the machine's clock as it is set at this moment.
func (v *Verifier) wall(t int64) time.Time {
	now := time.Now()
	return now.Add(time.Duration(t) - now.Sub(v.start))
}

// Decide answers a question. It returns within the domain's AnswerWithin and when ctx ends; the callout goes on
// and its answer is kept for who asks next.
func (v *Verifier) Decide(ctx context.Context, q Question) Decision {
	begun := time.Now()
	d := v.answer(ctx, q.Recipient, int64(begun.Sub(v.start)))
	v.observe(ctx, &q, &d, begun)
	return d
}

func (v *Verifier) answer(ctx context.Context, r address.Recipient, now int64) Decision {
	d := v.domains.Lookup(r.Domain())
	if d == nil {
		return Decision{Action: NoOpinion, Reason: ReasonNotServed}
	}
	st := v.state(d.Name)
	if verdict, ok := v.recall(d, st, r, now); ok {
		return decide(d, verdict, FromCache)
	}
	f, kept := v.join(d, st, r)
	verdict, source := v.wait(ctx, d, f)
	if kept {
		source = FromCache
	}
	return decide(d, verdict, source)
}

// Refuse decides on an address that is no recipient anywhere. address is as the client wrote it.
func (v *Verifier) Refuse(ctx context.Context, q Question, err *address.SyntaxError) Decision {
	d := Decision{
		Action: Reject, Code: 550, Enhanced: smtpwire.Enhanced{Class: 5, Subject: 1, Detail: 3},
		Text: "bad recipient address syntax", Reason: ReasonSyntax, Verdict: Verdict{Status: Invalid, Problem: err},
	}
	v.observe(ctx, &q, &d, time.Now())
	return d
}

// Peek returns what is known of a recipient without asking its destination. ok is false where nothing is, or
// where the domain is not served.
func (v *Verifier) Peek(ctx context.Context, r address.Recipient) (verdict Verdict, ok bool, err error) {
	d := v.domains.Lookup(r.Domain())
	if d == nil {
		return Verdict{}, false, nil
	}
	st := v.state(d.Name)
	f := v.newFlight(d, st, r)
	if err = v.load(ctx, st); err == nil {
		err = v.find(ctx, f)
	}
	verdict, ok = v.weigh(f)
	return verdict, ok, err
}

// recall looks for a verdict in memory alone.
func (v *Verifier) recall(d *domains.Domain, st *state, r address.Recipient, now int64) (Verdict, bool) {
	f := flight{d: d, st: st, r: r, generation: v.generation(st)}
	f.own, f.status = v.lookUp(&f, now)
	if c := st.catchAll.Load(); !st.loaded.Load() || f.status == Unknown && c != nil && c.exceptions {
		return Verdict{}, false // the store may know better
	}
	return v.weigh(&f)
}

// weigh says which counts of what is known: of a recipient's own verdict and the state of its domain it is the
// newer. Of one callout both are of the same time, and the recipient's own reply outranks the probe's.
func (v *Verifier) weigh(f *flight) (Verdict, bool) {
	rules := &f.d.Settings.Cache
	c := f.st.catchAll.Load()
	if c != nil && c.accepts && f.d.Settings.CatchAllCheck && c.live(f.generation, v.now(), rules.ValidTTL) &&
		(f.status == Unknown || f.own.asked < c.asked) {
		verdict := v.verdict(&c.entry, Valid, rules.ValidTTL)
		verdict.CatchAll = true
		return verdict, true
	}
	switch f.status {
	case Valid:
		return v.verdict(&f.own, Valid, rules.ValidTTL), true
	case Invalid:
		return v.verdict(&f.own, Invalid, rules.InvalidTTL), true
	}
	return Verdict{}, false
}

// lookUp returns a recipient's own verdict from memory: a valid one of any spelling or an invalid one of this
// spelling, whichever is newer. Where both are of this spelling there is only the newer one (cache.put).
func (v *Verifier) lookUp(f *flight, now int64) (entry, Status) {
	k, rules, spelling := v.keys.recipient(f.r), &f.d.Settings.Cache, v.keys.spelling(f.r.Local())
	valid, ok := v.cache.valid.GetIfPresent(k)
	ok = ok && valid.live(f.generation, now, rules.ValidTTL)
	if ok && valid.spelling == spelling {
		return valid, Valid
	}
	invalid, refused := v.cache.invalid.GetIfPresent(k)
	refused = refused && invalid.live(f.generation, now, rules.InvalidTTL) && invalid.spelling == spelling
	switch {
	case ok && (!refused || valid.asked >= invalid.asked):
		return valid, Valid
	case refused:
		return invalid, Invalid
	}
	return entry{}, Unknown
}

// Close waits for the callouts that are under way, or until ctx ends, which gives them up. Questions must not
// come any more.
func (v *Verifier) Close(ctx context.Context) {
	done := make(chan struct{})
	go func() {
		v.flying.Wait()
		close(done)
	}()
	select {
	case <-done:
	case <-ctx.Done():
	}
	v.cancel()
	<-done
}

// DomainState is what the last usable probe said of a domain.
type DomainState struct {
	Accepts bool // every recipient: a catch-all
	Reply   Reply
	Host    string
	Asked   time.Time
}

// CatchAll returns what is known of a domain; ok is false where nothing counts any more.
func (v *Verifier) CatchAll(d *domains.Domain) (s DomainState, ok bool) {
	st := v.state(d.Name)
	if err := v.load(v.ctx, st); err != nil || !v.domainKnown(st, v.now(), &d.Settings.Cache) {
		return s, false
	}
	c := st.catchAll.Load()
	return DomainState{Accepts: c.accepts, Reply: c.reply, Host: c.host, Asked: v.wall(c.asked)}, true
}
