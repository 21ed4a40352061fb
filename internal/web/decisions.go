package web

import (
	"time"

	"callout/internal/operate"
)

func (w *Web) decisionRoutes() map[string]action {
	tails, places := &operate.Crowd{Most: mostTails, Each: mostTailsEach, What: "live pages"}, newDecisionPlaces()
	return map[string]action{
		"GET /decisions":      func(v *visit) error { return v.decisions(places) },
		"GET /decisions/tail": func(v *visit) error { return v.decisionTail(tails, places) },
	}
}

// decisionFilters are the fields of the filter of decisions.
var decisionFilters = []string{"q", "domain", "action", "verdict", "source", "front", "recipient"}

// Decisions is what the page "decisions" shows.
type Decisions struct {
	List     *List
	Fields   []Field
	Problem  string // of the filter, where no field has it
	Rows     []decisionRow
	Blank    decisionRow // what script makes a row of
	Tail     string      // URL of those to come; "" where older ones are shown
	Most     int         // rows that the tail keeps
	Next     string      // URLs
	First    string
	Clear    string
	None     Empty
	Filtered bool
}

// tailRows are the rows that a page keeps while new ones come in at its top.
const tailRows = 200

func (v *visit) decisions(places decisionPlaces) error {
	l := ReadList(v.r, ListSpec{Filters: decisionFilters})
	data := Decisions{List: l, Blank: decisionRow{Live: true}, Most: tailRows, Filtered: l.Filtered(), None: v.noDecisions(l)}
	if data.Filtered {
		data.Clear = l.Clear()
	}
	p := &Page{Title: "Decisions", Active: "decisions", Data: &data, Sub: "Decisions on recipients. What became of a message is in the log."}
	if found := v.desk.Find(v.ctx(), v.who, l.Get("domain")); found.Recipient == "" && found.Domain != "" {
		p.Crumbs = []Link{{"Domains", "/domains"}, {found.Domain, domainURL(found.Domain)}}
	}
	q := decisionQuery(l)
	last := v.desk.From(0) // before the page is made: none is missed
	page, err := v.desk.Decisions(v.ctx(), v.who, q)
	if field, text := filterProblem(err, q.Domain != ""); text != "" {
		status, _ := worded(err)
		data.Fields = v.decisionFields(l, field, text)
		return v.pageAs(status, "decisions", p)
	}
	if err != nil {
		return err
	}
	data.Fields = v.decisionFields(l, "", "")
	for _, d := range page.Decisions {
		data.Rows = append(data.Rows, newDecisionRow(&d, v.shell.now()))
	}
	if q.Cursor != "" {
		data.First = l.First()
	} else {
		data.Tail = tailURL(l, page.Decisions, last, places)
	}
	if page.Next != "" {
		data.Next = l.After(page.Next)
	}
	return v.page("decisions", p)
}

func decisionQuery(l *List) operate.DecisionQuery {
	cursor, _ := l.Cursor()
	return operate.DecisionQuery{
		Text: l.Get("q"), Domain: l.Get("domain"), Action: l.Get("action"), Verdict: l.Get("verdict"), Source: l.Get("source"),
		Front: l.Get("front"), Recipient: l.Get("recipient"), Cursor: cursor,
	}
}

// tailURL is where those come from that are newer than a page. last was the last one of all before the page was made.
func tailURL(l *List, page []operate.Decision, last uint64, places decisionPlaces) string {
	if len(page) > 0 {
		last = max(last, page[0].Seq)
	}
	pairs := []string{"after", places.after(last)}
	for _, name := range decisionFilters {
		pairs = append(pairs, name, l.Get(name))
	}
	return withQuery("/decisions/tail", pairs...)
}

// filterProblem returns which field of the filter an error is about, and what is wrong. An error without a field can be about
// the domain alone, where one was given.
func filterProblem(err error, domain bool) (field, text string) {
	field, text = fieldProblem(err)
	kind := operate.KindOf(err)
	switch {
	case err == nil || kind != operate.Malformed && kind != operate.Missing || field == "cursor":
		return "", ""
	case text != "":
		return field, text
	case domain:
		return "domain", fullStop(err.Error())
	}
	return "", ""
}

// decisionFields are the fields of the filter. The exact recipient is there only where a link has brought it.
func (v *visit) decisionFields(l *List, wrong, text string) []Field {
	all := []Field{
		{Name: "q", Label: "Recipient, sender or client contains", Type: "search", Value: l.Get("q"), Mono: true, Max: 400},
		{Name: "domain", Label: "Domain", Value: l.Get("domain"), Mono: true, Max: 253},
		{Name: "action", Label: "Decision", Type: "select", Options: Choices(l.Get("action"), "", "any", "accept", "accept", "reject", "reject",
			"defer", "defer", "no_opinion", "no opinion")},
		{Name: "verdict", Label: "Verdict", Type: "select", Options: Choices(l.Get("verdict"), "", "any", "valid", "valid", "invalid", "invalid",
			"unknown", "unknown")},
		{Name: "source", Label: "Known from", Type: "select", Options: Choices(l.Get("source"), "", "any", "cache", "the cache", "callout", "a callout",
			"none", "neither")},
		{Name: "front", Label: "Asked by", Type: "select", Options: Choices(l.Get("front"), "", "any", "policy", "policy", "gateway", "gateway",
			operate.FrontAPI, "test")},
	}
	if l.Get("recipient") != "" {
		all = append(all, Field{Name: "recipient", Label: "Recipient is", Value: l.Get("recipient"), Mono: true, Max: 400})
	}
	for i := range all {
		if all[i].Name == wrong {
			all[i].Error = text
		}
	}
	return all
}

// noDecisions says what to do where there are none.
func (v *visit) noDecisions(l *List) Empty {
	if l.Filtered() {
		return Empty{Title: "No decision fits", Text: "None of those that are kept is of this kind. New ones that fit come in here.",
			Links: []Link{{"Show all", l.Clear()}}}
	}
	return Empty{Title: "No decision yet", Text: "They stand here as mail servers ask about recipients. Connect one, or test an address yourself.",
		Links: []Link{{"Test an address", "/test"}}}
}

// clock is a time of day, with its day where that is not today's. All are UTC, as their title says.
func clock(t, now time.Time) string {
	t, now = t.UTC(), now.UTC()
	if t.Truncate(24*time.Hour) == now.Truncate(24*time.Hour) {
		return t.Format("15:04:05")
	}
	return t.Format("01-02 15:04:05")
}
