package gateway_test

import (
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
)

// A domain that comes and goes at any time does no harm: each message that is taken arrives once, with the recipients
// that were accepted, at the hop that accepted them.
func TestDomainChangesAtAnyTime(t *testing.T) {
	s := buildChanging(t)
	stop := make(chan struct{})
	var changes, clients sync.WaitGroup
	changes.Go(func() {
		for i := 0; ; i++ {
			select {
			case <-stop:
				return
			default:
			}
			if i%3 == 2 {
				s.reload(t)
			} else {
				s.reload(t, s.domain(i%3))
			}
			runtime.Gosched()
		}
	})
	var taken, accepted atomic.Int32
	for range 4 {
		c := s.dial(t)
		clients.Go(func() {
			c.say("EHLO client.example")
			c.r.ReadReply()
			for range 50 {
				c.say("MAIL FROM:<>", "RCPT TO:<john@example.com>", "RCPT TO:<jane@example.com>", "DATA")
				var n int32
				for i := range 4 {
					reply, err := c.r.ReadReply()
					if err != nil {
						t.Error(err)
						return
					}
					switch {
					case (i == 1 || i == 2) && reply.Code == 250:
						n++
					case i == 3 && (reply.Code == 354) != (n > 0):
						t.Errorf("%v to DATA for %d recipients", reply, n)
						return
					}
				}
				if n == 0 {
					c.say("RSET")
				} else {
					c.say("x", ".")
					taken.Add(1)
					accepted.Add(n)
				}
				if reply, err := c.r.ReadReply(); err != nil || reply.Code != 250 {
					t.Error(reply, err)
				}
			}
		})
	}
	clients.Wait()
	close(stop)
	changes.Wait()
	var messages, recipients int32
	for _, r := range s.hops {
		for _, m := range r.Received() {
			messages++
			recipients += int32(len(m.Rcpts))
		}
	}
	if messages != taken.Load() || recipients != accepted.Load() {
		t.Errorf("%d messages for %d recipients have arrived; %d for %d were taken", messages, recipients, taken.Load(), accepted.Load())
	}
}
