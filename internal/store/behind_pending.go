package store

import (
	"container/list"
	"slices"

	"callout/internal/address"
)

// recipient is what all spellings of one address have in common.
type recipient struct{ domain, fold string }

// hostKind is the identity of a HostFact.
type hostKind struct{ host, kind string }

// row is a verdict, a fact or a host fact that waits to be written.
type row struct {
	verdict *Verdict
	fact    *DomainFact
	host    *HostFact
	number  uint64        // rows are numbered as they come
	place   *list.Element // in the queue; nil once the row is written, replaced or void
}

// pending holds the rows that wait to be written, at most max of them, in the order in which they came. It has
// no lock of its own.
//
// A row stays in it while it is being written: so a look-up goes on finding it, and a write that fails needs no
// undoing.
type pending struct {
	max      int
	last     uint64 // the number of the row that came last
	queue    *list.List
	verdicts map[recipient][]*row
	facts    map[string]*row
	hosts    map[hostKind]*row
	cleared  Generations       // what clears have made void, as far as it is known
	epochs   map[string]uint64 // of domains, likewise
}

func newPending(limit int) *pending {
	return &pending{
		max: limit, queue: list.New(),
		verdicts: make(map[recipient][]*row), facts: make(map[string]*row), hosts: make(map[hostKind]*row),
		cleared: Generations{Domains: make(map[string]uint64)}, epochs: make(map[string]uint64),
	}
}

func (p *pending) len() int { return p.queue.Len() }

// push puts a row at the end of the queue.
func (p *pending) push(r *row) *row {
	p.last++
	r.number = p.last
	r.place = p.queue.PushBack(r)
	return r
}

// add takes a verdict. The one that it replaces goes, and so does one too many of its recipient; lost is the
// number of verdicts that will never be written because there was no room, 0 or 1.
func (p *pending) add(v Verdict) (lost int) {
	fresh := &row{verdict: &v}
	if p.void(fresh) {
		return 0
	}
	of := recipient{v.Domain, address.Fold(v.Local)}
	if i := slices.IndexFunc(p.verdicts[of], func(r *row) bool { return r.verdict.same(v) }); i >= 0 {
		r := p.verdicts[of][i]
		if v.Epoch < r.verdict.Epoch {
			return 0
		}
		p.drop(r)
	}
	if p.len() >= p.max {
		return 1
	}
	p.verdicts[of] = append(p.verdicts[of], p.push(fresh))
	if len(p.verdicts[of]) <= MaxSpellings {
		return 0
	}
	p.drop(surplus(p.verdicts[of]))
	return 1
}

// surplus is the row that goes first where a recipient has too many: the oldest invalid one.
func surplus(rows []*row) *row {
	oldest := slices.IndexFunc(rows, func(r *row) bool { return r.verdict.Status != Valid })
	return rows[max(oldest, 0)]
}

// addFact takes what is known of a domain, in place of what was known before.
func (p *pending) addFact(f DomainFact) (lost int) {
	fresh := &row{fact: &f}
	if p.void(fresh) {
		return 0
	}
	if r := p.facts[f.Domain]; r != nil {
		if f.Generation < r.fact.Generation || f.Epoch < r.fact.Epoch {
			return 0
		}
		p.drop(r)
	}
	if p.len() >= p.max {
		return 1
	}
	p.facts[f.Domain] = p.push(fresh)
	return 0
}

// addHost takes what was learned of a host, likewise.
func (p *pending) addHost(h HostFact) (lost int) {
	of := hostKind{h.Host, h.Kind}
	if r := p.hosts[of]; r != nil {
		p.drop(r)
	}
	if p.len() >= p.max {
		return 1
	}
	p.hosts[of] = p.push(&row{host: &h})
	return 0
}

// drop takes a row out, if it is still in.
func (p *pending) drop(r *row) {
	if r.place == nil {
		return
	}
	p.queue.Remove(r.place)
	r.place = nil
	switch {
	case r.fact != nil:
		delete(p.facts, r.fact.Domain)
	case r.host != nil:
		delete(p.hosts, hostKind{r.host.Host, r.host.Kind})
	default:
		p.dropVerdict(r)
	}
}

func (p *pending) dropVerdict(r *row) {
	of := recipient{r.verdict.Domain, address.Fold(r.verdict.Local)}
	rows := slices.DeleteFunc(p.verdicts[of], func(other *row) bool { return other == r })
	if len(rows) == 0 {
		delete(p.verdicts, of)
	} else {
		p.verdicts[of] = rows
	}
}

// of returns the verdicts of one recipient.
func (p *pending) of(domain, local string) []Verdict {
	rows := p.verdicts[recipient{domain, address.Fold(local)}]
	found := make([]Verdict, 0, len(rows))
	for _, r := range rows {
		found = append(found, *r.verdict)
	}
	return found
}

// batch returns the first rows of the queue, n at most and none that came after the row numbered upTo.
func (p *pending) batch(n int, upTo uint64) []*row {
	var rows []*row
	for e := p.queue.Front(); e != nil && len(rows) < n; e = e.Next() {
		r := e.Value.(*row)
		if r.number > upTo {
			break
		}
		rows = append(rows, r)
	}
	return rows
}

// written drops the rows of a batch that were not replaced meanwhile.
func (p *pending) written(rows []*row) {
	for _, r := range rows {
		p.drop(r)
	}
}
