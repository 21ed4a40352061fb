package callout_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"callout/internal/address"
	"callout/internal/callout"
	"callout/internal/lab"
)

// Whatever destinations do, every question gets its own true answer or none, in time, and no host sees more of us
// than it should. Where a destination has limits but leaves nothing to chance, whatever was unknown is settled when
// it is asked again.
func TestAnswersOfModels(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		w := drawWorld(rt)
		var errs error
		synctest.Test(t, func(t *testing.T) { errs = w.play() })
		if errs != nil {
			rt.Fatalf("%v\n%s", errs, w)
		}
	})
}

// world is a destination of some hosts, all with the same mailboxes, and the questions that it is asked.
type world struct {
	habits   []lab.Habits
	hosts    callout.Destination
	settings callout.Settings
	seed     uint64
	asked    []asked

	models   map[string]*lab.Model // by address
	pools    *callout.Pools
	mu       sync.Mutex
	errs     []error
	renewals []*atomic.Int32 // how often each was told of
}

// asked is one question of a world.
type asked struct {
	recipient address.Recipient
	at        time.Duration
	patience  time.Duration // of the caller, 0: all of the deadline
	probe     bool
	renews    bool
}

// The domains that all hosts of a world have. Even users exist.
var modelDomains = []string{"example.com", "example.org", "catch-all.example"}

const modelUsers = 60

func mailboxes() map[string]lab.Domain {
	var even []string
	for n := 0; n < modelUsers; n += 2 {
		even = append(even, fmt.Sprintf("user%d", n), fmt.Sprintf("usér%d", n))
	}
	return map[string]lab.Domain{
		modelDomains[0]: {Mailboxes: even}, modelDomains[1]: {Mailboxes: even}, modelDomains[2]: {CatchAll: true},
	}
}

func drawWorld(rt *rapid.T) *world {
	w := &world{settings: callout.DefaultSettings(), seed: rapid.Uint64().Draw(rt, "seed")}
	w.settings.MaxSessions = rapid.IntRange(1, 5).Draw(rt, "sessions")
	w.settings.Pipelining = rapid.IntRange(0, 3).Draw(rt, "pipelining") > 0
	w.settings.RecipientsPerTransaction = rapid.SampledFrom([]int{100, 3, 1}).Draw(rt, "recipients")
	sound := rapid.Bool().Draw(rt, "sound")
	for n := range rapid.IntRange(1, 3).Draw(rt, "hosts") {
		h := lab.RandomHabits(rapid.Uint64().Draw(rt, "habits"), mailboxes())
		if sound {
			if h.Rejections.N == 1 {
				h.Rejections.Behind = true // else it never says that a user is unknown
			}
			h.Refuses, h.Unreachable, h.Sulks, h.RefusesMail, h.Temporary, h.Closes, h.Garbage, h.Hangs = 0, 0, 0, 0, 0, 0, 0, 0
		}
		h.PerTransaction = rapid.SampledFrom([]int{1, 0, 2, 10}).Draw(rt, "per transaction")
		h.Beyond = rapid.SampledFrom(lab.BeyondReplies).Draw(rt, "beyond")
		h.Delay = max(h.Delay, time.Millisecond) // so that all of a flight has come before its first reply
		w.habits = append(w.habits, h)
		host := callout.Host{Name: fmt.Sprintf("mx%d.example.com", n), Port: 25}
		if n == 0 || rapid.Bool().Draw(rt, "lower") {
			w.hosts = append(w.hosts, nil)
		}
		last := len(w.hosts) - 1
		w.hosts[last] = append(w.hosts[last], host)
	}
	for n := range rapid.SampledFrom([]int{modelUsers, 20, 5, 1}).Draw(rt, "questions") {
		w.asked = append(w.asked, drawAsked(rt, n))
	}
	return w
}

// drawAsked draws the question for a user.
func drawAsked(rt *rapid.T, user int) asked {
	local := fmt.Sprintf("user%d", user)
	if rapid.IntRange(0, 9).Draw(rt, "utf8") == 9 {
		local = strings.Replace(local, "e", "é", 1)
	}
	return asked{
		recipient: address.New(local, rapid.SampledFrom(modelDomains).Draw(rt, "domain")),
		at:        rapid.SampledFrom([]time.Duration{0, 0, 0, time.Millisecond, time.Second, 5 * time.Second, 20 * time.Second}).Draw(rt, "at"),
		patience:  rapid.SampledFrom([]time.Duration{0, 0, 0, 0, time.Second, 10 * time.Second}).Draw(rt, "patience"),
		probe:     rapid.IntRange(0, 5).Draw(rt, "probe") == 5,
		renews:    rapid.IntRange(0, 5).Draw(rt, "renews") == 5,
	}
}

// String describes what can't be seen from what was drawn.
func (w *world) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "at %v, %+v", w.hosts, w.settings)
	for n, h := range w.habits {
		h.Domains = nil
		fmt.Fprintf(&b, "\nmx%d: %+v", n, h)
	}
	return b.String()
}

// play asks all questions, and those again that are unknown, and returns what was wrong.
func (w *world) play() error {
	w.open()
	open := w.round(w.asked)
	idle := 0
	for rounds := 0; len(open) > 0 && w.settles() && idle < 3; rounds++ {
		time.Sleep(2 * time.Minute) // longer than any back-off without a 5xx greeting
		left := w.round(open)
		idle++
		if len(left) < len(open) {
			idle = 0
		}
		open = left
	}
	if len(open) > 0 && w.settles() {
		w.fail("%d of %d are never settled, among them %s", len(open), len(w.asked), open[0].recipient)
	}
	w.close()
	return errors.Join(w.errs...)
}

func (w *world) open() {
	w.models = make(map[string]*lab.Model)
	for n, h := range w.habits {
		bounds := lab.Bounds{Sessions: w.settings.MaxSessions, RetireAt: 4}
		if h.Postfix {
			bounds.RetireAt = 8
		}
		w.models[fmt.Sprintf("mx%d.example.com:25", n)] = lab.NewModel(h, bounds, w.seed+uint64(n))
	}
	rng := rand.New(rand.NewPCG(w.seed, 0))
	var mu sync.Mutex
	w.pools = callout.NewPools(callout.Options{
		Resolver: names{},
		Dial: func(ctx context.Context, source netip.Addr, address string) (net.Conn, error) {
			return w.models[address].Dial(ctx, source, address)
		},
		Shuffle: func(n int) []int {
			mu.Lock()
			defer mu.Unlock()
			return rng.Perm(n)
		},
	})
}

// close ends everything and looks at what the hosts have to say of us.
func (w *world) close() {
	if err := w.pools.Close(context.Background()); err != nil {
		w.fail("close: %v", err)
	}
	synctest.Wait()
	for _, times := range w.renewals {
		if n := times.Load(); n != 1 {
			w.fail("a renewal was told of %d times", n)
		}
	}
	for address, m := range w.models {
		if err := m.Finish(); err != nil {
			w.fail("%s: %v", address, err)
		}
	}
}

// settles reports whether every question that is asked often enough must get an answer.
func (w *world) settles() bool {
	for _, h := range w.habits {
		if !h.Sound() || h.Rejections.N == 1 && !h.Rejections.Behind {
			return false
		}
	}
	return true
}

func (w *world) fail(format string, args ...any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.errs) < 10 {
		w.errs = append(w.errs, fmt.Errorf(format, args...))
	}
}

// round asks questions at their times and returns those that are to be asked again: what nobody waited for to the
// end, and what is unknown.
func (w *world) round(all []asked) (open []asked) {
	var wait sync.WaitGroup
	var mu sync.Mutex
	for _, q := range all {
		wait.Go(func() {
			time.Sleep(q.at)
			if w.ask(q) || !q.recipient.ASCII() { // a host that takes HELO only never says of those
				return
			}
			mu.Lock()
			defer mu.Unlock()
			q.patience, q.renews = 0, false
			open = append(open, q)
		})
	}
	wait.Wait()
	return open
}
