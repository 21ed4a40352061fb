package store

import (
	"encoding/binary"
	"hash/maphash"

	"github.com/bits-and-blooms/bloom/v3"

	"callout/internal/address"
)

const (
	leastKnown = 100_000 // recipients that a filter has room for at least, in 120 kB
	knownError = 0.01    // of those that the Store lacks, so many are looked up all the same
)

// known tells without I/O that the Store has nothing of a recipient, as of most that are asked for: a look-up costs more
// than all else that Callout does for a question, and a dictionary attack asks for nothing but new ones. It has a
// filter of the recipients of all rows, pending ones included. Behind guards it.
type known struct {
	seed   maphash.Seed
	filter *bloom.BloomFilter // nil until one was filled
	taken  int                // recipients that it has taken, some of them again and again
	room   int                // recipients that it is made for
	first  int                // recipients that it had when it was filled
	next   *bloom.BloomFilter // is being filled to take its place; nil: none
	found  int                // recipients that next has taken
}

// lacks reports whether neither the Store nor a pending row has anything of a recipient. false: they may.
func (k *known) lacks(of recipient) bool {
	return k.filter != nil && !k.filter.Test(k.hash(of))
}

// add takes a recipient, and reports whether the filter has become too full to be of use.
func (k *known) add(of recipient) (full bool) {
	if k.next == nil && k.filter == nil {
		return false
	}
	hash := k.hash(of)
	if k.filter != nil {
		k.filter.Add(hash)
		k.taken++
	}
	if k.next != nil {
		k.next.Add(hash)
		k.found++
		return false
	}
	return k.taken > k.room
}

func (k *known) hash(of recipient) []byte {
	return binary.LittleEndian.AppendUint64(nil, maphash.Comparable(k.seed, of))
}

// begin makes a filter that is to be filled with every recipient there is.
func (k *known) begin(room int) {
	k.next, k.found = bloom.NewWithEstimates(uint(room), knownError), 0
}

// end puts the filter in place that was filled, or drops it where that failed.
func (k *known) end(room int, failed bool) {
	if !failed {
		k.filter, k.taken, k.room, k.first = k.next, k.found, room, k.found
	}
	k.next = nil
}

// know fills known from the Store, and again whenever its filter has become too full, until Close.
func (b *Behind) know(all Scanner) {
	retry := newTimer()
	defer retry.Stop()
	for {
		again := b.full
		if err := b.fillKnown(all); err != nil && b.ctx.Err() == nil {
			b.opts.Log.Debug("it is not known what the store lacks", "err", err)
			retry.Reset(purgeEvery)
			again = nil
		}
		select {
		case <-b.ctx.Done():
			return
		case <-again:
		case <-retry.C:
		}
	}
}

// fillKnown makes a filter with room for twice as many recipients as there were the last time, or are now where they
// have become more than that.
func (b *Behind) fillKnown(all Scanner) error {
	b.mu.Lock()
	room := max(leastKnown, 2*b.known.first)
	b.mu.Unlock()
	for {
		n, err := b.scan(all, room)
		if err != nil || n <= room {
			return err
		}
		room = 2 * n
	}
}

// scan fills one filter and returns how many recipients it has taken. What is pending when it begins goes in first and
// what is added meanwhile at once; so whatever is written while the Store is read is in it, seen or not.
func (b *Behind) scan(all Scanner, room int) (n int, err error) {
	b.mu.Lock()
	b.known.begin(room)
	select {
	case <-b.full: // this scan is what it asks for
	default:
	}
	for of := range b.pending.verdicts {
		b.known.add(of)
	}
	b.mu.Unlock()
	err = all.Scan(b.ctx, func(domain, local string) {
		of := recipient{domain, address.Fold(local)}
		b.mu.Lock()
		b.known.add(of)
		b.mu.Unlock()
	})
	b.mu.Lock()
	defer b.mu.Unlock()
	n = b.known.found
	b.known.end(room, err != nil)
	return n, err
}
