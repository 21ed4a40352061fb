package operate

import (
	"cmp"
	"context"
	"strconv"
	"strings"

	"callout/internal/access"
	"callout/internal/decisions"
)

// Decision is one decision, and why it was made.
type Decision struct {
	decisions.Entry
	Why string `json:"why" doc:"A sentence for people"`
}

// DecisionPage is one page of decisions, the last one first.
type DecisionPage struct {
	Decisions []Decision `json:"decisions"`
	Next      string     `json:"next,omitempty" doc:"Cursor of the next page, of older ones; absent on the last"`
}

// DecisionQuery selects decisions. Every field but Text must be equal; "" takes any.
type DecisionQuery struct {
	Text                                                      string // in recipient, sender or client
	Domain, Action, Verdict, Reason, Source, Front, Recipient string
	Cursor                                                    string
	Limit                                                     int
}

const letters = "abcdefghijklmnopqrstuvwxyz"

// filter makes the filter of a query: what somebody may see of what was asked for.
func (k *Desk) filter(ctx context.Context, who *access.Actor, q *DecisionQuery) (f decisions.Filter, err error) {
	if err := choose("action", q.Action, "accept", "reject", "defer", "no_opinion"); err != nil {
		return f, err
	}
	if err := choose("verdict", q.Verdict, "valid", "invalid", "unknown"); err != nil {
		return f, err
	}
	if err := choose("source", q.Source, "cache", "callout", "none"); err != nil {
		return f, err
	}
	if strings.Trim(q.Front, letters) != "" { // front ends name themselves
		return f, &Error{Kind: Malformed, Field: "front", Detail: failure(Malformed, "front %.40q is no word of a-z", q.Front).Error()}
	}
	f = decisions.Filter{Text: q.Text, Action: q.Action, Verdict: q.Verdict, Reason: q.Reason, Source: q.Source, Front: q.Front, Recipient: q.Recipient}
	if q.Domain != "" {
		if who.Admin() { // also one that is not served
			f.Domain, err = domainName(q.Domain)
			return f, err
		}
		d, err := k.domain(ctx, who, see, q.Domain)
		if err != nil {
			return f, err
		}
		f.Domain = d.Name
		return f, nil
	}
	if !who.Admin() {
		f.Domains = map[string]bool{}
		for _, name := range who.Domains {
			if d := k.domains.Lookup(name); d != nil && sees(who, d) {
				for _, name := range d.Names() {
					f.Domains[name] = true
				}
			}
		}
	}
	return f, nil
}

// Decisions returns a page of the last decisions.
func (k *Desk) Decisions(ctx context.Context, who *access.Actor, q DecisionQuery) (DecisionPage, error) {
	limit, err := rows(q.Limit, DefaultLimit, MaxLimit)
	if err != nil {
		return DecisionPage{}, err
	}
	const list = "decisions"
	cursor, err := sourceOf(list, q.Cursor)
	if err != nil {
		return DecisionPage{}, err
	}
	before, err := strconv.ParseUint(cmp.Or(cursor, "0"), 10, 64)
	if err != nil {
		return DecisionPage{}, errCursor()
	}
	f, err := k.filter(ctx, who, &q)
	if err != nil {
		return DecisionPage{}, err
	}
	found, next := k.decisions.Page(f, before, limit)
	page := DecisionPage{Decisions: explained(found)}
	if next != 0 {
		page.Next = named(list, strconv.FormatUint(next, 10))
	}
	return page, nil
}

func explained(found []decisions.Entry) []Decision {
	all := make([]Decision, 0, len(found))
	for _, e := range found {
		all = append(all, Decision{e, Why(&e)})
	}
	return all
}
