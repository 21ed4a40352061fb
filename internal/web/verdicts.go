package web

import (
	"strings"
	"time"

	"callout/internal/operate"
)

// VerdictsPage is what the page "verdicts" shows.
type VerdictsPage struct {
	Domain operate.Domain
	List   *List
	Filter Filter
	Rows   []verdictRow
	Pager  Pager
	None   Empty
	Here   string // URL of this page, to come back to
	More   bool   // a search goes on, though this page is empty
}

type verdictRow struct {
	operate.Verdict
	Left time.Duration
	URL  string
	Said string // reply code and words of the destination
}

// Ways of a search.
const searchAnywhere = "anywhere"

func (v *visit) verdicts() error {
	name := v.r.PathValue("domain")
	l := ReadList(v.r, ListSpec{Filters: []string{"q", "how", "verdict"}, Columns: []Column{
		{Label: "All on this page", All: true}, {Label: "Recipient"}, {Label: "Verdict"}, {Label: "Asked"}, {Label: "Life left", Num: true},
		{Label: "The destination said"}, {Label: "Clear", Quiet: true},
	}})
	d, err := v.desk.Domain(v.ctx(), v.who, name)
	if err != nil {
		return err
	}
	q := operate.VerdictQuery{Status: l.Get("verdict")}
	q.Cursor, _ = l.Cursor()
	text := localPart(l.Get("q"))
	if l.Get("how") == searchAnywhere {
		q.Text = text
	} else {
		q.Prefix = text
	}
	page, err := v.desk.Verdicts(v.ctx(), v.who, name, q)
	if err != nil {
		return err
	}
	data := VerdictsPage{Domain: d, List: l, Filter: verdictFilter(l), Here: v.r.URL.RequestURI(), More: page.Next != "", None: noVerdicts(l, &d)}
	data.Rows = verdictRows(page.Verdicts, v.shell.now())
	data.Pager = pagerOf(l, page.Previous, page.Next, shownVerdicts(l, &d, len(data.Rows)))
	return v.page("verdicts", v.aboutDomain(&d, "verdicts", data))
}

// localPart is what is searched for in local-parts: a whole address may be typed too.
func localPart(text string) string {
	text = strings.TrimSpace(text)
	if i := strings.LastIndexByte(text, '@'); i > 0 {
		return text[:i]
	}
	return text
}

func verdictFilter(l *List) Filter {
	label := "Address begins with"
	if l.Get("how") == searchAnywhere {
		label = "Address contains"
	}
	return Filter{l, []Field{
		{Name: "q", Label: label, Type: "search", Value: l.Get("q"), Mono: true},
		{Name: "how", Label: "Search", Type: "select", Options: Choices(l.Get("how"), "", "at the start", searchAnywhere, "anywhere, slower")},
		{Name: "verdict", Label: "Verdict", Type: "select", Options: Choices(l.Get("verdict"), "", "any", "valid", "valid", "invalid", "invalid")},
	}}
}

func verdictRows(page []operate.Verdict, now time.Time) []verdictRow {
	rows := make([]verdictRow, 0, len(page))
	for _, one := range page {
		rows = append(rows, verdictRow{one, rounded(max(one.Expires.Sub(now), 0)), recipientURL(one.Recipient), replyText(&one)})
	}
	return rows
}

// replyText is a reply on one line, as the destination said it.
func replyText(r *operate.Verdict) string {
	return join(" ", number(r.Code), r.Enhanced, r.Text)
}

func number(n int) string {
	if n == 0 {
		return ""
	}
	return Number(int64(n))
}

// join joins texts that are not empty.
func join(by string, texts ...string) string {
	var all []string
	for _, t := range texts {
		if t != "" {
			all = append(all, t)
		}
	}
	return strings.Join(all, by)
}

func shownVerdicts(l *List, d *operate.Domain, n int) string {
	shown := Plural(int64(n), "recipient", "recipients") + " on this page"
	if l.Filtered() {
		return shown
	}
	return shown + ", " + Number(int64(d.Verdicts.All())) + " kept"
}

func noVerdicts(l *List, d *operate.Domain) Empty {
	switch {
	case l.Filtered():
		none := Empty{Title: "No cached recipient fits", Links: []Link{{"Show all", l.Clear()}},
			Text: "Nothing is known of such a recipient. Test one to ask the destination now."}
		if l.Get("how") == "" && l.Get("q") != "" {
			none.Links = append(none.Links, Link{"Search anywhere in the address", l.With("how", searchAnywhere)})
		}
		return none
	case d.CatchAll != nil && d.CatchAll.Accepts:
		return Empty{Title: "No cached recipients", Text: "The destination accepts every recipient, so that none is asked for by itself.",
			Links: []Link{{"Run the doctor", domainURL(d.Name) + "/doctor"}}}
	case d.Mode == "list" || d.Mode == "off":
		return Empty{Title: "No cached recipients", Text: "The mode is " + d.Mode + ": no destination is asked."}
	}
	return Empty{Title: "No cached recipients", Text: "They come as mail comes. Test an address to see how the destination answers.",
		Links: []Link{{"Test an address", domainURL(d.Name) + "#test"}}}
}
