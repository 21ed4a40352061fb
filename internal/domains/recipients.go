package domains

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
)

// Bounds of one list of local recipients. A domain has two: that of its settings and that of the store.
const (
	MaxExact    = 1_000_000 // entries without *
	MaxPatterns = 1_000     // entries with *, which are looked at one after the other
)

// Recipients is a set of local recipients: local-parts, and patterns in which each * stands for any octets. It is
// never changed.
//
// It keeps what entries stand for, not how they are quoted: "john..smith" and john..smith are one mailbox, and a
// pattern has nothing to do with quotes.
type Recipients struct {
	exact    map[string]struct{}
	patterns []string    // in their order
	also     *Recipients // another list that counts too; nil for none
	common   int         // entries that are in both

	once    sync.Once
	entries []string // what Entries returns
}

// Len returns the number of entries; that of nil is 0.
func (r *Recipients) Len() int {
	if r == nil {
		return 0
	}
	return len(r.exact) + len(r.patterns) + r.also.Len() - r.common
}

// Has reports whether a local-part, in the form it has on the wire, is in the set, ASCII case ignored. A nil set
// has none.
func (r *Recipients) Has(local string) bool {
	if r == nil {
		return false
	}
	var buf [256]byte // a local-part has 255 octets at most
	content := appendContent(buf[:0], local)
	for ; r != nil; r = r.also {
		if _, ok := r.exact[string(content)]; ok {
			return true
		}
		for _, p := range r.patterns {
			if match(p, content) {
				return true
			}
		}
	}
	return false
}

// Entries returns the set as ParseEntry returns entries, in their order; nil for none. Whoever calls it doesn't change what it
// returns: the list is put in order once, so that looking through it page by page costs no more than that.
func (r *Recipients) Entries() []string {
	if r.Len() == 0 {
		return nil
	}
	r.once.Do(func() { r.entries = r.inOrder() })
	return r.entries
}

func (r *Recipients) inOrder() []string {
	list := make([]string, 0, r.Len())
	for ; r != nil; r = r.also {
		for content := range r.exact {
			list = append(list, wireForm(content))
		}
		for _, content := range r.patterns {
			list = append(list, wireForm(content))
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// both returns the set of two, either of which may be nil. Neither is copied, so that a change of one costs
// nothing for the other.
func both(a, b *Recipients) *Recipients {
	switch {
	case a == nil:
		return b
	case b == nil:
		return a
	}
	common := 0
	small, large := a, b
	if len(small.exact) > len(large.exact) {
		small, large = b, a
	}
	for content := range small.exact {
		if _, ok := large.exact[content]; ok {
			common++
		}
	}
	for _, p := range a.patterns {
		if _, ok := slices.BinarySearch(b.patterns, p); ok {
			common++
		}
	}
	return &Recipients{exact: a.exact, patterns: a.patterns, also: b, common: common}
}

// Builder gathers local recipients. Its zero value is empty.
type Builder struct{ list Recipients }

// Add adds an entry as ParseEntry returns it; one that is there already is no error. The error says that the list
// is full.
func (b *Builder) Add(entry string) error {
	b.list.add(entry)
	return b.list.checkBounds()
}

// Recipients returns what was added, nil for nothing. The Builder is of no use any more.
func (b *Builder) Recipients() *Recipients {
	if b.list.Len() == 0 {
		return nil
	}
	return &b.list
}

// clone returns a copy of one list that may be changed; that of nil is empty.
func (r *Recipients) clone() *Recipients {
	if r == nil {
		return &Recipients{}
	}
	return &Recipients{exact: maps.Clone(r.exact), patterns: slices.Clone(r.patterns)}
}

func (r *Recipients) add(entry string) {
	content := string(appendContent(nil, entry))
	if isPattern(content) {
		if i, ok := slices.BinarySearch(r.patterns, content); !ok {
			r.patterns = slices.Insert(r.patterns, i, content)
		}
		return
	}
	if r.exact == nil {
		r.exact = map[string]struct{}{}
	}
	r.exact[content] = struct{}{}
}

func (r *Recipients) remove(entry string) {
	content := string(appendContent(nil, entry))
	if i, ok := slices.BinarySearch(r.patterns, content); ok {
		r.patterns = slices.Delete(r.patterns, i, i+1)
	}
	delete(r.exact, content)
}

func (r *Recipients) checkBounds() error {
	switch {
	case len(r.exact) > MaxExact:
		return fmt.Errorf("the domain has more than %d local recipients; leave some out, or let patterns or its destinations speak for them", MaxExact)
	case len(r.patterns) > MaxPatterns:
		return fmt.Errorf("the domain has more than %d patterns; write wider ones, or the local-parts themselves", MaxPatterns)
	}
	return nil
}

func isPattern(content string) bool { return strings.IndexByte(content, '*') >= 0 }
