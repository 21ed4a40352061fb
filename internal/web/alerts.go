package web

import (
	"callout/internal/operate"
)

func (w *Web) alertRoutes() map[string]action {
	return map[string]action{"GET /alerts": (*visit).alerts}
}

// Alerts is what the page "alerts" shows.
type Alerts struct {
	Open  []Notice
	Past  []Notice
	List  *List
	Pager Pager
	None  Empty
}

// pastAlerts are those of a page.
const pastAlerts = 50

func (v *visit) alerts() error {
	l := ReadList(v.r, ListSpec{})
	cursor, _ := l.Cursor()
	past, next, err := v.desk.PastAlerts(v.ctx(), v.who, cursor, pastAlerts)
	if err != nil {
		return err
	}
	data := Alerts{List: l, None: Empty{Title: "Nothing to look at", Text: "Alerts stand here while they last: pauses, domains that " +
		"have turned into a catch-all, empty lists, destinations that are this server itself. Those that are over stay below for 30 days."}}
	for _, a := range v.desk.Alerts(v.who) {
		data.Open = append(data.Open, alertNotice(a))
	}
	for _, a := range past {
		data.Past = append(data.Past, alertNotice(a))
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

// alertTitles are the kinds of alerts in words.
var alertTitles = map[string]string{
	"paused": "Paused", "turned": "Turned into a catch-all", "list_empty": "Empty list", "loop": "A destination is this server itself",
}

// alertNotice words an alert. Its text says what it means and what to do.
func alertNotice(a operate.Alert) Notice {
	n := Notice{Kind: "warn", Title: alertTitles[a.Kind], Text: fullStop(capital(a.Text)), Since: a.Since, Until: a.Until}
	if n.Title == "" {
		n.Title = a.Kind
	}
	switch {
	case a.Domain != "":
		n.Title += ": " + a.Domain
		n.Link = Link{Text: "Open the domain", URL: domainURL(a.Domain)}
	case a.Host != "":
		n.Title += ": " + a.Host
		n.Link = Link{Text: "Open the destination", URL: hostURL(a.Host)}
	}
	if !a.Until.IsZero() {
		n.Kind, n.Link = "off", Link{}
	}
	return n
}
