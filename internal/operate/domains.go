package operate

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"callout/internal/access"
	"callout/internal/address"
	"callout/internal/domains"
)

// Orders of a list of domains.
const (
	ByName       = "name"
	ByNameDown   = "-name"
	TroubleFirst = "trouble" // those that most want somebody to look, first
)

// DomainQuery selects domains.
type DomainQuery struct {
	Text     string // only names, and those of aliases, that contain it
	Standing string // only those that stand so: a Word of Standing
	Sort     string // ByName where ""
	Cursor   string
	Limit    int // rows, 1 to MaxLimit; 0: DefaultLimit
}

// DomainPage is one page of domains, without the aliases.
type DomainPage struct {
	Domains  []Domain `json:"domains"`
	Total    int      `json:"total" doc:"How many fit, on all pages"`
	Previous string   `json:"previous,omitempty" doc:"Cursor of the page before, absent on the first"`
	Next     string   `json:"next,omitempty" doc:"Cursor of the next page, absent on the last"`
}

// Domains returns a page of the domains that somebody may see.
func (k *Desk) Domains(ctx context.Context, who *access.Actor, q DomainQuery) (DomainPage, error) {
	limit, err := rows(q.Limit, DefaultLimit, MaxLimit)
	if err != nil {
		return DomainPage{}, err
	}
	if err := choose("sort", q.Sort, ByName, ByNameDown, TroubleFirst); err != nil {
		return DomainPage{}, err
	}
	if err := choose("standing", q.Standing, standingWords...); err != nil {
		return DomainPage{}, err
	}
	sight, err := k.look(ctx, who)
	if err != nil {
		return DomainPage{}, err
	}
	all := slices.DeleteFunc(k.mine(who), func(d *domains.Domain) bool { return !matches(d, q.Text) })
	view := func(d *domains.Domain) Domain { return k.view(d, sight, sight.heldBy(d)) }
	if q.Standing == "" && q.Sort != TroubleFirst { // a page is looked at, not all of them
		return pageOf(all, func(d *domains.Domain) string { return d.Name }, view, q, limit)
	}
	views := make([]Domain, 0, len(all))
	for _, d := range all {
		view := view(d)
		if q.Standing == "" || slices.ContainsFunc(view.Standing, func(s Standing) bool { return s.Word == q.Standing }) {
			views = append(views, view)
		}
	}
	key := func(d Domain) string { return d.Name }
	if q.Sort == TroubleFirst {
		key = func(d Domain) string { return fmt.Sprintf("%02d %s", d.Standing[0].rank(), d.Name) }
		slices.SortFunc(views, func(a, b Domain) int { return strings.Compare(key(a), key(b)) })
	}
	return pageOf(views, key, func(d Domain) Domain { return d }, q, limit)
}

// mine returns the domains that somebody may see, in the order of their names.
func (k *Desk) mine(who *access.Actor) []*domains.Domain {
	all := slices.Clone(k.domains.All())
	if who.Admin() {
		return all
	}
	return slices.DeleteFunc(all, func(d *domains.Domain) bool { return !sees(who, d) })
}

// matches reports whether a name of a domain contains a text. Upper case, and a name that is not ASCII, are found too.
func matches(d *domains.Domain, text string) bool {
	text = strings.ToLower(strings.TrimSpace(text))
	if text == "" {
		return true
	}
	ascii, err := address.ParseDomain(text)
	for _, name := range d.Names() {
		if strings.Contains(name, text) || err == nil && strings.Contains(name, ascii) {
			return true
		}
	}
	return false
}

// pageOf makes a page of things that are in the order of their keys.
func pageOf[T any](all []T, key func(T) string, view func(T) Domain, q DomainQuery, limit int) (DomainPage, error) {
	list, down := "domains by name", q.Sort == ByNameDown
	if down {
		slices.Reverse(all)
	}
	if q.Sort == TroubleFirst {
		list = "domains by trouble"
	}
	from, to, previous, next, err := Span(list, len(all), func(i int) string { return key(all[i]) }, down, q.Cursor, limit)
	if err != nil {
		return DomainPage{}, err
	}
	page := DomainPage{Domains: make([]Domain, 0, to-from), Total: len(all), Previous: previous, Next: next}
	for _, one := range all[from:to] {
		page.Domains = append(page.Domains, view(one))
	}
	return page, nil
}
