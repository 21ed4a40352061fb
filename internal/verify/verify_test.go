package verify_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"callout/internal/address"
	"callout/internal/callout"
	"callout/internal/domains"
	"callout/internal/smtpwire"
	"callout/internal/store"
	"callout/internal/store/sqlite"
	"callout/internal/store/sqlite/sqlitetest"
	"callout/internal/verify"
)

// askFunc is a destination made of a function, for what needs no dialogue.
type askFunc func(ctx context.Context, q callout.Question) callout.Answer

func (f askFunc) Ask(ctx context.Context, q callout.Question) callout.Answer { return f(ctx, q) }

func reply(line string) smtpwire.Reply {
	r, err := smtpwire.NewReader(strings.NewReader(line + "\r\n")).ReadReply()
	if err != nil {
		panic(err)
	}
	return r
}

var (
	mx       = callout.Host{Name: "mx.example.com", Port: 25}
	accepted = callout.Answer{Outcome: callout.Accepted, Stage: callout.StageRcpt, Host: mx, Reply: reply("250 2.1.5 Ok")}
	rejected = callout.Answer{Outcome: callout.Rejected, Stage: callout.StageRcpt, Host: mx, Reply: reply("550 5.1.1 no such user")}
)

// newVerifier returns a verifier of example.com without a catch-all check, with a real store.
func newVerifier(t testing.TB, ask askFunc, change func(*verify.Options)) (*verify.Verifier, *store.Behind) {
	t.Helper()
	ctx := context.Background()
	db, err := sqlite.Open(ctx, sqlitetest.Path(t))
	if err != nil {
		t.Fatal(err)
	}
	d := &domains.Domain{Name: "example.com", Destination: callout.Destination{{mx}}, Settings: domains.DefaultSettings()}
	d.Settings.CatchAllCheck = false
	behind := store.NewBehind(seldomPurged(db), store.BehindOptions{})
	registry, err := domains.New(ctx, db, behind, []*domains.Domain{d}, nil)
	if err != nil {
		t.Fatal(err)
	}
	o := verify.Options{Domains: registry, Asker: ask, Store: db, Behind: behind, MaxEntries: 100_000}
	if change != nil {
		change(&o)
	}
	v, err := verify.New(ctx, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		v.Close(ctx)
		behind.Close(ctx)
		db.Close()
	})
	return v, behind
}

func decide(v *verify.Verifier, local string) verify.Decision {
	return v.Decide(context.Background(), verify.Question{Recipient: address.New(local, "example.com"), Front: "test"})
}

// However clears and questions interleave, no question that begins after a clear returned is told what was so
// before it: each answer carries the state of the destination at the time it was asked, in its code.
func TestClearsAreNeverOvertaken(t *testing.T) {
	for seed := range uint64(10) {
		synctest.Test(t, func(t *testing.T) {
			rng := rand.New(rand.NewPCG(seed, 1))
			var mu sync.Mutex
			roll := func(n int) int { mu.Lock(); defer mu.Unlock(); return rng.IntN(n) }
			var version atomic.Int64
			v, _ := newVerifier(t, func(_ context.Context, q callout.Question) callout.Answer {
				was := version.Load()
				time.Sleep(time.Duration(roll(40)) * time.Millisecond)
				a := rejected
				if strings.HasPrefix(q.Recipient.Local(), "v") {
					a = accepted
				}
				a.Reply.Lines = []string{strconv.FormatInt(was, 10)}
				a.Reply.Enhanced = smtpwire.Enhanced{}
				return a
			}, nil)
			cleared := make(map[string]*atomic.Int64) // the version that a recipient's answers must at least have
			locals := []string{"v1", "v2", "i1", "i2"}
			for _, l := range locals {
				cleared[l] = new(atomic.Int64)
			}
			var wait sync.WaitGroup
			for range 6 {
				wait.Go(func() {
					for range 60 {
						local := locals[roll(len(locals))]
						least := cleared[local].Load()
						got, err := strconv.ParseInt(decide(v, local).Verdict.Reply.Text, 10, 64)
						if err != nil || got < least {
							t.Errorf("seed %d: %s: asked at version %d, %v; cleared at %d", seed, local, got, err, least)
						}
						time.Sleep(time.Duration(roll(30)) * time.Millisecond)
					}
				})
			}
			wait.Go(func() {
				ctx := context.Background()
				for range 40 {
					time.Sleep(time.Duration(roll(60)) * time.Millisecond)
					now := version.Add(1)
					var err error
					which := locals
					switch roll(3) {
					case 0:
						which = locals[roll(4):][:1]
						_, err = v.ClearRecipient(ctx, "example.com", which[0])
					case 1:
						err = v.ClearDomain(ctx, "example.com")
					case 2:
						err = v.ClearAll(ctx)
					}
					if err != nil {
						t.Error(err)
					}
					for _, l := range which {
						cleared[l].Store(now)
					}
				}
			})
			wait.Wait()
		})
	}
}

// A store that can't be read or written costs no answer: what is in memory serves, what is not is asked.
func TestStoreThatFails(t *testing.T) {
	var asked atomic.Int32
	registry := prometheus.NewRegistry()
	var db store.Store
	v, behind := newVerifier(t, func(context.Context, callout.Question) callout.Answer { asked.Add(1); return rejected },
		func(o *verify.Options) { o.Registerer, db = registry, o.Store })
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if d := decide(v, "nobody"); d.Action != verify.Reject {
			t.Fatalf("%+v", d)
		}
	}
	if asked.Load() != 1 {
		t.Errorf("asked %d times; want 1, and memory for the rest", asked.Load())
	}
	if err := behind.Flush(context.Background()); err == nil || behind.Err() == nil {
		t.Error("a closed store was written")
	}
	if _, err := v.ClearRecipient(context.Background(), "example.com", "nobody"); err == nil {
		t.Error("a clear that is not durable was acknowledged")
	}
	if n, err := testutil.GatherAndCount(registry, "callout_store_read_errors_total"); n != 1 || err != nil {
		t.Errorf("read errors are not counted: %d, %v", n, err)
	}
}

// slowStore is a store whose first look-up waits, once it has read, until it is let go.
type slowStore struct {
	store.Store
	lookUps    atomic.Int32
	read, goOn chan struct{}
}

func (s *slowStore) Lookup(ctx context.Context, domain, local string) ([]store.Verdict, error) {
	rows, err := s.Store.Lookup(ctx, domain, local)
	if s.lookUps.Add(1) == 1 {
		close(s.read)
		<-s.goOn
	}
	return rows, err
}

// Who only looks at what is known does not bring back what is cleared meanwhile.
func TestPeekDoesNotUndoAClear(t *testing.T) {
	var exists atomic.Bool
	s := &slowStore{read: make(chan struct{}), goOn: make(chan struct{})}
	ask := func(context.Context, callout.Question) callout.Answer {
		if exists.Load() {
			return accepted
		}
		return rejected
	}
	ctx := context.Background()
	v, behind := newVerifier(t, ask, func(o *verify.Options) { s.Store = o.Store })
	decide(v, "new")
	if err := behind.Flush(ctx); err != nil {
		t.Fatal(err)
	}
	slow, _ := newVerifier(t, ask, func(o *verify.Options) {
		o.Store, o.Behind = s.Store, store.NewBehind(s, store.BehindOptions{})
	})
	peeked := make(chan verify.Verdict, 1)
	go func() {
		verdict, _, _ := slow.Peek(ctx, address.New("new", "example.com"))
		peeked <- verdict
	}()
	<-s.read
	if n, err := slow.ClearRecipient(ctx, "example.com", "new"); n != 1 || err != nil {
		t.Fatalf("cleared %d, %v", n, err)
	}
	close(s.goOn)
	if verdict := <-peeked; verdict.Status != verify.Invalid {
		t.Errorf("peeked: %+v", verdict)
	}
	exists.Store(true)
	if d := decide(slow, "new"); d.Action != verify.Accept {
		t.Errorf("after the clear: %+v", d)
	}
}

// A valid verdict outranks an older invalid one of another spelling also when it has been pushed out of memory.
func TestAnOldSpellingDoesNotComeBack(t *testing.T) {
	v, behind := newVerifier(t, func(_ context.Context, q callout.Question) callout.Answer {
		if q.Recipient.Local() == "JOHN" {
			return rejected
		}
		return accepted
	}, func(o *verify.Options) { o.MaxEntries = 1000 })
	decide(v, "JOHN")
	time.Sleep(2 * time.Millisecond) // what the store keeps of a time is the millisecond
	decide(v, "john")
	for n := range 3000 {
		decide(v, fmt.Sprintf("user%d", n))
		decide(v, fmt.Sprintf("user%d", n))
	}
	if err := behind.Flush(context.Background()); err != nil {
		t.Fatal(err)
	}
	if d := decide(v, "JOHN"); d.Action != verify.Accept {
		t.Errorf("%+v", d)
	}
}

// A domain that was not served for a while is answered by what the store knows of it, not by memory alone.
func TestADomainThatComesBack(t *testing.T) {
	ctx := context.Background()
	var registry *domains.Registry
	var db store.Store
	v, behind := newVerifier(t, func(context.Context, callout.Question) callout.Answer { return rejected },
		func(o *verify.Options) { registry, db = o.Domains, o.Store })
	d := *registry.Lookup("example.com")
	d.Settings.CatchAllCheck = true
	decide(v, "john")
	if err := behind.Flush(ctx); err != nil {
		t.Fatal(err)
	}
	removed, err := registry.Reload(ctx, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	v.Forget(removed)
	asked := time.Now().Add(2 * time.Millisecond)
	time.Sleep(4 * time.Millisecond)
	fact := store.DomainFact{Domain: "example.com", CatchAll: true, Asked: asked, Expires: asked.Add(time.Hour), Code: 250, Text: "Ok", Host: mx.String()}
	if err := db.Write(ctx, store.Batch{Facts: []store.DomainFact{fact}}); err != nil {
		t.Fatal(err)
	}
	if _, err := registry.Reload(ctx, []*domains.Domain{&d}, nil); err != nil {
		t.Fatal(err)
	}
	if got := decide(v, "john"); got.Action != verify.Accept || got.Reason != verify.ReasonCatchAll {
		t.Errorf("%+v", got)
	}
}

// A flood of invalid addresses does not push out of memory what is known to be valid.
func TestValidVerdictsSurviveAFlood(t *testing.T) {
	var asked atomic.Int32
	var db store.Store
	v, behind := newVerifier(t, func(_ context.Context, q callout.Question) callout.Answer {
		if strings.HasPrefix(q.Recipient.Local(), "user") {
			asked.Add(1)
			return accepted
		}
		return rejected
	}, func(o *verify.Options) { o.MaxEntries, db = 1000, o.Store })
	for n := range 500 {
		decide(v, fmt.Sprintf("user%d", n))
	}
	for n := range 5000 {
		decide(v, fmt.Sprintf("guess%d", n))
	}
	if err := behind.Flush(context.Background()); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil { // which could serve them too
		t.Fatal(err)
	}
	before := asked.Load()
	for n := range 500 {
		if d := decide(v, fmt.Sprintf("user%d", n)); d.Action != verify.Accept || d.Source != verify.FromCache {
			t.Fatalf("user%d: %+v", n, d)
		}
	}
	if asked.Load() != before {
		t.Errorf("%d known recipients were asked again", asked.Load()-before)
	}
}

// One decision is one line at info with the reply behind it, and counted by what it was.
func TestDecisionsAreLoggedAndCounted(t *testing.T) {
	var log strings.Builder
	registry := prometheus.NewRegistry()
	v, _ := newVerifier(t, func(_ context.Context, q callout.Question) callout.Answer {
		if q.Recipient.Local() == "gone" {
			return callout.Answer{Host: mx, Stage: callout.StageConnect, Problem: &callout.Problem{Kind: callout.NoConnection, Stage: callout.StageConnect, Host: mx, Err: errors.New("connection refused")}}
		}
		return rejected
	}, func(o *verify.Options) {
		o.Registerer = registry
		o.Log = slog.New(slog.NewTextHandler(&log, nil))
	})
	decide(v, "nobody")
	decide(v, "nobody")
	decide(v, "gone")
	v.Refuse(context.Background(), verify.Question{Front: "test"}, &address.SyntaxError{Address: "a\nb", Reason: "bad"})
	lines := strings.Split(strings.TrimSpace(log.String()), "\n")
	for i, want := range [][]string{
		{"domain=example.com recipient=nobody@example.com action=reject code=550 enhanced=5.1.1 verdict=invalid reason=recipient source=callout destination=mx.example.com:25", `reply="550 5.1.1 no such user"`},
		{"source=cache", "age=0s"},
		{"action=defer code=451 enhanced=4.4.1 verdict=unknown reason=no_connection", `problem="callout to mx.example.com:25: connect: connection refused"`},
		{"action=reject code=550 enhanced=5.1.3", "reason=syntax"},
	} {
		for _, part := range want {
			if i >= len(lines) || !strings.Contains(lines[i], part) {
				t.Errorf("line %d lacks %s:\n%s", i+1, part, log.String())
			}
		}
	}
	if err := testutil.GatherAndCompare(registry, strings.NewReader(`
# HELP callout_questions_total Questions that front ends asked.
# TYPE callout_questions_total counter
callout_questions_total{front="test"} 4
`), "callout_questions_total"); err != nil {
		t.Error(err)
	}
}

func BenchmarkDecideCached(b *testing.B) {
	for name, answer := range map[string]callout.Answer{"valid": accepted, "invalid": rejected} {
		b.Run(name, func(b *testing.B) {
			v, _ := newVerifier(b, func(context.Context, callout.Question) callout.Answer { return answer }, nil)
			questions := make([]verify.Question, 1000)
			for i := range questions {
				questions[i] = verify.Question{Recipient: address.New(fmt.Sprintf("user%d", i), "example.com"), Front: "bench", Client: "192.0.2.1"}
				v.Decide(b.Context(), questions[i])
			}
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				if d := v.Decide(b.Context(), questions[i%len(questions)]); d.Source != verify.FromCache {
					b.Fatalf("%+v", d)
				}
			}
		})
	}
}
