package web

import (
	"fmt"
	"slices"
	"strings"

	"callout/internal/operate"
)

func (w *Web) destinationRoutes() map[string]action {
	return map[string]action{
		"GET /destinations":                (*visit).destinations,
		"GET /destinations/{host}":         (*visit).destination,
		"POST /destinations/{host}/forget": (*visit).forgetHost,
	}
}

// Destinations is what the page "destinations" shows.
type Destinations struct {
	List   *List
	Filter Filter
	Rows   []hostRow
	Hops   []operate.NextHop // the first ones, those in trouble before the others
	More   int               // so many more
	Pager  Pager
	None   Empty
}

type hostRow struct {
	operate.Host
	Other []string // names beside the address itself
	Due   bool     // it was left alone, and the next question tries it
}

func (v *visit) hostRow(h operate.Host) hostRow {
	other := slices.DeleteFunc(slices.Clone(h.Names), func(name string) bool { return name == h.Address })
	return hostRow{h, other, !h.RetryAt.IsZero() && !h.RetryAt.After(v.shell.now())}
}

// hostsShown are the rows of a page, hopsShown the next hops behind them.
const (
	hostsShown = 100
	hopsShown  = 25
)

func (v *visit) destinations() error {
	l := ReadList(v.r, ListSpec{Filters: []string{"q", "state"}, Sorts: []string{"trouble", "address", "queue"}, Columns: []Column{
		{Key: "address", Label: "Host"}, {Label: "Goes by"}, {Key: "trouble", Label: "State"}, {Label: "Next try"},
		{Label: "Sessions", Num: true}, {Key: "queue", Label: "Waiting", Num: true}, {Label: "Learned", Num: true}, {Label: "Last problem"},
	}})
	all := v.desk.Hosts(v.who)
	none := v.noHosts(l, len(all))
	all = slices.DeleteFunc(all, func(h operate.Host) bool { return !fits(l, &h) })
	shown, previous, next, err := hostPage(l, all)
	if err != nil {
		return err
	}
	var rows []hostRow
	for _, h := range shown {
		rows = append(rows, v.hostRow(h))
	}
	hops := v.desk.NextHops(v.who)
	first := hops[:min(len(hops), hopsShown)]
	return v.page("destinations", &Page{Title: "Destinations", Active: "destinations", Data: Destinations{
		List: l, Rows: rows, Hops: first, More: len(hops) - len(first), None: none, Pager: pagerOf(l, previous, next, Plural(int64(len(all)), "host", "hosts")),
		Filter: Filter{l, []Field{
			{Name: "q", Label: "Address or name contains", Type: "search", Value: l.Get("q"), Mono: true},
			{Name: "state", Label: "State", Type: "select", Options: Choices(l.Get("state"), "", "any", "back_off", "left alone", "trouble", "trouble", "up", "up", "unknown", "not asked yet")},
		}},
	}})
}

// fits reports whether a host is one that the filter asks for.
func fits(l *List, h *operate.Host) bool {
	if state := l.Get("state"); state != "" && h.State != state {
		return false
	}
	q := strings.ToLower(strings.TrimSpace(l.Get("q")))
	return strings.Contains(h.Address, q) || slices.ContainsFunc(h.Names, func(name string) bool { return strings.Contains(name, q) })
}

// troubles are the states, those first that somebody should look at.
var troubles = []string{"back_off", "trouble", "unknown", "up"}

// hostKey is what hosts are sorted by. It ends with the address, so that no two are the same.
func hostKey(by string, h *operate.Host) string {
	switch by {
	case "trouble":
		return fmt.Sprintf("%d %s", slices.Index(troubles, h.State), h.Address)
	case "queue":
		return fmt.Sprintf("%09d %s", h.Queue, h.Address)
	}
	return h.Address
}

// hostPage sorts hosts and takes a page out of them.
func hostPage(l *List, all []operate.Host) (rows []operate.Host, previous, next string, err error) {
	by, down := l.Sort()
	type keyed struct {
		key string
		at  int
	}
	keys := make([]keyed, len(all)) // made once: there may be very many
	for i := range all {
		keys[i] = keyed{hostKey(by, &all[i]), i}
	}
	slices.SortFunc(keys, func(a, b keyed) int {
		if down {
			a, b = b, a
		}
		return strings.Compare(a.key, b.key)
	})
	cursor, _ := l.Cursor()
	from, to, previous, next, err := operate.Span("hosts by "+by, len(keys), func(i int) string { return keys[i].key }, down, cursor, hostsShown)
	for _, k := range keys[from:to] {
		rows = append(rows, all[k.at])
	}
	return rows, previous, next, err
}

// noHosts says what to do where no host is shown, of so many that there are.
func (v *visit) noHosts(l *List, n int) Empty {
	cursor, _ := l.Cursor()
	switch {
	case n > 0 && l.Filtered():
		return Empty{Title: "No host fits", Text: "None has such an address or name, and stands so.", Links: []Link{{"Show all", l.Clear()}}}
	case n > 0 && cursor != "":
		return Empty{Title: "Nothing more", Text: "The hosts that this page was about are gone.", Links: []Link{{"First page", l.First()}}}
	}
	return Empty{Title: "No host was asked yet", Text: "Hosts stand here once a question led to them: when mail comes for a domain, or when you test an address.",
		Links: []Link{{"Test an address", "/test"}, {"See the domains", "/domains"}}}
}
