package operate

import (
	"context"
	"time"

	"callout/internal/access"
	"callout/internal/history"
	"callout/internal/verify"
)

// Status is how everything stands that somebody may see.
type Status struct {
	Hosts    []Host         `json:"hosts"`
	NextHops []NextHop      `json:"next_hops,omitempty" doc:"Where the gateway passes mail on to; for admins"`
	Domains  []DomainStatus `json:"domains" doc:"Each followed by its aliases"`
	Alerts   []Alert        `json:"alerts"`
}

// DomainStatus is how a domain stands, or an alias.
type DomainStatus struct {
	Name           string    `json:"name"`
	AliasOf        string    `json:"alias_of,omitempty"`
	Aliases        []string  `json:"aliases,omitempty"`
	Mode           string    `json:"mode" enum:"callout,list,list+callout,off"`
	Recipients     int       `json:"recipients" doc:"How many local ones there are"`
	CatchAll       string    `json:"catch_all" enum:"yes,no,unknown"`
	Turned         bool      `json:"turned,omitempty" doc:"Into a catch-all, though it had refused something not long before"`
	Provisional    bool      `json:"provisional,omitempty" doc:"A host of lower priority said whether it is one"`
	UndecidedUntil time.Time `json:"undecided_until,omitzero" doc:"A random address had no usable answer; none is asked before then"`
	Verdicts       Held      `json:"verdicts"`
	Enforced       bool      `json:"enforced" doc:"Neither its settings nor a pause say otherwise"`
	Enforce        bool      `json:"enforce" doc:"What its settings say"`
	Paused         *Pause    `json:"paused,omitempty"`
}

// Status returns how everything stands that somebody may see.
func (k *Desk) Status(ctx context.Context, who *access.Actor) (Status, error) {
	s := Status{Hosts: k.Hosts(who), NextHops: k.NextHops(who), Domains: []DomainStatus{}, Alerts: k.Alerts(who)}
	all, err := k.verifier.Status(ctx)
	if err != nil {
		return Status{}, err
	}
	for _, one := range all {
		if view, ok := k.domainStatus(who, &one); ok {
			s.Domains = append(s.Domains, view)
		}
	}
	return s, nil
}

func (k *Desk) domainStatus(who *access.Actor, s *verify.DomainStatus) (view DomainStatus, ok bool) {
	d := k.domains.Lookup(s.Domain)
	if d == nil || !sees(who, d) { // gone meanwhile, or not theirs
		return view, false
	}
	view = DomainStatus{
		Name: s.Domain, AliasOf: d.AliasOf, Mode: d.Mode.String(), Recipients: d.Recipients.Len(), CatchAll: "unknown",
		UndecidedUntil: s.Undecided, Verdicts: Held(s.Held), Enforce: s.Enforce, Enforced: s.Enforce && s.Pause == nil,
	}
	if d.AliasOf == "" {
		view.Aliases = d.Aliases
	}
	if c := s.State; c != nil {
		view.CatchAll, view.Turned, view.Provisional = "no", c.Turned, c.Provisional
		if c.Accepts {
			view.CatchAll = "yes"
		}
	}
	if s.Pause != nil {
		paused := Pause(*s.Pause)
		view.Paused = &paused
	}
	return view, true
}

// Alert is something that somebody should look at.
type Alert struct {
	Kind   string    `json:"kind" enum:"paused,turned,list_empty,loop,host_trouble,hop_unreachable,hop_refuses"`
	Domain string    `json:"domain,omitempty" doc:"What it is about: a domain, a host, or everything"`
	Host   string    `json:"host,omitempty" doc:"hop_*: the hosts of the next hop, the first three"`
	Since  time.Time `json:"since,omitzero"`
	Until  time.Time `json:"until,omitzero" doc:"Absent while it is open"`
	Text   string    `json:"text" doc:"What it means and what to do, in one line"`
}

// AlertPage is one page of alerts that are over.
type AlertPage struct {
	Alerts []Alert `json:"alerts" doc:"Those that hold now"`
	Past   []Alert `json:"past,omitempty" doc:"Those that are over, the last one first; only where they are asked for"`
	Next   string  `json:"next,omitempty" doc:"Cursor of the next page of past ones"`
}

// PastAlerts returns a page of the alerts that are over.
func (k *Desk) PastAlerts(ctx context.Context, who *access.Actor, cursor string, limit int) (page []Alert, next string, err error) {
	if limit, err = rows(limit, DefaultLimit, MaxLimit); err != nil {
		return nil, "", err
	}
	const list = "alerts that are over"
	if cursor, err = sourceOf(list, cursor); err != nil {
		return nil, "", err
	}
	found, next, err := k.history.PastAlertsOf(ctx, k.concernedBy(who), cursor, limit)
	if err != nil {
		return nil, "", err
	}
	page = make([]Alert, 0, len(found))
	for _, a := range found {
		page = append(page, alertView(&a))
	}
	return page, named(list, next), nil
}

// concernedBy returns the domains of which somebody may see alerts, nil for all of them.
func (k *Desk) concernedBy(who *access.Actor) []string {
	if who.Admin() {
		return nil
	}
	all := []string{""} // what is about everything holds for theirs
	for _, d := range k.mine(who) {
		all = append(all, d.Names()...)
	}
	return all
}

// concerns reports whether an alert is about what somebody may see. One about everything is: it holds for their domains.
func (k *Desk) concerns(who *access.Actor, a *history.Alert) bool {
	switch {
	case who.Admin():
		return true
	case a.Host != "": // whose names would be those of others
		return false
	case a.Domain == "":
		return true
	}
	if d := k.domains.Lookup(a.Domain); d != nil {
		return sees(who, d)
	}
	return who.Sees(a.Domain) // it is not served any more
}

func alertView(a *history.Alert) Alert {
	return Alert{Kind: a.Kind, Domain: a.Domain, Host: a.Host, Since: a.Since, Until: a.Until, Text: a.Text}
}
