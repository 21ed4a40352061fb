package operate

import (
	"fmt"
	"sync"
)

// Crowd bounds how much of something is under way at a time, in all and of one user. Most, Each and What are not changed once it
// is used; its methods may be called from any goroutine.
type Crowd struct {
	Most, Each int
	What       string // "imports"

	mu  sync.Mutex
	all int
	of  map[string]int // its size is bounded by Most
}

// Admit lets one more of a user in; leave is to be called once, when it is over. The error is of the kind Busy.
func (c *Crowd) Admit(user string) (leave func(), err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.all >= c.Most || c.of[user] >= c.Each {
		return nil, &Error{Kind: Busy, Detail: fmt.Sprintf("too many %s at a time; end one, or try again in a minute", c.What)}
	}
	if c.of == nil {
		c.of = make(map[string]int)
	}
	c.all++
	c.of[user]++
	return func() { c.leave(user) }, nil
}

func (c *Crowd) leave(user string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.all--
	if c.of[user]--; c.of[user] == 0 {
		delete(c.of, user)
	}
}

// Len returns how many are under way.
func (c *Crowd) Len() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.all
}
