package operate

import (
	"context"
	"sync"

	"golang.org/x/time/rate"

	"callout/internal/access"
)

// Of refusals the audit log gets this many from one person, and then so many a second; everything else goes to the log
// alone. So it takes one person hours to push out the refusals of others. What was done is bounded apart, and stays.
const (
	refusalsAtOnce   = 100
	refusalsASecond  = 1
	refusalLimitsFor = 20_000 // people: there are no more users and tokens
)

// refusals bounds what each person's refusals take of the audit log.
type refusals struct {
	mu     sync.Mutex
	limits map[string]*rate.Limiter
}

// take reports whether one more refusal of somebody is to be recorded.
func (r *refusals) take(who *access.Actor) bool {
	key := who.Name + " " + who.Token
	r.mu.Lock()
	defer r.mu.Unlock()
	limit := r.limits[key]
	if limit == nil {
		if r.limits == nil || len(r.limits) >= refusalLimitsFor {
			r.limits = map[string]*rate.Limiter{}
		}
		limit = rate.NewLimiter(refusalsASecond, refusalsAtOnce)
		r.limits[key] = limit
	}
	return limit.Allow()
}

// refused writes a refusal to the audit log.
func (k *Desk) refused(ctx context.Context, who *access.Actor, verb, target, why string) {
	if k.refusals.take(who) {
		k.access.Record(context.WithoutCancel(ctx), who, verb, target, why, true)
		return
	}
	k.log.Info("refused", "who", who.Name, "token", who.Token, "from", who.From, "action", verb, "target", target)
}
