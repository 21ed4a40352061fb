package web

import "callout/internal/access"

// Audit is what the page "accessaudit" shows.
type Audit struct {
	List   *List
	Filter Filter
	Rows   []access.Event
	Pager  Pager
	None   Empty
}

// audit shows the audit log to an admin.
func (v *visit) audit() error {
	l := ReadList(v.r, ListSpec{Filters: []string{"q", "refused"}, Columns: []Column{
		{Label: "When (UTC)"}, {Label: "Who"}, {Label: "Via"}, {Label: "From"}, {Label: "Action"}, {Label: "Target"}, {Label: "Detail"},
	}})
	cursor, _ := l.Cursor()
	q := access.EventQuery{Text: l.Get("q"), Cursor: cursor, Limit: accessRows}
	if r := l.Get("refused"); r == "yes" || r == "no" {
		refused := r == "yes"
		q.Refused = &refused
	}
	data := Audit{List: l, None: Empty{Title: "Nothing yet", Text: "Every change stands here, and every refusal: who, when, what, from where."}}
	var next string
	var err error
	if data.Rows, next, err = v.desk.Events(v.ctx(), v.who, q); err != nil {
		return err
	}
	if l.Filtered() {
		data.None = Empty{Title: "Nothing fits", Text: "No line of the log, or of this part of it, is of this kind.", Links: []Link{{"Show all", l.Clear()}}}
		data.Pager.Clear = l.Clear()
	}
	data.Filter = Filter{l, []Field{
		{Name: "q", Label: "Who, action, target or address contains", Type: "search", Value: l.Get("q")},
		{Name: "refused", Label: "Outcome", Type: "select", Options: Choices(l.Get("refused"), "", "any", "no", "done", "yes", "refused")},
	}}
	data.Pager.Shown = Plural(int64(len(data.Rows)), "line", "lines") + " on this page"
	if cursor != "" {
		data.Pager.First = l.First()
	}
	if next != "" {
		data.Pager.Next = l.After(next)
	}
	return v.page("accessaudit", v.accessPage("Audit log", "audit", data))
}
