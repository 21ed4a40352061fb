package store

import (
	"container/list"
	"slices"

	"callout/internal/address"
)

// recipient is what all spellings of one address have in common.
type recipient struct{ domain, fold string }

// row is a verdict or a fact that waits to be written.
type row struct {
	verdict *Verdict
	fact    *DomainFact
	number  uint64        // rows are numbered as they come
	place   *list.Element // in the queue; nil once the row is written, replaced or cleared
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
	cleared  Generations // what clears have made void, as far as it is known
}

func newPending(limit int) *pending {
	return &pending{
		max: limit, queue: list.New(), verdicts: make(map[recipient][]*row), facts: make(map[string]*row),
		cleared: Generations{Domains: make(map[string]uint64)},
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
	if v.Generation < p.cleared.Of(v.Domain) {
		return 0
	}
	of := recipient{v.Domain, address.Fold(v.Local)}
	rows := p.verdicts[of]
	for _, r := range rows {
		if r.verdict.Local == v.Local && r.verdict.Generation == v.Generation {
			p.drop(r)
			break
		}
	}
	if p.len() >= p.max {
		return 1
	}
	p.verdicts[of] = append(p.verdicts[of], p.push(&row{verdict: &v}))
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
	if f.Generation < p.cleared.Of(f.Domain) {
		return 0
	}
	if r := p.facts[f.Domain]; r != nil {
		if f.Generation < r.fact.Generation {
			return 0
		}
		p.drop(r)
	}
	if p.len() >= p.max {
		return 1
	}
	p.facts[f.Domain] = p.push(&row{fact: &f})
	return 0
}

// drop takes a row out, if it is still in.
func (p *pending) drop(r *row) {
	if r.place == nil {
		return
	}
	p.queue.Remove(r.place)
	r.place = nil
	if r.fact != nil {
		delete(p.facts, r.fact.Domain)
		return
	}
	of := recipient{r.verdict.Domain, address.Fold(r.verdict.Local)}
	rows := p.verdicts[of]
	rows = slices.DeleteFunc(rows, func(other *row) bool { return other == r })
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

// clearRecipient drops the verdicts of one recipient.
func (p *pending) clearRecipient(domain, local string) {
	for _, r := range slices.Clone(p.verdicts[recipient{domain, address.Fold(local)}]) {
		p.drop(r)
	}
}

// clear notes a new generation of a domain, or with "" of everything, and drops the rows that it made void.
func (p *pending) clear(domain string, generation uint64) {
	if domain == "" {
		p.cleared.All = max(p.cleared.All, generation)
	} else {
		p.cleared.Domains[domain] = max(p.cleared.Domains[domain], generation)
	}
	for e := p.queue.Front(); e != nil; {
		r := e.Value.(*row)
		e = e.Next()
		if of, gen := r.identity(); (domain == "" || domain == of) && gen < p.cleared.Of(of) {
			p.drop(r)
		}
	}
}

func (r *row) identity() (domain string, generation uint64) {
	if r.fact != nil {
		return r.fact.Domain, r.fact.Generation
	}
	return r.verdict.Domain, r.verdict.Generation
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
