package bench

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"testing"
	"time"
)

const (
	clearRounds = 3
	clearAround = 500 * time.Millisecond // the policy path is watched so long before a clear, and after it
)

// clearing is something that clears a million verdicts.
type clearing struct {
	name, path string
	takes      int // verdicts
	leaves     int // of the domain with a million
}

// BenchmarkClearMillion clears by API a domain with 1,000,000 verdicts, what is invalid of it, and everything, each time in
// a program that has just been started on the same database: within 100 ms is the goal. Policy clients ask for recipients
// of another domain meanwhile, 2,000 times a second. The longest that one of them waited, from when the clear began to half
// a second behind it, stands beside the longest in half a second before. When everything is cleared, their recipients are
// asked for anew.
func BenchmarkClearMillion(b *testing.B) {
	begin := millionDatabase(b)
	const ofDomain = "/api/v1/domains/" + millionDomain + "/verdicts"
	for _, c := range []clearing{
		{"domain", ofDomain, million, 0},
		{"invalid", ofDomain + "?status=invalid", million / 10 * 9, million / 10},
		{"everything", "/api/v1/verdicts", million + beside, 0},
	} {
		b.Run(c.name, func(b *testing.B) {
			var took, during, before []float64
			for range clearRounds {
				t, d, q := c.round(b, begin)
				took, during, before = append(took, t), append(during, d), append(before, q)
			}
			b.ReportMetric(median(took), "clear_ms")
			b.ReportMetric(slices.Max(took), "clear_worst_ms")
			b.ReportMetric(median(during), "policy_worst_ms")
			b.ReportMetric(median(before), "quiet_worst_ms")
			b.ReportMetric(0, "ns/op") // says nothing here
		})
	}
}

// round clears once, and returns how long that took and the policy clients waited, in milliseconds.
func (c clearing) round(b *testing.B, begin database) (took, during, before float64) {
	s := startMillion(b, begin)
	defer s.stop()
	s.settle(b)
	ask(b, s.policy, steadyClients, time.Minute, knownUsers, besideRecipient) // they are in memory from then on
	client := s.dialAPI(b)
	if n := s.heldOf(b, client, millionDomain); n != million {
		b.Fatalf("%d verdicts of %s are held before the clear, not %d", n, millionDomain, million)
	}
	stop := askSteadily(b, s.policy, besideRecipient)
	time.Sleep(clearAround) // until clients and server go steadily
	quiet := time.Now()
	time.Sleep(clearAround)
	from := time.Now()
	answer, err := client.do(http.MethodDelete, c.path, "")
	to := time.Now()
	if err != nil {
		b.Error(err)
	}
	time.Sleep(clearAround)
	asked := stop()
	var said struct{ Stored int }
	if err := json.Unmarshal(answer, &said); err != nil || said.Stored != c.takes {
		b.Fatalf("%s took %d verdicts, not %d: %v", c.path, said.Stored, c.takes, err)
	}
	if n := s.heldOf(b, client, millionDomain); n != c.leaves {
		b.Fatalf("%d verdicts of %s are held after the clear, not %d", n, millionDomain, c.leaves)
	}
	return milliseconds(to.Sub(from)), worst(asked, from, to.Add(clearAround)), worst(asked, quiet, from)
}

// heldOf returns how many verdicts the API says are stored for a domain.
func (c *console) heldOf(b *testing.B, client *webClient, domain string) int {
	b.Helper()
	body, err := client.do(http.MethodGet, "/api/v1/domains/"+domain, "")
	if err != nil {
		b.Fatal(err)
	}
	var said struct{ Verdicts struct{ Valid, Invalid int } }
	if err := json.Unmarshal(body, &said); err != nil {
		b.Fatal(fmt.Errorf("domain %s: %w", domain, err))
	}
	return said.Verdicts.Valid + said.Verdicts.Invalid
}
