package test

import (
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"callout/test/servers"
)

const (
	senderComesAgain = 3 * time.Second // after it was deferred: minutes in life
	senderGivesUp    = 5 * time.Minute // days in life
)

// questions are those for the recipients of one server that are still open.
type questions struct {
	name    string
	clients []*policyClient // one for each question at a time
	exists  map[string]bool // by recipient
	open    []string
}

// newQuestions connects for so many questions at a time. The order of the recipients is mixed, and the same in
// each run.
func newQuestions(t *testing.T, s *server, d *servers.Server, at int) *questions {
	t.Helper()
	q := &questions{name: d.Name, exists: map[string]bool{}}
	for range at {
		q.clients = append(q.clients, dialPolicy(t, s.policy))
	}
	for i := range servers.Recipients / 2 {
		valid, invalid := d.Valid(i)+"@"+d.Domain, d.Invalid(i)+"@"+d.Domain
		q.exists[valid], q.exists[invalid] = true, false
		q.open = append(q.open, valid, invalid)
	}
	r := rand.New(rand.NewPCG(1, 2))
	r.Shuffle(len(q.open), func(i, j int) { q.open[i], q.open[j] = q.open[j], q.open[i] })
	return q
}

// settle asks until every recipient has its verdict, and comes again for those that were deferred as their senders
// would, for so long; what is open then stays open. A wrong verdict fails the test.
func (q *questions) settle(t *testing.T, patience time.Duration) cost {
	began := time.Now()
	c := cost{at: len(q.clients)}
	for {
		pass := time.Now()
		q.open = q.ask(t)
		c.deferred += len(q.open)
		if len(q.open) == 0 || time.Since(began) > patience {
			break
		}
		time.Sleep(max(0, senderComesAgain-time.Since(pass)))
	}
	c.took = time.Since(began)
	return c
}

// ask asks for each open recipient once, and returns those that were deferred.
func (q *questions) ask(t *testing.T) (deferred []string) {
	next := make(chan string)
	var mu sync.Mutex
	var wg sync.WaitGroup
	for _, client := range q.clients {
		wg.Go(func() {
			for recipient := range next {
				action, err := client.ask(recipient)
				switch {
				case err != nil:
					t.Errorf("%s: %v", q.name, err)
				case strings.HasPrefix(action, "4"):
					mu.Lock()
					deferred = append(deferred, recipient)
					mu.Unlock()
				case q.exists[recipient] != (action == "DUNNO"):
					t.Errorf("%s, %d at a time: wrong verdict for %s: %s", q.name, len(q.clients), recipient, action)
				}
			}
		})
	}
	for _, recipient := range q.open {
		next <- recipient
	}
	close(next)
	wg.Wait()
	return deferred
}
