package bench

import (
	"math"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"
)

const (
	steadyClients = 4
	steadyEvery   = 2 * time.Millisecond // each client asks: 2,000 questions a second
)

// moment is a question: when it was to be asked, and how long its answer took from then.
type moment struct {
	at   time.Time
	took time.Duration
}

// asker is a client: ask asks the n-th question, which must be answered well.
type asker struct {
	ask   func(n int64) error
	close func()
}

// pace has clients ask every so often each, until stop is called, which returns all that was asked. They ask at times of
// their own: after none to twice that time, since clients in step would collide always or never. A question counts from
// when it would have been asked by a client that is never late by itself: when it was due, even where the one before it
// has not been answered by then. That a client wakes up late, by a millisecond at times, does not count.
func pace(b *testing.B, clients int, every time.Duration, dial func() (asker, error)) (stop func() []moment) {
	b.Helper()
	done := make(chan struct{})
	all := make([][]moment, clients)
	var wait sync.WaitGroup
	begun := time.Now()
	for i := range clients {
		wait.Go(func() {
			client, err := dial()
			if err != nil {
				b.Error(err)
				return
			}
			defer client.close()
			alarm, err := newAlarm()
			if err != nil {
				b.Error(err)
				return
			}
			defer alarm.close()
			chance := rand.New(rand.NewPCG(uint64(clients), uint64(i))) // the same times in each round
			due, free := begun, begun                                   // free: when one that is on time has its answer
			for n := int64(i); ; n += int64(clients) {
				select {
				case <-done:
					return
				default:
				}
				due = due.Add(time.Duration(chance.Int64N(int64(2 * every))))
				if err := alarm.sleep(due); err != nil {
					b.Error(err)
					return
				}
				at := time.Now()
				if err := client.ask(n); err != nil {
					b.Error(err)
					return
				}
				took := time.Since(at)
				waited := max(0, free.Sub(due)) // for the answer to the one before
				free = due.Add(waited + took)
				all[i] = append(all[i], moment{at.Add(-waited), waited + took})
			}
		})
	}
	return func() []moment {
		close(done)
		wait.Wait()
		if b.Failed() {
			b.FailNow() // what is measured while answers are wrong says nothing
		}
		return slices.Concat(all...)
	}
}

// askSteadily has policy clients ask for recipients that exist, 2,000 times a second, until stop is called.
func askSteadily(b *testing.B, policy string, recipient func(n int64) string) (stop func() []moment) {
	b.Helper()
	return pace(b, steadyClients, steadyEvery, func() (asker, error) {
		client, err := dialPolicy(policy, 5*time.Minute)
		if err != nil {
			return asker{}, err
		}
		return asker{func(n int64) error { return client.exists(recipient(n)) }, client.close}, nil
	})
}

// p99 returns within how many milliseconds 99 of 100 questions were answered.
func p99(all []moment) float64 {
	took := make([]float64, len(all))
	for i, m := range all {
		took[i] = milliseconds(m.took)
	}
	slices.Sort(took)
	return took[int(math.Ceil(0.99*float64(len(took))))-1]
}

// perSecond returns how many questions were asked a second, from the first to the last one.
func perSecond(all []moment) float64 {
	byTime := func(x, y moment) int { return x.at.Compare(y.at) }
	first, last := slices.MinFunc(all, byTime), slices.MaxFunc(all, byTime)
	return float64(len(all)-1) / last.at.Sub(first.at).Seconds()
}

// worst returns the longest that the answer to a question took which waited for it at some time of a span, in
// milliseconds.
func worst(all []moment, from, to time.Time) float64 {
	var most time.Duration
	for _, m := range all {
		if m.at.Before(to) && m.at.Add(m.took).After(from) {
			most = max(most, m.took)
		}
	}
	return milliseconds(most)
}

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
