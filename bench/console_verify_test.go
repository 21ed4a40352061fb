package bench

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

const (
	apiClients = 8
	apiEvery   = 4 * time.Millisecond // each client asks: 2,000 verifications a second
	apiFor     = 2 * time.Second      // a round
	apiRounds  = 7
	mostRounds = 3
)

// BenchmarkVerifyAPI measures verifications by API, all answered from the cache.
func BenchmarkVerifyAPI(b *testing.B) {
	users := make([]string, knownUsers)
	for i := range users {
		users[i] = fmt.Sprintf("user%d", i)
	}
	s := startConsole(b, newDatabase(b, nil), startMailboxes(b, users, "example.com"), "example.com")
	ask(b, s.policy, steadyClients, time.Minute, knownUsers, knownMailbox) // fills the cache
	b.Run("beside policy", s.besidePolicy)
	b.Run("most", s.mostVerifications)
}

func knownMailbox(n int64) string { return mailbox(n % knownUsers) }

// besidePolicy compares how long policy clients wait, 99 of 100 of them, while 2,000 addresses a second are verified by
// API, with how long they wait while none is: not above twice that is the goal. They ask 2,000 times a second.
func (c *console) besidePolicy(b *testing.B) {
	// The clients share the processors with the server: their own garbage is collected seldom, so that it is not what is
	// measured.
	defer debug.SetGCPercent(debug.SetGCPercent(1000))
	var rates, slowest []float64
	quiet := func() float64 { return c.steadyP99(b) }
	compare(b, apiRounds, "p99_ms",
		side{"loaded", func() float64 {
			stop := pace(b, apiClients, apiEvery, c.dialVerifier)
			p := c.steadyP99(b)
			verified := stop()
			rates = append(rates, perSecond(verified))
			slowest = append(slowest, p99(verified))
			return p
		}},
		side{"quiet", quiet}, side{"quiet_again", quiet})
	b.ReportMetric(median(rates), "api_per_s")
	b.ReportMetric(median(slowest), "api_p99_ms")
}

// steadyP99 has policy clients ask for a round.
func (c *console) steadyP99(b *testing.B) float64 {
	stop := askSteadily(b, c.policy, knownMailbox)
	time.Sleep(apiFor)
	return p99(stop())
}

// mostVerifications reports how many addresses a second 8 clients can verify by API on a machine that they share with
// Callout, beside how often they are told by the same listener that it is healthy, which takes nothing but HTTP.
func (c *console) mostVerifications(b *testing.B) {
	compare(b, mostRounds, "per_s",
		side{"verify", func() float64 { return c.askMost(b, c.dialVerifier) }},
		side{"healthz", func() float64 { return c.askMost(b, c.dialHealth) }})
}

// askMost has clients ask as fast as they are answered for a round, and returns answers a second.
func (c *console) askMost(b *testing.B, dial func() (asker, error)) float64 {
	var answered atomic.Int64
	var wait sync.WaitGroup
	begun := time.Now()
	for range apiClients {
		wait.Go(func() {
			client, err := dial()
			if err != nil {
				b.Error(err)
				return
			}
			defer client.close()
			for time.Since(begun) < apiFor {
				if err := client.ask(answered.Add(1)); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	wait.Wait()
	return float64(answered.Load()) / time.Since(begun).Seconds()
}

// dialVerifier connects a client of POST verify.
func (c *console) dialVerifier() (asker, error) {
	client, err := dialWeb(c.http, c.bearer())
	if err != nil {
		return asker{}, err
	}
	return asker{func(n int64) error {
		body, err := client.short(http.MethodPost, "/api/v1/verify", `{"recipient":"`+knownMailbox(n)+`"}`)
		if err == nil && !(bytes.Contains(body, []byte(`"action":"accept"`)) && bytes.Contains(body, []byte(`"source":"cache"`))) {
			err = fmt.Errorf("POST verify of %s: it said %s", knownMailbox(n), body)
		}
		return err
	}, client.close}, nil
}

// dialHealth connects a client of healthz.
func (c *console) dialHealth() (asker, error) {
	client, err := dialWeb(c.http, "")
	if err != nil {
		return asker{}, err
	}
	return asker{func(int64) error {
		body, err := client.short(http.MethodGet, "/healthz", "")
		if err == nil && string(body) != "ok\n" {
			err = errors.New("GET healthz: it did not say ok")
		}
		return err
	}, client.close}, nil
}
