package decisions

import (
	"sort"
	"sync"
	"time"

	"callout/internal/verify"
)

// Log keeps the last decisions in memory and tells those who watch. Its methods may be called from any goroutine.
type Log struct {
	mu     sync.Mutex
	places []place
	count  uint64        // decisions that were added; the nth lies in places[n % len(places)]
	last   uint64        // the number of the last one, or what comes before the first
	gone   uint64        // what was numbered up to here is not kept, or was never here
	bell   chan struct{} // closed by the next Add; nil: nobody waits
	rung   time.Time     // when watchers were last told that there are more
	shown  uint64        // the number of the last decision then
}

// NewLog returns a Log that keeps the last n decisions, one at least.
//
// A decision's number is the time at which it was made, in microseconds since 1970, or one more than that of the one before
// where that is later. So a number that somebody has kept from before a restart is smaller than any that is given out
// after it, and the gaps between the numbers of one domain's decisions say nothing of how many there were of others.
func NewLog(n int) *Log {
	before := uint64(max(time.Now().UnixMicro(), 1)) - 1
	return &Log{places: make([]place, max(n, 1)), last: before, gone: before, shown: before}
}

// Add keeps a decision that was made at a time and took so long. It holds on to nothing that q and d point to but
// short texts, and waits for nobody.
func (l *Log) Add(q *verify.Question, d *verify.Decision, at time.Time, took time.Duration) {
	var age time.Duration
	if d.Source == verify.FromCache {
		age = max(at.Sub(d.Verdict.Asked), 0)
	}
	w := wordsOf(&d.Verdict)
	l.mu.Lock()
	p := l.place(l.count)
	if l.count >= uint64(len(l.places)) {
		l.gone = p.seq
	}
	l.last = max(l.last+1, uint64(max(at.UnixMicro(), 0)))
	p.seq, p.at, p.took, p.age = l.last, at.UnixNano(), took, age
	p.set(q, d, w)
	l.count++
	bell := l.bell
	l.bell = nil
	l.mu.Unlock()
	if bell != nil {
		close(bell)
	}
}

// place returns where the nth decision is kept. The caller holds l.mu.
func (l *Log) place(n uint64) *place { return &l.places[n%uint64(len(l.places))] }

// Last returns the number of the last decision. Before the first one it is a number that After takes too.
func (l *Log) Last() uint64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.last
}

// oldest returns which decision is the oldest that is still there. The caller holds l.mu.
func (l *Log) oldest() uint64 { return l.count - min(l.count, uint64(len(l.places))) }

// from returns which decision is the first with a number of at least seq; l.count where there is none. The caller holds
// l.mu.
func (l *Log) from(seq uint64) uint64 {
	oldest := l.oldest()
	return oldest + uint64(sort.Search(int(l.count-oldest), func(i int) bool { return l.place(oldest+uint64(i)).seq >= seq }))
}
