package web

import (
	"sync"

	"callout/internal/operate"
)

// crowd bounds how many answers that last are under way at a time, in all and of one user.
type crowd struct {
	most, each int

	mu  sync.Mutex
	all int
	of  map[string]int // by user; its size is bounded by most
}

// admit lets one more in; leave is to be called when it is over.
func (c *crowd) admit(user string) (leave func(), err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.all >= c.most || c.of[user] >= c.each {
		return nil, &operate.Error{Kind: operate.Busy, Detail: "too many live pages are open at a time; close one, then load this page again"}
	}
	if c.of == nil {
		c.of = make(map[string]int)
	}
	c.all++
	c.of[user]++
	return func() { c.leave(user) }, nil
}

func (c *crowd) leave(user string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.all--
	if c.of[user]--; c.of[user] == 0 {
		delete(c.of, user)
	}
}
