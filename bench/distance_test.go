package bench

import (
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"callout/internal/lab"
)

const (
	oneWay        = 50 * time.Millisecond
	distantEach   = 10 // questions about a domain
	distantNew    = 5  // domains
	distantKept   = 1  // round trips that a recipient may cost on a session that is there already
	distantOpened = 2  // likewise where the session is new, connection, greeting and EHLO not counted
)

// BenchmarkDistance counts the round trips to a destination 100 ms away that one client waits for, through the
// policy server, for each recipient that is not in the cache: on a kept session and on a new one, of a domain that
// is known and of one that is not, existing or not. It fails where a single recipient costs more than it may:
// counts are exact, however busy the machine is.
func BenchmarkDistance(b *testing.B) {
	far, policy := startDistant(b)
	client, err := dialPolicy(policy, 2*time.Minute)
	if err != nil {
		b.Fatal(err)
	}
	defer client.close()
	d := &distance{far: far}
	for i := range distantNew {
		for j := range distantEach {
			recipient, answer := fmt.Sprintf("user%d@%s", j, distantDomain(i)), "action=DUNNO"
			if j%2 == 1 {
				recipient, answer = fmt.Sprintf("missing%d@%s", j, distantDomain(i)), "action=550 5.1.1"
			}
			begun := time.Now()
			if action, err := client.ask(recipient); err != nil || !strings.HasPrefix(string(action), answer) {
				b.Fatalf("%s: %q, %v; want %s", recipient, action, err, answer)
			}
			d.answered(b, recipient, time.Since(begun))
		}
	}
	d.report(b)
}

// startDistant starts a destination of several domains, 100 ms away, and Callout in front of it.
func startDistant(b *testing.B) (far *lab.Delay, policy string) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	users := make([]string, distantEach)
	for i := range users {
		users[i] = fmt.Sprintf("user%d", i)
	}
	destination := &lab.Destination{Hostname: "mx.example.com", Domains: map[string]lab.Domain{}}
	for i := range distantNew {
		destination.Domains[distantDomain(i)] = lab.Domain{Mailboxes: users}
	}
	go destination.Serve(ln)
	b.Cleanup(destination.Close)
	if far, err = lab.NewDelay(ln.Addr().String(), oneWay); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(far.Close)
	var config strings.Builder
	for i := range distantNew {
		fmt.Fprintf(&config, "[[domain]]\nname = %q\ndestinations = [%q]\n", distantDomain(i), far.Addr())
	}
	policy, _ = startCallout(b, config.String())
	return far, policy
}

func distantDomain(i int) string { return fmt.Sprintf("far%d.example", i) }

// distance counts what each question cost.
type distance struct {
	far          *lab.Delay
	connections  int64 // so far
	turns        int64 // so far, EHLO and QUIT, which nobody waits for, left out
	kept, opened tripCounts
}

// tripCounts is the round trips of questions of one kind.
type tripCounts struct {
	questions, trips, most int64
	took                   []float64 // ms
}

// answered counts what has passed since the last question.
func (d *distance) answered(b *testing.B, recipient string, took time.Duration) {
	connections, traffic := d.far.Connections(), d.far.Traffic()
	turns := traffic.Turns - traffic.Quits - connections // each connection has one EHLO
	trips, fresh := turns-d.turns, connections-d.connections
	d.connections, d.turns = connections, turns
	kind, goal := &d.kept, int64(distantKept)
	if fresh > 0 {
		kind, goal = &d.opened, distantOpened
	}
	kind.questions++
	kind.trips += trips
	kind.most = max(kind.most, trips)
	kind.took = append(kind.took, float64(took.Microseconds())/1000)
	if trips > goal || fresh > 1 {
		b.Errorf("%s cost %d round trips and %d new sessions; it may cost %d, or %d on a single new one",
			recipient, trips, fresh, distantKept, distantOpened)
	}
}

func (d *distance) report(b *testing.B) {
	if d.kept.questions == 0 || d.opened.questions < 2 {
		b.Fatalf("%d questions on kept sessions and %d on new ones are too few to compare", d.kept.questions, d.opened.questions)
	}
	for name, kind := range map[string]tripCounts{"kept": d.kept, "new": d.opened} {
		b.ReportMetric(float64(kind.questions), name+"_session_questions")
		b.ReportMetric(float64(kind.trips)/float64(kind.questions), name+"_session_trips")
		b.ReportMetric(float64(kind.most), name+"_session_trips_max")
		b.ReportMetric(median(kind.took), name+"_session_ms")
	}
	b.ReportMetric(0, "ns/op") // says nothing here
}
