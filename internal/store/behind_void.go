package store

import (
	"slices"

	"callout/internal/address"
)

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
	p.sweep()
}

// setEpochs notes the epochs of domains and drops the rows that they made void.
func (p *pending) setEpochs(epochs map[string]Epoch) {
	news := false
	for domain, e := range epochs {
		if e.Number > p.epochs[domain] {
			p.epochs[domain] = e.Number
			news = true
		}
	}
	if news {
		p.sweep()
	}
}

// sweep drops every row that is void.
func (p *pending) sweep() {
	for e := p.queue.Front(); e != nil; {
		r := e.Value.(*row)
		e = e.Next()
		if p.void(r) {
			p.drop(r)
		}
	}
}

// void reports whether a row is of a generation or, but for a valid verdict, an epoch that has passed, as far as
// it is known. What was learned of a host is never void.
func (p *pending) void(r *row) bool {
	if f := r.fact; f != nil {
		return f.Generation < p.cleared.Of(f.Domain) || f.Epoch < p.epochs[f.Domain]
	}
	if v := r.verdict; v != nil {
		return v.Generation < p.cleared.Of(v.Domain) || v.Status != Valid && v.Epoch < p.epochs[v.Domain]
	}
	return false
}
