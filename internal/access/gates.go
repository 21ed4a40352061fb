package access

import (
	"context"
	"sync"
	"time"
)

// How many logins wait at most for the one before them from the same address, and in all.
const (
	maxWaitingAddress = 10
	maxWaiting        = 200
)

// gates let one login of each address through at a time.
type gates struct {
	mu      sync.Mutex
	all     int
	address map[string]*gate
}

// gate is that of one address; it is there while someone is at it.
type gate struct {
	n    int           // who waits or has passed and not left yet
	busy chan struct{} // holds a value while someone has passed
}

func newGates() *gates { return &gates{address: make(map[string]*gate)} }

// enter waits for its turn; leave is called when it is over. The error is a *ThrottledError where too many wait.
func (g *gates) enter(ctx context.Context, address string) (leave func(), err error) {
	g.mu.Lock()
	one := g.address[address]
	if one == nil {
		one = &gate{busy: make(chan struct{}, 1)}
	}
	if one.n > maxWaitingAddress || g.all >= maxWaiting {
		g.mu.Unlock()
		return nil, &ThrottledError{RetryAfter: time.Second}
	}
	g.address[address] = one
	one.n++
	g.all++
	g.mu.Unlock()

	select {
	case one.busy <- struct{}{}:
		return func() { <-one.busy; g.leave(address, one) }, nil
	case <-ctx.Done():
		g.leave(address, one)
		return nil, ctx.Err()
	}
}

func (g *gates) leave(address string, one *gate) {
	g.mu.Lock()
	defer g.mu.Unlock()
	one.n--
	g.all--
	if one.n == 0 {
		delete(g.address, address)
	}
}
