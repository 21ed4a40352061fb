package store

import (
	"context"
	"time"
)

// Series is something of which is kept how often it happened.
type Series int

// The series. A store has a column for each, in this order.
const (
	Questions Series = iota
	Accepted
	Rejected
	Deferred
	NoOpinion
	NotEnforced
	FromCache
	FromCallout
	Callouts
	CalloutsFailed

	NumSeries int = iota
)

var seriesNames = [NumSeries]string{"questions", "accepted", "rejected", "deferred", "no_opinion", "not_enforced", "from_cache",
	"from_callout", "callouts", "callouts_failed"}

// String returns the name of a series, as the API has it.
func (s Series) String() string { return seriesNames[s] }

// Tally is how often each thing has happened in some time.
type Tally [NumSeries]int64

// Minute is what has happened in a minute, or in a longer span that a sum is made of.
type Minute struct {
	At    time.Time     // when it began, a whole minute
	Seen  time.Duration // for how much of it somebody counted; kept to the millisecond
	Tally Tally
}

// Alert is something that somebody should have looked at, or should now. Its times are kept to the millisecond.
type Alert struct {
	ID     int64  // 0 for one that is not stored yet
	Kind   string // what it is; with Domain and Host the identity of one that is open
	Domain string
	Host   string
	Text   string
	Since  time.Time
	Until  time.Time // zero while it is open
}

// AlertQuery selects alerts that are past.
type AlertQuery struct {
	Domains []string // of these alone, and about no host; nil: all
	Limit   int      // rows at most, 1 to 1,000; what lies outside counts as the nearer of the two
	Cursor  string   // where the last page ended, "" for the first
}

// History keeps what happened, minute by minute, and alerts. Its methods may be called from any goroutine. What they
// changed is durable when they return without error.
type History interface {
	// AddMinutes adds to what is kept of minutes, all or none. Minutes that are not there yet begin with nothing.
	AddMinutes(ctx context.Context, minutes []Minute) error
	// Sums adds up the minutes from one time on and before another in steps, whole minutes that are counted from 1970
	// on. A step without a minute is left out; At is when a step begins. They are in the order of time.
	Sums(ctx context.Context, from, until time.Time, step time.Duration) ([]Minute, error)

	// SaveAlerts stores alerts, all or none. One without an ID is new, and its ID is set. Where it is open, and an alert
	// with its identity is so already, no other is made: its text is that one's from then on, and it gets the ID and the
	// beginning of that one. Of one with an ID the text and the end are stored, unless it has ended before.
	SaveAlerts(ctx context.Context, alerts []Alert) error
	// OpenAlerts returns the alerts that have not ended, in the order of their beginnings.
	OpenAlerts(ctx context.Context) ([]Alert, error)
	// PastAlerts returns a page of those that have, the last to end first, and the cursor of the next page, "" after the
	// last. The error wraps ErrCursor for a cursor of another making.
	PastAlerts(ctx context.Context, q AlertQuery) (page []Alert, next string, err error)

	// PurgeHistory deletes minutes and ends of alerts from before a time, and of alerts that are past all but the last
	// ones to end, so many. It deletes no more than a few thousand rows a call; more says whether there may be others.
	PurgeHistory(ctx context.Context, before time.Time, alerts int) (more bool, err error)
}
