package api

import (
	"fmt"
	"net/http"
	"sync"

	"callout/internal/access"
)

// crowd bounds how much of something is under way at a time, in all and of one user or token.
type crowd struct {
	most, each int
	what       string // "imports"

	mu  sync.Mutex
	all int
	of  map[string]int // its size is bounded by most
}

// admit lets one more in; leave is to be called when it is over. The error is a *Problem.
func (c *crowd) admit(who *access.Actor) (leave func(), err error) {
	key := who.Name + "\x00" + who.Token
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.all >= c.most || c.of[key] >= c.each {
		return nil, newProblem(http.StatusTooManyRequests, fmt.Sprintf("too many %s at a time; end one, or try again in a minute", c.what)).after(busyFor)
	}
	if c.of == nil {
		c.of = make(map[string]int)
	}
	c.all++
	c.of[key]++
	return func() { c.leave(key) }, nil
}

func (c *crowd) leave(key string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.all--
	if c.of[key]--; c.of[key] == 0 {
		delete(c.of, key)
	}
}
