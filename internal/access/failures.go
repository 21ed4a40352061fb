package access

import (
	"sync"
	"time"
)

// How many failures of strangers are recorded in a minute. One address takes more than a day to fill what the audit
// log keeps of refusals, and all together more than three hours; what was done stays, since it is bounded apart.
const (
	failuresAddress = 10
	failuresAll     = 100
)

// failures says which failures of strangers are recorded, so that a burst of them does not push other refusals out of the
// audit log.
type failures struct {
	mu        sync.Mutex
	since     time.Time // when the minute began
	all       int
	addresses map[string]int // failuresAll of them at most
	leftOut   int
}

func newFailures() *failures { return &failures{} }

// take says whether a failure from an address is to be recorded, and counts it.
func (f *failures) take(address string, now time.Time) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if now.Sub(f.since) >= time.Minute {
		f.since, f.all, f.addresses = now, 0, make(map[string]int)
	}
	if f.all >= failuresAll || f.addresses[address] >= failuresAddress {
		f.leftOut++
		return false
	}
	f.all++
	f.addresses[address]++
	return true
}

// takeLeftOut returns how many were left out since it was called last.
func (f *failures) takeLeftOut() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	n := f.leftOut
	f.leftOut = 0
	return n
}
