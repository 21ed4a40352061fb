package web

import "time"

// The kinds of strips, tiles and notices: ok, bad, warn, info, off. Each shows its sign beside its colour.

// Strip says in words how a thing stands, and what to do about it.
type Strip struct {
	Kind string
	Word string // "Verifies properly"
	Text string // why, in a sentence
	Do   string // what to do; "" for nothing
	Link Link   // where to do it; zero for nowhere
	At   time.Time
}

// Tile is one figure of an overview.
type Tile struct {
	Label, Value, Unit string
	Note               string // below the figure; plain text
	Kind               string // "": nothing to say
	URL                string // "" for none
}

// Empty stands where a list has nothing, and says what to do next.
type Empty struct {
	Title, Text string
	Links       []Link
}

// Pager leads to the pages beside this one. URLs come from List; "" for none.
type Pager struct {
	First, Prev, Next string
	Shown             string // "1 204 domains", "100 entries from b"
	Clear             string // URL of the list without a filter, where one is set (List.Clear)
}

// Field is one field of a form. Its ID is "f-" and its name.
type Field struct {
	Name, Label, Type string // Type: "" is text; "textarea", "select", "checkbox" too
	Value             string // "on" checks a checkbox
	Help, Error       string // shown below and read out with the field
	Options           []Option
	Rows              int // of a textarea; 0: 6
	Mono              bool
	Required          bool
	Marked            bool   // says that it is needed, where other fields of the form are not
	Autocomplete      string // "off" where ""
	Placeholder       string
	Max               int // length in characters; 0: no limit
	Autofocus         bool
}

// Option is one choice of a select.
type Option struct {
	Value, Text string
	Chosen      bool
}

// Choices are options with the chosen one marked: "value", "text", "value", "text", …
func Choices(chosen string, pairs ...string) []Option {
	var all []Option
	for i := 0; i+1 < len(pairs); i += 2 {
		all = append(all, Option{Value: pairs[i], Text: pairs[i+1], Chosen: pairs[i] == chosen})
	}
	return all
}

// Filter is a list's filter form: GET, so that the URL holds it. With script it filters while one types.
type Filter struct {
	List   *List
	Fields []Field // text and select; Value and Chosen are the caller's to fill in from List.Get
}

// Upload is a form for one file, with a bar that shows how far it is.
type Upload struct {
	URL, Name, Label, Help, Error string
	Accept                        string // ".csv,text/csv"
	Button                        string
	Options                       []Field // further fields, which are sent in front of the file
}

// Confirm is a page's form before something is destroyed.
type Confirm struct {
	Text   string // what goes, and how much, in sentences
	Keeps  string // what stays; "" for nothing worth saying
	Word   string // has to be typed: the server checks Typed against it; "": a press is enough
	Error  string // "That is not example.com." after a wrong one
	URL    string // where to POST
	Button string // "Clear 12 040 verdicts"
	Back   string // URL of where one came from
	Hidden [][2]string
}

// Typed is the name of the form's field that must hold Confirm.Word.
const Typed = "typed"

// Notice is a box for an alert, a warning or an error of a form.
type Notice struct {
	Kind, Title, Text string
	Do                string // what to do
	Since             time.Time
	Until             time.Time // zero while it lasts
	Ends              time.Time // when it will; zero where that is not known
	Link              Link
	Press             Press
}

// Press is a button that changes something: a form of its own, that comes back to a page. Zero for none.
type Press struct{ Text, URL, Back string }

// Line is one line of a dialogue with a destination: Who is "C", "S" or "*" (a remark of ours).
type Line struct {
	At   time.Duration // since the beginning
	Who  string
	Text string // of a stranger, without the end of line
}

// Dialogue is a dialogue, line by line. One with an ID can be filled while a page is open (see Stream).
type Dialogue struct {
	ID    string
	Lines []Line
	Label string // what screen readers call it: "Dialogue with mx1.example.com"
}

// Chart is a figure that script draws from a JSON document: {"times": [unix seconds], "series": {name: [number or null]}}.
type Chart struct {
	ID, Title, URL string
	Unit           string   // "/s"
	Series         []Series // in the order of drawing
	Text           string   // what it shows, in words, for those who don't see it
	Spans          []Tab    // hour, day, month
}

// Series is one line of a chart. Tone is 1 to 6: ok, bad, warn, blue, violet, grey.
type Series struct {
	Name, Label string
	Tone        int
}

// Code is text to copy, such as a new token, which is shown once.
type Code struct{ Label, Value, Note string }
