package web

import (
	"strings"

	"callout/internal/address"
	"callout/internal/operate"
)

func (w *Web) domainRoutes() map[string]action {
	return map[string]action{
		"GET /domains":                   (*visit).domains,
		"GET /domains/new":               (*visit).newDomain,
		"POST /domains/new":              (*visit).addDomain,
		"GET /domains/{domain}":          (*visit).domain,
		"GET /domains/{domain}/edit":     (*visit).editDomain,
		"POST /domains/{domain}/edit":    (*visit).saveDomain,
		"GET /domains/{domain}/remove":   (*visit).removingDomain,
		"POST /domains/{domain}/remove":  (*visit).removeDomain,
		"POST /domains/{domain}/pause":   (*visit).pauseDomain,
		"POST /domains/{domain}/resume":  (*visit).resumeDomain,
		"GET /domains/{domain}/verdicts": (*visit).verdicts,
		"GET /domains/{domain}/clear":    (*visit).clearing,
		"POST /domains/{domain}/clear":   (*visit).clear,

		"GET /domains/{domain}/recipients":         (*visit).locals,
		"POST /domains/{domain}/recipients":        (*visit).changeLocals,
		"POST /domains/{domain}/recipients/import": (*visit).importLocals,
		"GET /domains/{domain}/recipients.csv":     (*visit).exportLocals,
	}
}

// Domains is what the page "domains" shows.
type Domains struct {
	List   *List
	Filter Filter
	Rows   []domainRow
	Pager  Pager
	None   Empty
	Add    bool
}

type domainRow struct {
	operate.Domain
	Marks []standMark
	Hosts []string // of all priorities
}

func (v *visit) domains() error {
	l := ReadList(v.r, ListSpec{Filters: []string{"q", "standing"}, Sorts: []string{"name", "trouble"}, Columns: []Column{
		{Key: "name", Label: "Domain"}, {Key: "trouble", Label: "How it stands"}, {Label: "Mode"}, {Label: "Destinations"},
		{Label: "Valid", Num: true}, {Label: "Invalid", Num: true}, {Label: "Catch-all"}, {Label: "Local recipients", Num: true}, {Label: "Paused"},
	}})
	cursor, _ := l.Cursor()
	page, err := v.desk.Domains(v.ctx(), v.who, operate.DomainQuery{
		Text: l.Get("q"), Standing: l.Get("standing"), Sort: domainOrder(l), Cursor: cursor,
	})
	if err != nil {
		return err
	}
	data := Domains{List: l, Add: v.who.Admin(), None: v.noDomains(l), Filter: Filter{l, []Field{
		{Name: "q", Label: "Name contains", Type: "search", Value: l.Get("q"), Mono: true},
		{Name: "standing", Label: "How it stands", Type: "select", Options: standingChoices(l.Get("standing"))},
	}}}
	for _, d := range page.Domains {
		data.Rows = append(data.Rows, domainRow{d, standMarks(d.Standing), flat(d.Destinations)})
	}
	data.Pager = pagerOf(l, page.Previous, page.Next, Plural(int64(page.Total), "domain", "domains"))
	return v.page("domains", &Page{Title: "Domains", Active: "domains", Query: "", Data: data})
}

// domainOrder is the order that a list of domains is in. Trouble has one direction: what most wants somebody to look is first.
func domainOrder(l *List) string {
	switch key, down := l.Sort(); {
	case key == "trouble":
		return operate.TroubleFirst
	case down:
		return operate.ByNameDown
	}
	return operate.ByName
}

// noDomains says what to do where a list of domains is empty.
func (v *visit) noDomains(l *List) Empty {
	if l.Filtered() {
		none := Empty{Title: "No domain fits", Text: "None of the domains has such a name, or stands so.", Links: []Link{{"Show all", l.Clear()}}}
		if name, err := address.ParseDomain(strings.TrimSpace(l.Get("q"))); v.who.Admin() && l.Get("standing") == "" && err == nil && strings.Contains(name, ".") {
			none.Links = append(none.Links, Link{"Add " + name, withQuery("/domains/new", "name", name)})
		}
		return none
	}
	if v.who.Admin() {
		return Empty{Title: "No domain yet", Text: "Callout answers questions for the domains that stand here, and has no opinion on others. " +
			"Name one and the server that holds its mailboxes.", Links: []Link{{"Add a domain", "/domains/new"}}}
	}
	return Empty{Title: "No domain yet", Text: "None of your domains is served here now. Ask who runs this server."}
}

// pagerOf leads to the pages around one.
func pagerOf(l *List, previous, next, shown string) Pager {
	p := Pager{Shown: shown}
	if previous != "" {
		p.First, p.Prev = l.First(), l.Before(previous)
	}
	if next != "" {
		p.Next = l.After(next)
	}
	if l.Filtered() {
		p.Clear = l.Clear()
	}
	return p
}

// flat returns hosts in the order in which they are asked.
func flat(groups [][]string) []string {
	var all []string
	for _, group := range groups {
		all = append(all, group...)
	}
	return all
}

// modes are the modes in a sentence each.
var modes = map[string]string{
	"callout":      "its destinations are asked",
	"list":         "local recipients alone decide",
	"list+callout": "local recipients are accepted, its destinations are asked about the rest",
	"off":          "nothing is verified",
}
