package web

import (
	"net/http"

	"callout/internal/operate"
)

// LocalsPage is what the page "locals" shows.
type LocalsPage struct {
	Domain  operate.Domain
	List    *List
	Filter  Filter
	File    []string // of the settings: read-only here
	Stored  []string
	Pager   Pager
	None    Empty
	Ignored *Notice // why the list makes no difference; nil where it does
	Add     Field
	Import  Upload
	Held    int // how many of the list are there to be replaced

	AddWrong, ImportWrong *WrongRows // nil for none, or for one, which the form says
}

// localsShown are the local recipients of a page.
const localsShown = 200

// localsForm is what was typed into the forms of the page, and what is wrong with it.
type localsForm struct {
	add, addError         string
	how, importError      string
	addWrong, importWrong *WrongRows
}

func (v *visit) locals() error { return v.showLocals(http.StatusOK, localsForm{}) }

func (v *visit) showLocals(status int, typed localsForm) error {
	name := v.r.PathValue("domain")
	l := ReadList(v.r, ListSpec{Filters: []string{"q"}, Columns: []Column{
		{Label: "All on this page", All: true}, {Label: "Local recipient"}, {Label: "From"},
	}})
	l.path = domainURL(name) + "/recipients" // also after a POST
	d, err := v.desk.Domain(v.ctx(), v.who, name)
	if err != nil {
		return err
	}
	cursor, _ := l.Cursor()
	q := operate.RecipientQuery{Text: localPart(l.Get("q")), Cursor: cursor, Limit: localsShown}
	page, err := v.desk.Recipients(v.ctx(), v.who, name, q)
	if err != nil {
		return err
	}
	data := LocalsPage{
		Domain: d, List: l, File: page.File, Stored: page.Stored, None: noLocals(l, &d), Ignored: v.ignored(&d),
		Filter: Filter{l, []Field{{Name: "q", Label: "Contains", Type: "search", Value: l.Get("q"), Mono: true}}},
		Pager:  pagerOf(l, page.Previous, page.Next, Plural(int64(page.Total), "local recipient", "local recipients")),
		Add: Field{Name: "add", Label: "Recipients", Type: "textarea", Rows: 4, Mono: true, Value: typed.add, Error: typed.addError, Autofocus: typed.addError != "",
			Placeholder: "john\nsales-*", Help: "One a line: an address of the domain, its part before the @, or either with * for anything."},
		Import: importForm(&d, typed), Held: page.Held, AddWrong: typed.addWrong, ImportWrong: typed.importWrong,
	}
	return v.pageAs(status, "locals", v.aboutDomain(&d, "recipients", data))
}

func importForm(d *operate.Domain, typed localsForm) Upload {
	return Upload{
		URL: domainURL(d.Name) + "/recipients/import", Name: "file", Label: "CSV file", Error: typed.importError, Accept: ".csv,.txt,text/csv,text/plain",
		Help: "The first column counts. All of it is imported, or nothing. 64 MiB and a million recipients at most.",
		Options: []Field{{Name: "how", Label: "What becomes of the list", Type: "select", Options: Choices(typed.how,
			importAdd, "those of the file are added", importReplace, "those of the file take its place")}},
	}
}

// ignored says why a list makes no difference, and who can change that.
func (v *visit) ignored(d *operate.Domain) *Notice {
	n := Notice{Kind: "warn", Title: "This list makes no difference now", Do: "An admin can choose the mode list or list+callout, which use it. Ask who runs this server."}
	switch d.Mode {
	case "callout":
		n.Text = "The mode is callout: the destination alone decides, and this list is not looked at."
	case "off":
		n.Text = "The mode is off: nothing is verified, and this list is not looked at."
	default:
		return nil
	}
	if v.who.Admin() {
		n.Do, n.Link = "Choose the mode list or list+callout to use it.", Link{"Change the mode", domainURL(d.Name) + "/edit"}
	}
	return &n
}

func noLocals(l *List, d *operate.Domain) Empty {
	if l.Filtered() {
		return Empty{Title: "No local recipient fits", Text: "No entry contains that.", Links: []Link{{"Show all", l.Clear()}}}
	}
	text := "Local recipients exist whatever a destination says. Add some below, or import a file."
	if d.Mode == "list" {
		text = "The mode is list: while there are none, all mail is deferred. Add some below, or import a file."
	}
	return Empty{Title: "No local recipients", Text: text}
}
