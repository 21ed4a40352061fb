package web

import (
	"strconv"

	"callout/internal/operate"
)

func (w *Web) alertRoutes() map[string]action {
	return map[string]action{"GET /alerts": (*visit).alerts}
}

// Alerts is what the page "alerts" shows.
type Alerts struct {
	Open      []Notice
	OpenPager Pager
	Past      []Notice
	List      *List
	Pager     Pager
	None      Empty
}

// Alerts of a page: those that are over, and those that are open.
const (
	pastAlerts = 50
	openAlerts = 100
)

// openPage is the name in the URL of the page of those that are open, by its number. They have no cursor of their own.
const openPage = "open"

// openPageOf takes the page out of all that are open that a list's URL says: the first, or the last where there are no more so many.
func openPageOf(l *List, all []operate.Alert) ([]operate.Alert, Pager) {
	last := max((len(all)+openAlerts-1)/openAlerts, 1)
	n, _ := strconv.Atoi(l.Get(openPage)) // 0 for none
	n = min(max(n, 1), last)
	from := (n - 1) * openAlerts
	p := Pager{}
	if n > 1 {
		p.First, p.Prev = l.With(openPage, ""), l.With(openPage, strconv.Itoa(n-1))
	}
	if n < last {
		p.Next = l.With(openPage, strconv.Itoa(n+1))
	}
	shown := all[from:min(from+openAlerts, len(all))]
	p.Shown = Plural(int64(len(all)), "open alert", "open alerts")
	return shown, p
}

func (v *visit) alerts() error {
	l := ReadList(v.r, ListSpec{Filters: []string{openPage}})
	cursor, _ := l.Cursor()
	past, next, err := v.desk.PastAlerts(v.ctx(), v.who, cursor, pastAlerts)
	if err != nil {
		return err
	}
	data := Alerts{List: l, None: Empty{Title: "Nothing to look at", Text: "Alerts stand here while they last: pauses, domains that " +
		"have turned into a catch-all, empty lists, destinations that are this server itself. Those that are over stay below for 30 days."}}
	pauses := v.desk.Pauses(v.who)
	var open []operate.Alert
	open, data.OpenPager = openPageOf(l, v.desk.Alerts(v.who))
	for _, a := range open {
		data.Open = append(data.Open, v.openAlert(&a, pauses))
	}
	for _, a := range past {
		data.Past = append(data.Past, pastAlert(&a))
	}
	if cursor != "" {
		data.Pager.First = l.First()
	}
	if next != "" {
		data.Pager.Next = l.After(next)
	}
	data.Pager.Shown = Plural(int64(len(past)), "alert that is over", "alerts that are over")
	return v.page("alerts", &Page{Title: "Alerts", Active: "alerts", Data: data})
}
