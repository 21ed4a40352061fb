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
	// Closed says that the front end refuses recipients of domains that are not served, as a gateway must: where others have
	// no opinion the decision is to reject, whether or not anything is enforced.
	Closed bool
	// Trace is for Recheck alone: it is called with each line of the dialogue as it happens, by one goroutine at a
	// time, and must not wait for long; nil for none. Where an equal question is under way already, or has just ended in
	// an unknown, that one's answer is taken, and there are no lines. They may go on when Recheck has returned, since a
	// callout goes on when nobody waits for it any more.
	Trace func(callout.Line)
}

// Asker puts questions to destinations; callout.Pools does.
type Asker interface {
	Ask(ctx context.Context, q callout.Question) callout.Answer
}

// Options are what a Verifier works with. All but Log, Registerer and Observe are needed.
type Options struct {
	Domains    *domains.Registry
	Asker      Asker
	Store      store.Store
	Behind     *store.Behind // of the same Store
	MaxEntries int           // verdicts in memory, at least 1,000
	Log        *slog.Logger  // nil: silent
	Registerer prometheus.Registerer
	// Observe is called with every decision, when it was made and how long that took, beside the log line and whatever
	// the log's level; nil for nobody. It must not keep the pointers, nor wait: the decision does for it.
	Observe func(q *Question, d *Decision, at time.Time, took time.Duration)
}

// Verifier answers questions. Its methods may be called from any goroutine.
type Verifier struct {
	domains *domains.Registry
	asker   Asker
	store   store.Store
	behind  *store.Behind
	log     *slog.Logger
	watcher *watcher // nil: none
	metrics *metrics
	keys    keyring
	cache   *cache
	start   time.Time // the clock's zero, with its monotonic reading

	states     sync.Map      // of *state, by domain
	everything atomic.Uint64 // generation of the last clear of everything
	genMu      sync.Mutex
	gens       map[string]uint64 // generations of domains whose state is not made yet

	paused atomic.Pointer[pauses] // nil: none

	watching atomic.Bool // nothing is enforced where no domain says so
	pauseMu  sync.Mutex  // held through a change of them, the write to the store included

	ctx     context.Context // ends when callouts are given up
	cancel  context.CancelFunc
	flying  sync.WaitGroup
	closeMu sync.Mutex // guards closed
	closed  bool       // no callout is begun any more
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
	v.watcher = newWatcher(o.Observe)
	v.everything.Store(gens.All)
	v.ctx, v.cancel = context.WithCancel(context.Background())
	v.metrics = newMetrics(o.Registerer, v)
	if err := v.loadPauses(ctx); err != nil {
		return nil, err
	}
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
	served := v.domains.Lookup(q.Recipient.Domain())
	d := v.answer(ctx, served, q.Recipient, int64(begun.Sub(v.start)))
	v.finish(ctx, served, &q, &d, begun)
	return d
}

// finish makes of what was found what the front end tells its client, and tells those who watch.
func (v *Verifier) finish(ctx context.Context, served *domains.Domain, q *Question, d *Decision, begun time.Time) {
	v.enforce(served, d)
	if q.Closed && d.Reason == ReasonNotServed {
		d.Action, d.Code, d.Enhanced, d.Text = Reject, 550, smtpwire.Enhanced{Class: 5, Subject: 7, Detail: 1}, RelayingDenied
	}
	v.observe(ctx, q, d, begun)
}

// RelayingDenied is what the client is told of a recipient whose domain is not served, where Question.Closed is set.
const RelayingDenied = "relaying denied: mail for this domain is not taken here"

func (v *Verifier) answer(ctx context.Context, d *domains.Domain, r address.Recipient, now int64) Decision {
	if dec, ok := v.atHand(d, r, now); ok {
		return dec
	}
	return v.ask(ctx, v.newFlight(d, v.state(d.Name), r))
}

// Known answers a question as Decide does where that takes no waiting: from memory, or by the mode of the domain. ok
// is false, and nothing has happened, where it does.
func (v *Verifier) Known(ctx context.Context, q Question) (d Decision, ok bool) {
	begun := time.Now()
	served := v.domains.Lookup(q.Recipient.Domain())
	if d, ok = v.atHand(served, q.Recipient, int64(begun.Sub(v.start))); ok {
		v.finish(ctx, served, &q, &d, begun)
	}
	return d, ok
}

// Recall answers a question from memory and store, and asks nobody. ok is false, and nothing has happened, where nothing is
// known. On error the store could not be read.
func (v *Verifier) Recall(ctx context.Context, q Question) (d Decision, ok bool, err error) {
	if d, ok = v.Known(ctx, q); ok {
		return d, true, nil
	}
	begun := time.Now()
	served := v.domains.Lookup(q.Recipient.Domain())
	if served == nil { // removed meanwhile
		return Decision{}, false, nil
	}
	verdict, ok, err := v.Peek(ctx, q.Recipient)
	if err != nil || !ok {
		return Decision{}, false, err
	}
	d = decide(served, verdict, FromCache)
	v.finish(ctx, served, &q, &d, begun)
	return d, true, nil
}

// atHand decides where nobody has to be waited for.
func (v *Verifier) atHand(d *domains.Domain, r address.Recipient, now int64) (dec Decision, ok bool) {
	if d == nil {
		return Decision{Action: NoOpinion, Reason: ReasonNotServed}, true
	}
	if d.Mode != domains.ModeCallout { // before the cache: what is listed counts from that moment on
		if local, ok := answerLocally(d, r); ok {
			return local, true
		}
	}
	verdict, ok := v.recall(d, v.state(d.Name), r, now)
	if !ok {
		return Decision{}, false
	}
	return decide(d, verdict, FromCache), true
}

// ask waits for what a flight finds, or an equal one that is under way.
func (v *Verifier) ask(ctx context.Context, f *flight) Decision {
	f, kept := v.join(f)
	verdict, source := v.wait(ctx, f.d, f)
	if kept && source == FromCallout {
		source = FromCache
	}
	return decide(f.d, verdict, source)
}

// Recheck asks the destination whatever is known of the recipient, and keeps what it says, which counts from then on.
// It is for who has reason to doubt a verdict. The recipient itself is asked, of a catch-all too, and no random address:
// the answer counts for that recipient from then on, as newer than what is known of its domain. ok is false where the mode of the domain leaves the recipient to no
// destination, or the domain is not served: nothing is asked then.
func (v *Verifier) Recheck(ctx context.Context, q Question) (d Decision, ok bool) {
	begun := time.Now()
	served := v.domains.Lookup(q.Recipient.Domain())
	if served == nil || LocalReason(served, q.Recipient) != "" {
		return Decision{}, false
	}
	f := v.newFlight(served, v.state(served.Name), q.Recipient)
	f.again, f.trace = true, q.Trace
	d = v.ask(ctx, f)
	v.finish(ctx, served, &q, &d, begun)
	return d, true
}

// Refuse decides on an address that is no recipient anywhere. address is as the client wrote it.
func (v *Verifier) Refuse(ctx context.Context, q Question, err *address.SyntaxError) Decision {
	d := Decision{
		Action: Reject, Code: 550, Enhanced: smtpwire.Enhanced{Class: 5, Subject: 1, Detail: 3},
		Text: "bad recipient address syntax", Reason: ReasonSyntax, Verdict: Verdict{Status: Invalid, Problem: err},
	}
	v.enforce(v.intended(err.Address), &d)
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
	if local, ok := answerLocally(d, r); ok {
		return local.Verdict, local.Verdict.Status != Unknown, nil
	}
	st := v.state(d.Name)
	f := v.newFlight(d, st, r)
	if err = v.load(ctx, st); err == nil {
		err = v.find(ctx, f)
	}
	verdict, ok = v.known(f)
	return verdict, ok, err
}

// later runs what Close is to wait for. It reports false, and runs nothing, where Close has begun.
func (v *Verifier) later(run func()) bool {
	v.closeMu.Lock()
	defer v.closeMu.Unlock()
	if v.closed {
		return false
	}
	v.flying.Go(run)
	return true
}

// Close waits for the callouts that are under way, or until ctx ends, which gives them up. A question that comes later is
// answered from memory, or is unknown.
func (v *Verifier) Close(ctx context.Context) {
	v.closeMu.Lock()
	v.closed = true
	v.closeMu.Unlock()
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
