package labtest_test

import (
	"context"
	"fmt"
	"net/netip"
	"sync"
	"testing"
	"time"

	"callout/internal/lab"
	"callout/internal/lab/labtest"
)

// Every file of testdata shows what a step means, by a player that keeps the order in which things happen to it.
func TestSteps(t *testing.T) {
	labtest.Run(t, "testdata/*.txt", func(t *testing.T, n *lab.Network) labtest.Player {
		return &clerk{n: n, begun: time.Now()}
	})
}

// clerk answers a question with its turn among all, by its coming and by its answer: a question is answered when
// a connection has come about.
type clerk struct {
	n     *lab.Network
	begun time.Time

	mu   sync.Mutex
	come int
}

func (c *clerk) Question(text string) (func() string, error) {
	return func() string {
		c.mu.Lock()
		c.come++
		come := c.come
		c.mu.Unlock()
		hosts, err := c.n.LookupHost(context.Background(), text)
		if err != nil {
			return err.Error()
		}
		conn, err := c.n.Dial(context.Background(), netip.Addr{}, hosts[0]+":25")
		if err != nil {
			return err.Error()
		}
		conn.Close()
		c.mu.Lock()
		defer c.mu.Unlock()
		return fmt.Sprintf("came %d, answered after %d had come", come, c.come)
	}, nil
}

func (c *clerk) Do(verb, rest string) error {
	if verb != "clock" || time.Since(c.begun).String() != rest {
		return fmt.Errorf("%s %s at %v", verb, rest, time.Since(c.begun))
	}
	return nil
}

func (c *clerk) Stop() {}
