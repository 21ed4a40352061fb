package access

import (
	"net/netip"
	"sync"
	"time"
)

const (
	freeFailures  = 5                // after so many there is a wait
	firstWait     = time.Second      // which doubles with each further failure
	longestWait   = 15 * time.Minute // up to this
	forgetAfter   = time.Hour        // since the last failure
	knownFor      = 30 * 24 * time.Hour
	maxThrottled  = 10_000 // accounts, addresses and pairs of both that are remembered
	maxAddressKey = 64
)

// throttle counts failures by account and by address, and tells who has to wait. An account's wait holds only for
// addresses that have not logged in to it in the last 30 days, so that nobody can lock its user out by failing.
// That is so where clients have addresses of their own: see loginAddress.
type throttle struct {
	mu        sync.Mutex
	accounts  counts
	addresses counts
	known     *recent[pair, time.Time] // when an address last logged in to an account
}

// count is how many attempts failed in a row.
type count struct {
	n    int
	last time.Time
}

type pair struct{ account, address string }

// gate names the gate that a login passes: that of its address, or where it has none of its own, of its account.
func (p pair) gate() string {
	if p.address == "" {
		return "account " + p.account
	}
	return p.address
}

// counts are the failures of accounts or addresses.
type counts struct{ *recent[string, count] }

func newCounts() counts { return counts{newRecent[string, count](maxThrottled)} }

// wait returns how long a key has to wait from now on, 0 or less for not at all.
func (c counts) wait(key string, now time.Time) time.Duration {
	f, ok := c.get(key)
	if !ok || f.n < freeFailures {
		return 0
	}
	wait := longestWait
	if doublings := f.n - freeFailures; doublings < 10 { // the tenth would be longer than the longest
		wait = firstWait << doublings
	}
	return f.last.Add(wait).Sub(now)
}

// fail counts a failure of a key.
func (c counts) fail(key string, now time.Time) {
	if key == "" {
		return
	}
	f, _ := c.get(key)
	if now.Sub(f.last) > forgetAfter {
		f.n = 0
	}
	c.put(key, count{f.n + 1, now})
}

func newThrottle() *throttle {
	return &throttle{accounts: newCounts(), addresses: newCounts(), known: newRecent[pair, time.Time](maxThrottled)}
}

// attempt takes note of an attempt, which counts as a failure unless succeeded follows: else attempts at the same time
// would all pass. The error is a *ThrottledError where it has to wait, and then nothing is counted, so that who comes
// too early does not wait for ever. An account or address that is "" is not counted.
func (t *throttle) attempt(p pair) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := time.Now()
	if err := t.waiting(p, now); err != nil {
		return err
	}
	t.accounts.fail(p.account, now)
	t.addresses.fail(p.address, now)
	return nil
}

// check says what attempt would, and takes note of nothing.
func (t *throttle) check(p pair) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.waiting(p, time.Now())
}

func (t *throttle) waiting(p pair, now time.Time) error {
	wait := t.addresses.wait(p.address, now)
	if at, ok := t.known.get(p); !ok || now.Sub(at) > knownFor {
		wait = max(wait, t.accounts.wait(p.account, now))
	}
	if wait > 0 {
		return &ThrottledError{RetryAfter: wait}
	}
	return nil
}

// succeeded clears the failures of an account and an address.
func (t *throttle) succeeded(p pair) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.accounts.delete(p.account)
	t.addresses.delete(p.address)
	t.know(p, time.Now())
}

// know notes that an address logged in to an account. It is called with mu held.
func (t *throttle) know(p pair, at time.Time) {
	if p.account != "" && p.address != "" {
		t.known.put(p, at)
	}
}

// forget clears the failures of an account.
func (t *throttle) forget(account string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.accounts.delete(account)
}

// loginAddress returns what an address counts as where a login is tried, "" where it may be that of everybody: behind a
// proxy on this machine that the configuration does not name, all who log in come from a loopback address. If failures
// counted for that one, any of them would keep out all the others. Nor does it count as known, for else any of
// them could try passwords of whoever has logged in, without a wait.
func loginAddress(from string) string {
	if ip, err := netip.ParseAddr(from); err != nil || ip.Unmap().IsLoopback() {
		return ""
	}
	return addressKey(from)
}

// addressKey returns what an address counts as: itself, or for IPv6 its /64, which is what one customer has.
func addressKey(from string) string {
	ip, err := netip.ParseAddr(from)
	if err != nil {
		return from[:min(len(from), maxAddressKey)]
	}
	ip = ip.Unmap().WithZone("")
	if ip.Is4() {
		return ip.String()
	}
	return netip.PrefixFrom(ip, 64).Masked().String()
}
