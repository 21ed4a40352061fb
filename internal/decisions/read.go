package decisions

import "math"

// A reader copies so many places at a time, which takes a microsecond or two, and no decision waits for longer.
const piece = 32

// maxPage is the most entries that a page has.
const maxPage = 1000

// Page returns decisions, newest first: those before a number, or from the newest on where that is 0. limit is how
// many at most, 1 to 1,000; what lies outside counts as the nearer of the two. next is what to pass as before for the
// next page, 0 where there is none.
func (l *Log) Page(f Filter, before uint64, limit int) (page []Entry, next uint64) {
	f, limit = f.folded(), min(max(limit, 1), maxPage)
	end := before
	if end == 0 {
		end = math.MaxUint64
	}
	var copies [piece]place
	for {
		got := l.copyBefore(copies[:], end)
		if len(got) == 0 {
			return page, 0
		}
		for i := len(got) - 1; i >= 0; i-- {
			if !f.selects(&got[i]) {
				continue
			}
			if len(page) == limit {
				return page, page[limit-1].Seq
			}
			page = append(page, got[i].entry())
		}
		end = got[0].seq
	}
}

// After returns decisions, oldest first: those after a number, or all that are kept where that is 0. limit is as for
// Page. last is up to where it has looked, and what to pass as after the next time; lost says that there were others in
// between which are not kept any more, or that the number is of another Log.
func (l *Log) After(f Filter, after uint64, limit int) (page []Entry, last uint64, lost bool) {
	f, limit = f.folded(), min(max(limit, 1), maxPage)
	if after > l.Last() { // the clock was set back before this Log was made
		after, lost = 0, true
	}
	asked := after != 0
	var copies [piece]place
	for {
		got, missed := l.copyAfter(copies[:], after)
		lost = lost || missed && asked
		asked = true
		for i := range got {
			if after = got[i].seq; !f.selects(&got[i]) {
				continue
			}
			if page = append(page, got[i].entry()); len(page) == limit {
				return page, after, lost
			}
		}
		if len(got) < piece {
			return page, max(after, l.before()), lost
		}
	}
}

// before returns a number that comes before all that are kept and all to come.
func (l *Log) before() uint64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.gone
}

// copyBefore copies the places of the decisions before a number, the newest of them, in their order. Fewer than
// into has room for are all that there are.
func (l *Log) copyBefore(into []place, before uint64) []place {
	l.mu.Lock()
	defer l.mu.Unlock()
	to := l.from(before)
	return l.copy(into, max(l.oldest(), to-min(to, uint64(len(into)))), to)
}

// copyAfter copies the places of the decisions after a number, the oldest of them. missed says that the first of those
// are not kept any more.
func (l *Log) copyAfter(into []place, after uint64) (copied []place, missed bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	from := l.from(after + 1)
	return l.copy(into, from, min(l.count, from+uint64(len(into)))), after < l.gone
}

// copy copies the places from the nth decision up to another. The caller holds l.mu.
func (l *Log) copy(into []place, from, to uint64) []place {
	n := 0
	for ; from < to; from++ {
		into[n] = *l.place(from)
		n++
	}
	return into[:n]
}
