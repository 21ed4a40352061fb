package web

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// The most that one value of a list's state may be long; a longer one counts as none.
const valueLimit = 1024

// ListSpec says which state a list has in its URL.
type ListSpec struct {
	Filters []string // names of the fields of its filter form
	Sorts   []string // columns that it can be sorted by; the first is the one where none is said. "-name": descending
	Columns []Column
}

// Column is the head of a table's column.
type Column struct {
	Key   string // one of Sorts, or "" for a column that can't be sorted by
	Label string
	Num   bool // numbers: to the right
	Quiet bool // the label is for screen readers only
	All   bool // it holds the rows' checkboxes: the head has one for all
}

// List is what a list shows: filter, sort and page, all of it in its URL, so that it can be bookmarked and sent.
// Only names that its ListSpec knows are taken over.
type List struct {
	path   string
	spec   ListSpec
	values url.Values // never with an empty value
}

// ReadList reads the state of a list from the request's URL. What it doesn't know it ignores.
func ReadList(r *http.Request, spec ListSpec) *List {
	l := &List{path: r.URL.Path, spec: spec, values: url.Values{}}
	query := r.URL.Query()
	for _, name := range append([]string{"after", "before"}, spec.Filters...) {
		if v := query.Get(name); v != "" && len(v) <= valueLimit {
			l.values.Set(name, v)
		}
	}
	if v := query.Get("sort"); slices.Contains(spec.Sorts, strings.TrimPrefix(v, "-")) {
		l.values.Set("sort", v)
	}
	return l
}

// Get returns the value of a filter, "" for none.
func (l *List) Get(name string) string { return l.values.Get(name) }

// Sort returns the column that the list is sorted by, and whether it descends; "" where it has no columns to sort by.
func (l *List) Sort() (key string, descending bool) {
	v := l.values.Get("sort")
	if v == "" && len(l.spec.Sorts) > 0 {
		v = l.spec.Sorts[0]
	}
	key, descending = strings.CutPrefix(v, "-")
	return key, descending
}

// Cursor returns where the page begins: after a cursor, or, with back, before it. "" is the first page.
func (l *List) Cursor() (cursor string, back bool) {
	if v := l.values.Get("before"); v != "" {
		return v, true
	}
	return l.values.Get("after"), false
}

// Filtered says whether any filter is set: an empty list then says so.
func (l *List) Filtered() bool {
	return slices.ContainsFunc(l.spec.Filters, func(name string) bool { return l.values.Has(name) })
}

// With returns the URL of the first page of the same list with one filter set otherwise; "" takes it away.
func (l *List) With(name, value string) string {
	return l.url(func(v url.Values) { set(v, name, value) })
}

// Clear is the URL without any filter, in the same order.
func (l *List) Clear() string {
	return l.url(func(v url.Values) {
		for _, name := range l.spec.Filters {
			v.Del(name)
		}
	})
}

// After and Before are the URLs of the next page and the previous one.
func (l *List) After(cursor string) string {
	return l.url(func(v url.Values) { set(v, "after", cursor) })
}

// Before is the URL of the page that ends before the cursor.
func (l *List) Before(cursor string) string {
	return l.url(func(v url.Values) { set(v, "before", cursor) })
}

// First is the URL of the first page.
func (l *List) First() string { return l.url(func(url.Values) {}) }

// Path is the list's URL without any state: where its filter form goes.
func (l *List) Path() string { return l.path }

// SortValue is what the filter form carries so that a new filter keeps the order; "" where it is the usual one.
func (l *List) SortValue() string { return l.values.Get("sort") }

// Head is a column's head as it is shown.
type Head struct {
	Column
	URL  string // "" where it can't be sorted by
	Aria string // "ascending", "descending" or ""
}

// Heads are the columns, each with the URL that sorts by it, or turns the order round where it is the one.
func (l *List) Heads() []Head {
	key, descending := l.Sort()
	heads := make([]Head, 0, len(l.spec.Columns))
	for _, c := range l.spec.Columns {
		h := Head{Column: c}
		if c.Key != "" {
			value := c.Key
			if c.Key == key {
				h.Aria = "ascending"
				if descending {
					h.Aria = "descending"
				} else {
					value = "-" + c.Key
				}
			}
			h.URL = l.url(func(v url.Values) { set(v, "sort", value) })
		}
		heads = append(heads, h)
	}
	return heads
}

// url is the list's URL on its first page after a change.
func (l *List) url(change func(url.Values)) string {
	v := url.Values{}
	for name := range l.values {
		if name != "after" && name != "before" {
			v.Set(name, l.values.Get(name))
		}
	}
	change(v)
	if len(l.spec.Sorts) > 0 && v.Get("sort") == l.spec.Sorts[0] {
		v.Del("sort")
	}
	if len(v) == 0 {
		return l.path
	}
	return l.path + "?" + v.Encode()
}

func set(v url.Values, name, value string) {
	if value == "" {
		v.Del(name)
		return
	}
	v.Set(name, value)
}
