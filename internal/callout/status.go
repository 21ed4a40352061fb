package callout

import (
	"cmp"
	"maps"
	"net"
	"slices"
	"time"
)

// Limit is what can be learned of a host.
type Limit string

// What is learned of a host, and what N of a Learned counts.
const (
	Several    Limit = "several"    // it takes several recipients in one transaction; N: a 2xx came at that position
	Recipients Limit = "recipients" // recipients in one transaction; N: what it took, 1 or more
	Rejections Limit = "rejections" // it closes after so many; N: the one it closed at
	Resets     Limit = "resets"     // it closes after so many; N: the one it closed at
	Sessions   Limit = "sessions"   // sessions at a time; N: what it took
	NoTLS      Limit = "no_tls"     // its TLS handshake fails; N is 0
)

// Learned is one thing that a host has shown of itself. There is one for each Limit of a host.
type Learned struct {
	Address string // IP address and port of the host
	Limit   Limit
	N       int
	Reply   string    // what it was learned from, in the host's own words where it had any, on one line
	At      time.Time // when
	Expires time.Time // from then on it does not count; a zero time says that it is to be forgotten
}

// How long what was learned counts.
const (
	learnedLife  = 7 * 24 * time.Hour
	sessionsLife = 10 * time.Minute
	noTLSLife    = time.Hour
)

// HostState is how a host stands.
type HostState string

// The states of a host.
const (
	StateUnknown HostState = "unknown"  // it has not answered yet
	StateUp      HostState = "up"       // it answers as it should
	StateTrouble HostState = "trouble"  // it had a problem since
	StateBackOff HostState = "back_off" // it is left alone after problems
)

// HostStatus is what is known of a host, for people.
type HostStatus struct {
	Address  string   // IP address and port
	Names    []string // destinations that lead there, as they are written, in their order
	State    HostState
	Since    time.Time // of State; zero where it is StateUnknown
	RetryAt  time.Time // StateBackOff: when it may be tried again
	Sessions int       // open, opening and ending ones
	Limit    int       // the most there may be at present
	Queue    int       // questions that wait
	Learned  []Learned // in the order of their Limits' names
	Problem  *Problem  // the last one, also one that is over; nil for none
	At       time.Time // of Problem
}

// Status returns how every host stands that was asked lately or of which something is known, in the order of
// their addresses.
func (ps *Pools) Status() []HostStatus {
	var all []HostStatus
	for _, h := range ps.all() {
		all = append(all, h.status())
	}
	slices.SortFunc(all, byAddress)
	return all
}

// HostStatus returns how the host of an IP address and port stands; ok is false where nothing is known of it.
func (ps *Pools) HostStatus(address string) (status HostStatus, ok bool) {
	ps.mu.RLock()
	h := ps.hosts[address]
	ps.mu.RUnlock()
	if h == nil {
		return HostStatus{}, false
	}
	return h.status(), true
}

// StatusOf is Status for the hosts that some destinations lead to, by their names as they are written with their ports.
func (ps *Pools) StatusOf(names ...string) []HostStatus {
	var some []HostStatus
	for _, h := range ps.all() {
		if h.goesBy(names) {
			some = append(some, h.status())
		}
	}
	slices.SortFunc(some, byAddress)
	return some
}

// goesBy reports whether one of some destinations leads to a host.
func (h *host) goesBy(names []string) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.ContainsFunc(names, func(name string) bool {
		_, ok := h.names[name]
		return ok
	})
}

func byAddress(a, b HostStatus) int { return cmp.Compare(a.Address, b.Address) }

func (h *host) status() HostStatus {
	h.mu.Lock()
	defer h.mu.Unlock()
	now := time.Now()
	s := HostStatus{
		Address: h.address, Names: slices.Sorted(maps.Keys(h.names)), State: StateUnknown, Since: h.state.since,
		Sessions: h.slots, Limit: h.most(now), Problem: h.state.problem, At: h.state.at,
	}
	back := h.longestBackOff()
	switch {
	case h.back.active() || back.active() && !h.state.up:
		s.State, s.RetryAt = StateBackOff, back.until
		s.Limit = min(s.Limit, h.proven()+1)
	case h.state.up:
		s.State = StateUp
	case h.state.problem != nil:
		s.State = StateTrouble
	}
	for _, p := range h.flavours {
		s.Queue += p.queue.Len()
	}
	for _, l := range slices.Sorted(maps.Keys(h.learned)) {
		if _, ok := h.knows(l, now); ok {
			s.Learned = append(s.Learned, h.learned[l])
		}
	}
	return s
}

// longestBackOff returns the back-off that lasts longest, the host's or that of a flavour. The caller holds h.mu.
func (h *host) longestBackOff() *backOff {
	longest := &h.back
	for _, p := range h.flavours {
		if back := p.backOff(); back.active() && back.until.After(longest.until) {
			longest = back
		}
	}
	return longest
}

// Forget drops what was learned of the hosts of a name or address, written as a destination or without its port,
// and no longer leaves them alone. It returns the addresses of those it found.
func (ps *Pools) Forget(name string) []string {
	var found []string
	for _, h := range ps.all() {
		if h.called(name) {
			h.forget()
			found = append(found, h.address)
		}
	}
	slices.Sort(found)
	return found
}

// called reports whether a host goes by a name.
func (h *host) called(name string) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if ip, _, err := net.SplitHostPort(h.address); h.address == name || err == nil && ip == name {
		return true
	}
	for written := range h.names {
		if written == name {
			return true
		}
		if one, err := ParseHost(written); err == nil && (one.Address() == name || one.Name == name) {
			return true
		}
	}
	return false
}

func (h *host) forget() {
	h.mu.Lock()
	defer h.mu.Unlock()
	for l, what := range h.learned {
		what.Expires = time.Time{}
		h.pools.remember(what)
		delete(h.learned, l)
	}
	h.alone, h.pace, h.back = nil, 0, backOff{}
	for _, p := range h.flavours {
		p.back = backOff{}
	}
}
