package nexthop

import (
	"sync"
	"time"

	"callout/internal/callout"
)

// State is how a next hop stands: all hosts of a route together, since mail goes on while one of them takes it.
type State string

// The states of a next hop.
const (
	Unknown     State = "unknown"     // nothing has come of a message yet
	Up          State = "up"          // it takes recipients, or refuses them one by one
	Unreachable State = "unreachable" // no host of it could be connected to
	Refuses     State = "refuses"     // it was connected to, and takes nothing from here
)

// Troubled reports whether mail there is put off.
func (s State) Troubled() bool { return s == Unreachable || s == Refuses }

// Status is what is known of a next hop, for people.
type Status struct {
	State    State
	Since    time.Time        // of State; zero where it is Unknown
	Sessions int              // open ones, those included that are kept
	Messages uint64           // that it took since the start
	Problem  *callout.Problem // the last one, also one that is over, a message or recipient that it refused too; nil for none
	At       time.Time        // of Problem
	Trouble  *callout.Problem // why State.Troubled; nil where it is not

	// When mail was put off there, the first and the last time since the hop took some; zero where it was not. One message that is
	// put off makes no State.Troubled where it may be about that message alone.
	First, Last time.Time
}

// ID says which next hop a route leads to: domains whose routes have the same ID stand alike. It is comparable.
type ID struct{ key }

// ID returns that of a route. Whether the hop is told of clients makes no difference to it.
func (r *Route) ID() ID { return r.key().id() }

func (k key) id() ID {
	k.xclient = false
	return ID{k}
}

// To returns where mail of a domain goes: what it names for that, or else where it is asked.
func To(deliverTo, destination callout.Destination) callout.Destination {
	if len(deliverTo) > 0 {
		return deliverTo
	}
	return destination
}

// Status returns how every next hop stands that a message was to go to since the start. A nil Hops has none.
func (h *Hops) Status() map[ID]Status {
	if h == nil {
		return nil
	}
	all := h.records.all(false)
	h.mu.Lock()
	defer h.mu.Unlock()
	for s := range h.sessions {
		id := s.key.id()
		if status, ok := all[id]; ok {
			status.Sessions++
			all[id] = status
		}
	}
	return all
}

// Troubled returns those that mail is put off for, without their sessions. It is cheap where there are none.
func (h *Hops) Troubled() map[ID]Status {
	if h == nil {
		return nil
	}
	return h.records.all(true)
}

// StatusOf returns how the next hop of a route stands, without its sessions; ok is false where nothing is known of it.
func (h *Hops) StatusOf(r *Route) (status Status, ok bool) {
	if h == nil {
		return Status{}, false
	}
	h.records.mu.Lock()
	defer h.records.mu.Unlock()
	s := h.records.byID[r.ID()]
	if s == nil {
		return Status{}, false
	}
	return *s, true
}

// maxRecords bounds the next hops of which something is known. Beyond it, one is forgotten for each that is new.
const maxRecords = 20_000

// records are what is known of next hops.
type records struct {
	mu       sync.Mutex
	byID     map[ID]*Status
	troubled int // of them
}

func (rs *records) all(troubled bool) map[ID]Status {
	rs.mu.Lock()
	defer rs.mu.Unlock()
	if troubled && rs.troubled == 0 {
		return nil
	}
	all := make(map[ID]Status, len(rs.byID))
	for id, s := range rs.byID {
		if !troubled || s.State.Troubled() {
			all[id] = *s
		}
	}
	return all
}

// change changes what is known of a next hop.
func (rs *records) change(id ID, how func(*Status)) {
	rs.mu.Lock()
	defer rs.mu.Unlock()
	s := rs.byID[id]
	if s == nil {
		if len(rs.byID) >= maxRecords {
			rs.forgetOne()
		}
		s = &Status{State: Unknown}
		rs.byID[id] = s
	}
	before := s.State
	how(s)
	if s.State != before {
		s.Since = time.Now()
		rs.count(before, -1)
		rs.count(s.State, 1)
	}
}

func (rs *records) count(s State, n int) {
	if s.Troubled() {
		rs.troubled += n
	}
}

// forgetOne forgets any of them. The caller holds rs.mu.
func (rs *records) forgetOne() {
	for id, s := range rs.byID {
		rs.count(s.State, -1)
		delete(rs.byID, id)
		return
	}
}
